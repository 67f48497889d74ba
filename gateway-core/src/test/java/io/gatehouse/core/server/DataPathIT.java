package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The data path over sockets, from raw bytes in to raw bytes out. */
@NullUnmarked
@SuppressWarnings({"AddressSelection", "StringConcatToTextBlock"}) // an address is an address; line ends matter here
class DataPathIT {
    private static final Duration SOON = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private FaultServer upstream;
    private Gateway gateway;
    private boolean errorsPlanted;

    @BeforeEach
    void listen() throws Exception {
        ProbeFactory.LOGGED.clear();
        ProbeFactory.LIVES.clear();
        log.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
        upstream = FaultServer.start(ServerScript.answering("{\"ok\":true}"));
    }

    @AfterEach
    void everythingIsOver() {
        if (gateway != null) {
            await(() -> gateway.inFlight() == 0, "in flight: " + gateway.inFlight());
            gateway.close();
        }
        upstream.close();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
        List<String> errors = List.copyOf(log.list).stream()
                .filter(event -> event.getLevel().isGreaterOrEqual(Level.ERROR))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
        if (errorsPlanted) {
            assertThat(errors).isNotEmpty().allMatch(error -> error.contains("plugin=probe"));
        } else {
            assertThat(errors).isEmpty();
        }
    }

    private static void await(BooleanSupplier condition, String otherwise) {
        long end = System.nanoTime() + SOON.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(otherwise);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private void start(String plugins, String service) throws Exception {
        Path file = folder.resolve("kong.yaml");
        Files.writeString(file, yaml(plugins, service));
        gateway = Gateway.start(Settings.builder()
                .configs(List.of(file))
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of())
                .statusListen(List.of())
                .pluginTimeLimit(Duration.ofMillis(300))
                .watch(false)
                .build());
    }

    private String yaml(String plugins, String service) {
        return """
                _format_version: "3.0"
                services:
                  - name: one
                    url: %s/base
                %s
                    routes:
                      - name: r
                        paths: [/a]
                plugins: [%s]
                """.formatted(upstream.baseUrl(), service, plugins);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.proxyPort() + path))
                .timeout(Duration.ofSeconds(10));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Sends bytes and reads until the gateway closes, or nothing comes for a while. */
    private String raw(String bytes) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.setSoTimeout(1500);
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
            return read(socket.getInputStream());
        }
    }

    private static String read(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] block = new byte[8192];
        try {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                text.append(new String(block, 0, n, ISO_8859_1));
            }
            text.append("<closed>");
        } catch (SocketTimeoutException e) {
            text.append("<open>");
        }
        return text.toString();
    }

    private String sentUpstream() {
        await(() -> upstream.requests() > 0, "the upstream saw nothing");
        return upstream.connections().get(0).receivedText();
    }

    @Test
    void sendsTheRequestOnWithItsPathAndWithoutWhatBelongsToTheConnection() throws Exception {
        start("", "");
        String answer = raw("GET /a/b%20c?x=%zz HTTP/1.1\r\nHost: Shop.example:99\r\nConnection: close, X-Mine\r\n"
                + "X-Mine: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip, trailers\r\nX-Forwarded-For: 9.9.9.9\r\n"
                + "X-Forwarded-Proto: https\r\nUser-Agent: t\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("{\"ok\":true}")
                .endsWith("<closed>");
        assertThat(answer)
                .containsIgnoringCase("X-Kong-Upstream-Latency: ")
                .containsIgnoringCase("X-Kong-Proxy-Latency: ")
                .containsIgnoringCase("Via: 1.1 gatehouse/")
                .containsIgnoringCase("X-Kong-Request-Id: ");
        String sent = sentUpstream();
        assertThat(sent).startsWith("GET /base/b%20c?x=%zz HTTP/1.1\r\n");
        assertThat(sent.toLowerCase(java.util.Locale.ROOT))
                .contains("x-forwarded-for: 9.9.9.9, 127.0.0.1\r\n")
                .contains("x-forwarded-proto: http\r\n")
                .contains("x-forwarded-host: shop.example\r\n")
                .contains("x-forwarded-prefix: /a\r\n")
                .contains("x-real-ip: 127.0.0.1\r\n")
                .contains("te: trailers\r\n")
                .contains("host: 127.0.0.1:" + upstream.port())
                .contains("user-agent: t\r\n")
                .doesNotContain("x-mine")
                .doesNotContain("keep-alive: 5")
                .doesNotContain("proxy-connection");
    }

    @Test
    void answersLikeKongWhereNoRouteMatches() throws Exception {
        start("{name: probe}", "");
        HttpResponse<String> json = get("/nope");
        assertThat(json.statusCode()).isEqualTo(404);
        String id = json.headers().firstValue("X-Kong-Request-Id").orElseThrow();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(json.body())
                .isEqualTo(
                        "{\n  \"message\":\"no Route matched with those values\",\n  \"request_id\":\"" + id + "\"\n}");
        assertThat(json.headers().firstValue("X-Kong-Response-Latency")).isPresent();
        assertThat(get("/nope", "Accept", "text/plain").body())
                .startsWith("no Route matched with those values\nrequest_id: ");
        assertThat(get("/nope", "Accept", "text/html").body()).contains("<p>no Route matched with those values.</p>");
        assertThat(get("/nope", "Accept", "application/xml").body()).contains("<message>no Route matched");
        await(() -> ProbeFactory.LOGGED.size() == 4, "logged: " + ProbeFactory.LOGGED);
        assertThat(ProbeFactory.LOGGED).containsOnly("probe sent ok 404");
    }

    @Test
    void mapsARefusedConnectionTo502AndRetriesBefore() throws Exception {
        start("", "    retries: 1");
        upstream.refuse();
        HttpResponse<String> answer = get("/a");
        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).startsWith("An invalid response was received from the upstream server\nrequest_id: ");
        upstream.listen();
        assertThat(get("/a").statusCode()).isEqualTo(200);
    }

    @Test
    void mapsSilenceTo504AndFreesTheUpstream() throws Exception {
        upstream.script(ServerScript.builder().readRequest().stall().build());
        start("", "    read_timeout: 200\n    retries: 0");
        HttpResponse<String> answer = get("/a", "Accept", "application/json");
        assertThat(answer.statusCode()).isEqualTo(504);
        assertThat(answer.body()).contains("\"message\":\"The upstream server is timing out\"");
        await(() -> upstream.connections().get(0).ended(), "the upstream connection is still open");
    }

    @Test
    void neverRepeatsAPostThatWasSent() throws Exception {
        upstream.script(ServerScript.builder().readRequest().reset().build(), ServerScript.answering("{}"));
        start("", "    retries: 5");
        String answer = raw("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        assertThat(answer).startsWith("HTTP/1.1 502 ");
        assertThat(upstream.connections()).hasSize(1);
        assertThat(get("/a").statusCode()).isEqualTo(200);
    }

    @Test
    void repeatsAnIdempotentRequest() throws Exception {
        upstream.script(ServerScript.builder().readRequest().reset().build(), ServerScript.answering("{}"));
        start("", "    retries: 1");
        assertThat(get("/a").statusCode()).isEqualTo(200);
        assertThat(upstream.connections()).hasSize(2);
    }

    @Test
    void tellsTheClientThatABodyIsNotWhole() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
                .pause(Duration.ofMillis(100))
                .reset()
                .build());
        start("{name: probe}", "");
        assertThat(raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
                .containsIgnoringCase("content-length: 100\r\n")
                .endsWith("0123456789<closed>");
        await(() -> !ProbeFactory.LOGGED.isEmpty(), "not logged");
        assertThat(ProbeFactory.LOGGED).containsExactly("probe upstream_failed reset 200");
    }

    @Test
    void givesNoRequestTheConnectionOfAnAnswerThatWasGivenUp() throws Exception {
        // head and body in one piece: the end of the answer has been read when its head is given up
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")
                .repeat()
                .build());
        start("{name: probe, config: {does: discard}}", "    retries: 0");
        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                answers.add(threads.submit(() -> get("/a")));
            }
            for (Future<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isEqualTo(204);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void keepsTheCauseWhenAPluginSawTheAnswerDie() throws Exception {
        upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .head(200, "Content-Length: 9")
                        .reset()
                        .build(),
                ServerScript.builder()
                        .readRequest()
                        .head(200, "Content-Length: 9")
                        .send("half")
                        .stall()
                        .build());
        start("{name: probe, config: {does: buffer}}", "    read_timeout: 700");
        HttpResponse<String> reset = get("/a", "Accept", "application/json");
        assertThat(reset.statusCode()).isEqualTo(502);
        assertThat(reset.body()).contains("\"message\":\"An invalid response was received from the upstream server\"");
        assertThat(reset.headers().firstValue("X-Probe")).contains("probe");
        // 700 ms are more than the 300 ms that the plugin has for itself: waiting for the upstream is not its time
        HttpResponse<String> late = get("/a");
        assertThat(late.statusCode()).isEqualTo(504);
        assertThat(late.body()).startsWith("The upstream server is timing out\nrequest_id: ");
        await(() -> ProbeFactory.LOGGED.size() == 2, "logged: " + ProbeFactory.LOGGED);
        assertThat(ProbeFactory.LOGGED).containsExactly("probe sent reset 502", "probe sent timeout 504");
    }

    @Test
    void neverEndsAChunkedBodyThatBrokeOff() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .pause(Duration.ofMillis(100))
                .close()
                .build());
        start("{name: probe}", "");
        assertThat(raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
                .contains("data: 1\n\n")
                .doesNotContain("\r\n0\r\n\r\n")
                .endsWith("<closed>");
        await(() -> !ProbeFactory.LOGGED.isEmpty(), "not logged");
        assertThat(ProbeFactory.LOGGED.get(0)).startsWith("probe upstream_failed ");
    }

    @Test
    void freesASilentUpstreamWhenTheClientLeaves() throws Exception {
        upstream.script(ServerScript.builder().readRequest().stall().build());
        start("{name: probe}", "");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.getOutputStream().write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
            await(() -> upstream.requests() == 1, "no request");
        }
        await(() -> upstream.connections().get(0).ended(), "the upstream still waits");
        await(() -> !ProbeFactory.LOGGED.isEmpty(), "not logged");
        assertThat(ProbeFactory.LOGGED).containsExactly("probe client_gone closed 499");
    }

    @Test
    void keepsASlowReaderFromFillingTheMemory() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                .endless("data: 0123456789abcdef\n\n", Duration.ZERO)
                .build());
        start("", "");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.setReceiveBufferSize(4096);
            socket.getOutputStream().write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            long before = -1;
            long now = 0;
            for (int same = 0; same < 20; ) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                now = upstream.connections().get(0).bytesSent();
                same = now == before ? same + 1 : 0;
                before = now;
                assertThat(now).as("bytes taken from the upstream").isLessThan(64L << 20);
            }
        }
    }

    @Test
    void answersExactlyOnceWhenABodyIsLeftUnread() throws Exception {
        start("{name: probe, config: {does: answer}}", "");
        String answers = raw("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n"
                + "GET /admin HTTP/1.1\r\nHost: evil\r\n\r\nxxxxx"
                + "GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answers.split("HTTP/1.1 418", -1)).hasSize(2);
        assertThat(answers.split("HTTP/1.1 ", -1)).hasSizeLessThanOrEqualTo(3);
        assertThat(answers).doesNotContain("evil");
        assertThat(upstream.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a HTTP/1.1\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: a/x?\r\n\r\n",
                "GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n",
                "GET http://evil/a HTTP/1.1\r\nHost: good\r\n\r\n",
                "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\nhello"
            })
    void refusesWhatTwoParsersCouldReadInTwoWays(String request) throws Exception {
        start("", "");
        String answer = raw(request);
        assertThat(answer).matches("(?s)(HTTP/1\\.1 400 .*|<closed>)");
        assertThat(upstream.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"throw", "returns-null", "null-future", "fail", "hang", "hang-after"})
    void answers500ForABrokenPluginAndNamesIt(String how) throws Exception {
        errorsPlanted = true;
        start("{name: probe, config: {does: " + how + "}}", "");
        HttpResponse<String> answer = get("/a");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body())
                .contains("\"message\":\"An unexpected error occurred\"")
                .contains("request_id");
        await(() -> ProbeFactory.LOGGED.size() == 1, "logged: " + ProbeFactory.LOGGED);
    }

    @Test
    void breaksABodyOffWhereATransformThrows() throws Exception {
        errorsPlanted = true;
        start("{name: probe, config: {does: transform-throws}}", "");
        assertThat(raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .doesNotContain("ok")
                .endsWith("<closed>");
        await(() -> ProbeFactory.LOGGED.size() == 1, "logged: " + ProbeFactory.LOGGED);
        assertThat(ProbeFactory.LOGGED).containsExactly("probe upstream_failed plugin 200");
    }

    @Test
    void logsOnceEvenWhenALogThrows() throws Exception {
        errorsPlanted = true;
        start("{name: probe, config: {does: log}}", "");
        assertThat(get("/a").statusCode()).isEqualTo(200);
        await(() -> ProbeFactory.LOGGED.size() == 1, "logged: " + ProbeFactory.LOGGED);
        await(() -> log.list.stream().anyMatch(e -> e.getFormattedMessage().contains("phase=log")), "no error line");
    }

    @ParameterizedTest
    @ValueSource(strings = {"twice", "hedge"})
    void letsAPluginCallNextAgainAndGivesUpWhatItDidNotReturn(String how) throws Exception {
        start("{name: probe, config: {does: " + how + "}}", "");
        assertThat(get("/a").body()).isEqualTo("{\"ok\":true}");
        await(
                () -> upstream.connections().size() <= 2,
                "connections: " + upstream.connections().size());
    }

    @Test
    void keepsEqualInstancesOverAReloadAndClosesChangedOnesAfterTheirLastLog() throws Exception {
        start("{name: probe, config: {label: old}}", "");
        assertThat(get("/a").headers().firstValue("X-Probe")).hasValue("old");
        assertThat(gateway.reload()).isEmpty();
        assertThat(ProbeFactory.LIVES).containsExactly("+old");
        Path file = folder.resolve("kong.yaml");
        Files.writeString(file, yaml("{name: probe, config: {label: new}}", ""));
        assertThat(gateway.reload()).isEmpty();
        assertThat(get("/a").headers().firstValue("X-Probe")).hasValue("new");
        await(() -> ProbeFactory.LIVES.contains("-old"), "not closed: " + ProbeFactory.LIVES);
        errorsPlanted = true;
        for (String bad : List.of("validate", "validate-throws", "create")) {
            Files.writeString(file, yaml("{name: probe, config: {label: bad, does: " + bad + "}}", ""));
            assertThat(gateway.reload()).singleElement().asString().contains("kong.yaml:9:");
            assertThat(get("/a").headers().firstValue("X-Probe")).hasValue("new");
        }
        Files.writeString(file, "services: [");
        assertThat(gateway.reload()).isNotEmpty();
        assertThat(get("/a").headers().firstValue("X-Probe")).hasValue("new");
    }

    @Test
    void letsAStreamEndOnTheConfigurationItBeganWith() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .awaitRelease()
                .chunk("data: 2\n\n")
                .lastChunk()
                .build());
        start("{name: probe, config: {label: old}}", "");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream()
                    .write("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1));
            byte[] block = new byte[4096];
            StringBuilder text = new StringBuilder();
            while (text.indexOf("data: 1") < 0) {
                int n = socket.getInputStream().read(block);
                assertThat(n).isPositive();
                text.append(new String(block, 0, n, ISO_8859_1));
            }
            Files.writeString(folder.resolve("kong.yaml"), yaml("{name: probe, config: {label: new}}", ""));
            assertThat(gateway.reload()).isEmpty();
            assertThat(ProbeFactory.LIVES).doesNotContain("-old");
            upstream.release();
            assertThat(read(socket.getInputStream())).contains("data: 2").endsWith("0\r\n\r\n<closed>");
        }
        await(() -> ProbeFactory.LIVES.contains("-old"), "not closed: " + ProbeFactory.LIVES);
        assertThat(ProbeFactory.LOGGED).containsExactly("old sent ok 200");
    }

    @Test
    void drainsOnStop() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .awaitRelease()
                .lastChunk()
                .build());
        start("{name: probe}", "");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
            await(() -> upstream.requests() == 1, "no request");
            Thread stopping = new Thread(() -> gateway.stop(Duration.ofSeconds(10)));
            stopping.start();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            upstream.release();
            assertThat(read(socket.getInputStream()))
                    .contains("data: 1")
                    .contains("0\r\n\r\n")
                    .endsWith("<closed>");
            stopping.join(10_000);
            assertThat(stopping.isAlive()).isFalse();
        }
        assertThat(ProbeFactory.LOGGED).containsExactly("probe sent ok 200");
        assertThat(ProbeFactory.LIVES).containsExactly("+probe", "-probe");
    }
}
