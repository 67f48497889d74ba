package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.WireRequest;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every case of {@code raw-requests.yaml}: what the client is answered, what the upstream gets (which must be such that
 * nobody can read it in two ways), and that each answer is logged or counted once.
 */
@NullUnmarked
class RawRequestsIT {
    private static final String NEXT = "GET /a/next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";
    private static final Pattern BEGINS = Pattern.compile("[A-Z]+ /");
    private static final Pattern REFUSED = Pattern.compile("(?m)^gatehouse_requests_refused_total ([0-9.]+)$");
    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: (\\d+)$");

    @RegisterExtension
    final Rig rig = new Rig();

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Integer> read = new ArrayList<>();
    /** The connections to the upstream that a request which was given up ends on. */
    private final Set<Integer> broken = new HashSet<>();

    @TestFactory
    List<DynamicTest> everyCase() throws Exception {
        rig.upstream.close();
        rig.upstream = io.gatehouse.simulator.FaultServer.builder()
                .capture(1024 * 1024)
                .start(ServerScript.answering("{\"ok\":true}"));
        rig.start("{name: probe}", rig.settings().statusListen(List.of(Settings.Listen.of("127.0.0.1", 0))));
        List<DynamicTest> tests = new ArrayList<>();
        for (RawCase each : RawCase.all()) {
            tests.add(DynamicTest.dynamicTest(each.it(), () -> {
                try {
                    run(each);
                } catch (AssertionError e) { // reports show no names of dynamic tests
                    throw new AssertionError("case: " + each.it() + "\n" + e.getMessage(), e);
                }
            }));
        }
        return tests;
    }

    private void run(RawCase each) throws Exception {
        int logged = ProbeFactory.LOGGED.size();
        Set<String> before = Set.copyOf(ProbeFactory.IDS);
        int refused = refused();
        String said;
        try (Socket socket = rig.connect()) {
            Rig.send(socket, each.fin() ? each.send() : each.send() + NEXT);
            if (each.fin()) {
                socket.shutdownOutput();
            }
            said = Rig.rest(socket);
        }
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight: " + rig.gateway.inFlight());
        Map<Integer, String> sent = newAtTheUpstream();
        List<Integer> expected = new ArrayList<>(each.answers());
        if (!each.isLast()) {
            expected.add(200);
        }
        assertThat(said).endsWith("<closed>");
        assertThat(statuses(said.substring(0, said.length() - "<closed>".length())))
                .as(said)
                .isEqualTo(expected);
        int told = expected.size() + (each.fin() && each.begun() ? 1 : 0);
        Rig.await(
                () -> ProbeFactory.LOGGED.size() - logged + refused() - refused == told,
                () -> "answered or given up: " + told + ", logged: " + (ProbeFactory.LOGGED.size() - logged)
                        + ", refused: " + (refused() - refused));
        atTheUpstream(each, expected, sent, before);
        assertThat(rig.errors()).isEmpty();
    }

    /** {@code before}: the exchanges of earlier cases; of what was given up, something may still come. */
    private void atTheUpstream(RawCase each, List<Integer> answers, Map<Integer, String> sent, Set<String> before) {
        List<WireRequest> whole = new ArrayList<>();
        StringBuilder all = new StringBuilder();
        sent.forEach((connection, bytes) -> {
            if (broken.contains(connection) && !BEGINS.matcher(bytes).lookingAt()) {
                return;
            }
            List<WireRequest> requests = WireRequest.of(bytes.getBytes(ISO_8859_1));
            WireRequest last = requests.isEmpty() ? null : requests.get(requests.size() - 1);
            if (last == null || !last.whole() || last.end() < bytes.length()) {
                broken.add(connection); // half a head is none of the requests
            }
            for (WireRequest request : requests) {
                if (request.values("X-Kong-Request-Id").stream().anyMatch(before::contains)) {
                    return;
                }
                if (request.whole()) {
                    whole.add(request);
                } else {
                    assertThat(each.begun()).as("half a request: %s", request).isTrue();
                }
            }
            all.append(bytes);
        });
        assertThat(whole).as("whole requests at the upstream").hasSize((int)
                answers.stream().filter(status -> status == 200).count());
        if (!each.isLast()) {
            assertThat(whole.get(whole.size() - 1).target()).isEqualTo("/base/next");
        }
        String seen = each.ignoreCase() ? all.toString().toLowerCase(Locale.ROOT) : all.toString();
        for (String text : each.sees()) {
            assertThat(seen).contains(each.ignoreCase() ? text.toLowerCase(Locale.ROOT) : text);
        }
        for (String text : each.not()) {
            assertThat(seen).doesNotContain(text);
        }
    }

    /** What each connection to the upstream has brought since this was last asked, by its number. */
    private Map<Integer, String> newAtTheUpstream() {
        Map<Integer, String> sent = new TreeMap<>();
        List<ConnectionRecord> connections = rig.upstream.connections();
        for (int i = 0; i < connections.size(); i++) {
            byte[] all = connections.get(i).received();
            if (i == read.size()) {
                read.add(0);
            }
            if (all.length > read.get(i)) {
                sent.put(i, new String(all, read.get(i), all.length - read.get(i), ISO_8859_1));
                read.set(i, all.length);
            }
        }
        return sent;
    }

    private int refused() {
        try {
            HttpResponse<String> page = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + rig.gateway.statusPort() + "/metrics"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            Matcher found = REFUSED.matcher(page.body());
            return found.find() ? (int) Double.parseDouble(found.group(1)) : 0;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The statuses of all answers, each with its whole body; interim ones are left out. */
    private static List<Integer> statuses(String text) {
        List<Integer> statuses = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf("\r\n\r\n", at);
            assertThat(end).as("half a head in: %s", text).isPositive();
            String lines = text.substring(at, end + 2);
            assertThat(lines).matches("(?s)HTTP/1\\.[01] \\d{3} .*");
            int status = Integer.parseInt(lines.substring(9, 12));
            at = end + 4;
            if (status >= 200) {
                statuses.add(status);
                assertThat(lines).containsOnlyOnce("\r\nDate: ");
                Matcher length = LENGTH.matcher(lines);
                if (length.find()) {
                    at += Integer.parseInt(length.group(1));
                }
            }
        }
        assertThat(at).as("half a body in: %s", text).isEqualTo(text.length());
        return statuses;
    }
}
