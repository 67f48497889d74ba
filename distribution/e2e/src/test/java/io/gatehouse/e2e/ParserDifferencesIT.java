package io.gatehouse.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.WireRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * No bytes are one request to the gateway and two to its neighbour, or the other way round: the neighbours are nginx and
 * HAProxy, beside the gateway, in front of it and behind it. What each hop took for requests is read off the bytes that it
 * sent on.
 */
final class ParserDifferencesIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final int MUTATED = Effort.times(1000);

    /** How long nothing comes before a client sends its last byte: first a short while, at last enough for anybody. */
    private static final int[] PATIENCE_MILLIS = {100, 2000, 10_000};

    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";

    private static Tap beforeOrigin;
    private static Tap beforeNginxOrigin;
    private static Tap beforeHaproxyOrigin;
    private static Tap nginxToGateway;
    private static Tap haproxyToGateway;
    private static Tap gatewayToNginx;
    private static Tap gatewayToHaproxy;
    private static OtherProxy nginx;
    private static OtherProxy haproxy;
    private static PackagedGateway gateway;
    private static PackagedGateway nginxGateway;
    private static PackagedGateway haproxyGateway;

    /** What is wrong with whose reading of which bytes. */
    private record Failure(String where, RawRequests.Bytes bytes, String what) {
        @Override
        public String toString() {
            String text = bytes.text().length() > 600 ? bytes.text().substring(0, 600) + "..." : bytes.text();
            return where + ": " + bytes.name() + ": " + what + "\n    "
                    + text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Path nginxBinary = Peers.program("nginx", "ParserDifferencesIT");
        Path haproxyBinary = Peers.program("haproxy", "ParserDifferencesIT");
        FaultServer origin = RUNNING.add(FaultServer.builder()
                .capture(0)
                .start(ServerScript.builder()
                        .readRequest()
                        .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        .repeat()
                        .build()));
        beforeOrigin = RUNNING.add(Tap.before(origin.port()));
        beforeNginxOrigin = RUNNING.add(Tap.before(origin.port()));
        beforeHaproxyOrigin = RUNNING.add(Tap.before(origin.port()));
        gateway = gateway("differences", beforeOrigin);
        nginxToGateway = RUNNING.add(Tap.before(gateway.proxyPort()));
        haproxyToGateway = RUNNING.add(Tap.before(gateway.proxyPort()));
        nginx = RUNNING.add(OtherProxy.nginx(nginxBinary, List.of(beforeNginxOrigin.port(), nginxToGateway.port())));
        haproxy = RUNNING.add(
                OtherProxy.haproxy(haproxyBinary, List.of(beforeHaproxyOrigin.port(), haproxyToGateway.port())));
        gatewayToNginx = RUNNING.add(Tap.before(nginx.port(0)));
        gatewayToHaproxy = RUNNING.add(Tap.before(haproxy.port(0)));
        nginxGateway = gateway("differences-nginx", gatewayToNginx);
        haproxyGateway = gateway("differences-haproxy", gatewayToHaproxy);
    }

    private static PackagedGateway gateway(String name, Tap upstream) throws IOException {
        return RUNNING.add(PackagedGateway.named(name)
                .observed()
                .yaml("kong.yaml", """
                services:
                  - name: one
                    url: http://127.0.0.1:%d
                    retries: 0
                    routes: [{name: all, paths: ["~/([^n]|n[^o]|$)"], strip_path: false, preserve_host: true}]
                """.formatted(upstream.port()))
                .start());
    }

    /** What a client was answered. */
    private record Said(List<Integer> statuses, boolean refused, boolean closes) {}

    private static Said ask(int port, String text, int patience) throws IOException {
        StringBuilder said = new StringBuilder();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write((text + NEXT).getBytes(ISO_8859_1));
            socket.setSoTimeout(patience);
            InputStream in = socket.getInputStream();
            byte[] block = new byte[8192];
            boolean quiet = false;
            while (true) {
                try {
                    int n = in.read(block);
                    if (n < 0) {
                        break;
                    }
                    said.append(new String(block, 0, n, ISO_8859_1));
                } catch (SocketTimeoutException e) {
                    if (quiet) {
                        throw new AssertionError(
                                "port " + port + " does not end after: " + text + "\nit said: " + said, e);
                    }
                    quiet = true; // it waits for more than there is
                    socket.shutdownOutput();
                    socket.setSoTimeout((int) Workplace.SOON.toMillis());
                }
            }
        } catch (SocketException e) {
            // reset: what was said before counts
        }
        List<Integer> statuses = Tap.statuses(said.toString());
        return new Said(
                statuses, statuses.isEmpty() || statuses.stream().anyMatch(status -> status != 200), closes(said));
    }

    /** Whether the last answer says that the connection ends with it. */
    private static boolean closes(StringBuilder said) {
        String last = said.substring(Math.max(0, said.lastIndexOf("HTTP/1."))).toLowerCase(Locale.ROOT);
        return last.contains("connection: close");
    }

    /**
     * What one proxy made of the bytes.
     *
     * @param whole the requests that it sent on
     * @param doubtful whether it sent on something that could be read in two ways: how many requests these are is not told
     * @param said what it told its client
     */
    private record View(List<WireRequest> whole, boolean doubtful, Said said) {
        boolean sawTheEnd() {
            return !whole.isEmpty() && whole.get(whole.size() - 1).target().equals("/next");
        }
    }

    private static View alone(RawRequests.Bytes bytes, int port, Tap upstream, boolean own, int patience)
            throws IOException {
        Said said = ask(port, bytes.text(), patience);
        List<WireRequest> whole = new ArrayList<>();
        boolean doubtful = false;
        for (Tap.Talk talk : upstream.talks(own)) {
            whole.addAll(talk.asked());
            doubtful |= talk.answers().size() > talk.asked().size();
        }
        return new View(whole, doubtful, said);
    }

    /** The one behind must see what the one in front sent, request by request, or refuse it. */
    private static @Nullable String behind(
            RawRequests.Bytes bytes, int port, Tap between, Tap end, boolean ownInFront, int patience)
            throws IOException {
        Said said = ask(port, bytes.text(), patience);
        List<WireRequest> expected = new ArrayList<>();
        int passed = 0;
        for (Tap.Talk talk : between.talks(ownInFront)) {
            List<Integer> answers = talk.answers();
            List<WireRequest> asked = talk.asked();
            passed += asked.size();
            for (int i = 0; i < answers.size(); i++) {
                boolean taken = answers.get(i) == 200;
                if (i >= asked.size() && (taken || !talk.rest() || i > asked.size())) {
                    return "answers to more requests than were sent on: " + talk;
                } else if (i < asked.size() && taken) {
                    expected.add(asked.get(i));
                }
            }
        }
        if (passed > said.statuses().size() + 1) {
            return "more requests sent on (" + passed + ") than answered to the client: " + said;
        }
        List<WireRequest> seen = end.requests(!ownInFront);
        return same(expected, seen) ? null : "sent on: " + expected + "\n    seen: " + seen;
    }

    private static boolean same(List<WireRequest> some, List<WireRequest> others) {
        if (some.size() != others.size()) {
            return false;
        }
        for (int i = 0; i < some.size(); i++) {
            if (!same(some.get(i), others.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(WireRequest one, WireRequest other) {
        return one.method().equals(other.method())
                && one.body().equals(other.body())
                && query(one).equals(query(other));
    }

    /** The gateway normalises paths, and takes the origin form for the absolute one; nobody touches what follows. */
    private static String query(WireRequest request) {
        int mark = request.target().indexOf('?');
        return mark < 0 ? "" : request.target().substring(mark);
    }

    /** Beside each other: as far as both go, they see the same; where one goes on, the other has refused. */
    private static @Nullable String differ(View own, View other) {
        if (other.doubtful()) {
            return null;
        }
        int both = Math.min(own.whole().size(), other.whole().size());
        if (!same(own.whole().subList(0, both), other.whole().subList(0, both))) {
            return "not the same requests: " + own.whole() + " and " + other.whole();
        }
        if (own.whole().size() > both
                && !other.said().refused()
                && !other.said().closes()) {
            return "more requests here, and nothing refused there";
        }
        if (other.whole().size() > both && own.sawTheEnd()) {
            return "more requests there, and all accepted here";
        }
        return null;
    }

    private static List<RawRequests.Bytes> everything() {
        List<RawRequests.Bytes> all = new ArrayList<>(RawRequests.cases());
        for (int i = 0; i < MUTATED; i++) {
            all.add(RawRequests.mutated(Effort.seed(), i));
        }
        return all;
    }

    private static final List<Failure> FAILURES = new ArrayList<>();

    private static void check(String where, RawRequests.Bytes bytes, @Nullable String what) {
        if (what != null) {
            synchronized (FAILURES) {
                FAILURES.add(new Failure(where, bytes, what));
            }
        }
    }

    /** A hurry that was too great is no difference: only what a patient client sees counts. */
    private static void checkBehind(
            String where, RawRequests.Bytes bytes, int port, Tap between, Tap end, boolean ownInFront)
            throws IOException {
        String what = null;
        for (int patience : PATIENCE_MILLIS) {
            List<Tap.Talk> unused = between.talks(false);
            unused = end.talks(false);
            what = behind(bytes, port, between, end, ownInFront, patience);
            if (what == null) {
                return;
            }
        }
        check(where, bytes, what);
    }

    private static List<View> gatewayAloneAndBehind(List<RawRequests.Bytes> all, int patience) throws IOException {
        List<View> views = new ArrayList<>();
        for (RawRequests.Bytes bytes : all) {
            views.add(alone(bytes, gateway.proxyPort(), beforeOrigin, true, patience));
            checkBehind("nginx, gateway", bytes, nginx.port(1), nginxToGateway, beforeOrigin, false);
            checkBehind("HAProxy, gateway", bytes, haproxy.port(1), haproxyToGateway, beforeOrigin, false);
        }
        return views;
    }

    private static List<View> nginxAloneAndBehind(List<RawRequests.Bytes> all, int patience) throws IOException {
        List<View> views = new ArrayList<>();
        for (RawRequests.Bytes bytes : all) {
            views.add(alone(bytes, nginx.port(0), beforeNginxOrigin, false, patience));
            checkBehind("gateway, nginx", bytes, nginxGateway.proxyPort(), gatewayToNginx, beforeNginxOrigin, true);
        }
        return views;
    }

    private static List<View> haproxyAloneAndBehind(List<RawRequests.Bytes> all, int patience) throws IOException {
        List<View> views = new ArrayList<>();
        for (RawRequests.Bytes bytes : all) {
            views.add(alone(bytes, haproxy.port(0), beforeHaproxyOrigin, false, patience));
            checkBehind(
                    "gateway, HAProxy", bytes, haproxyGateway.proxyPort(), gatewayToHaproxy, beforeHaproxyOrigin, true);
        }
        return views;
    }

    /** Where two do not agree, by the index of the bytes. */
    private static Map<Integer, String> differences(List<RawRequests.Bytes> all, int patience, boolean told)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            Future<List<View>> own = threads.submit(() -> gatewayAloneAndBehind(all, patience));
            Future<List<View>> ofNginx = threads.submit(() -> nginxAloneAndBehind(all, patience));
            Future<List<View>> ofHaproxy = threads.submit(() -> haproxyAloneAndBehind(all, patience));
            Map<Integer, String> found = new TreeMap<>();
            int taken = 0;
            int doubtful = 0;
            for (int i = 0; i < all.size(); i++) {
                View view = own.get().get(i);
                taken += view.sawTheEnd() ? 1 : 0;
                doubtful += ofNginx.get().get(i).doubtful()
                                || ofHaproxy.get().get(i).doubtful()
                        ? 1
                        : 0;
                String beside = differ(view, ofNginx.get().get(i));
                String besideToo = differ(view, ofHaproxy.get().get(i));
                if (beside != null || besideToo != null) {
                    found.put(i, "nginx: " + beside + ", HAProxy: " + besideToo);
                }
            }
            if (told) {
                System.out.println("parsers: " + all.size() + " byte sequences (seed " + Effort.seed() + "), " + taken
                        + " of them good requests to the end, " + doubtful
                        + " sent on by others in a form that leaves doubt");
            }
            return found;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void nobodySeesRequestsThatAnotherOneDoesNotSee() throws Exception {
        List<RawRequests.Bytes> all = everything();
        Map<Integer, String> found = differences(all, PATIENCE_MILLIS[0], true);
        for (int i = 1; i < PATIENCE_MILLIS.length; i++) {
            all = found.keySet().stream().map(all::get).toList();
            found = differences(all, PATIENCE_MILLIS[i], false);
        }
        for (Map.Entry<Integer, String> one : found.entrySet()) {
            check("gateway beside others", all.get(one.getKey()), one.getValue());
        }
        assertThat(FAILURES).as("seed " + Effort.seed()).isEmpty();
    }
}
