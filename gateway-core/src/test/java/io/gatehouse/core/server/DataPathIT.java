package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Completion;
import io.gatehouse.simulator.ServerScript;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The data path over sockets, from raw bytes in to raw bytes out. */
@NullUnmarked
@SuppressWarnings({"AddressSelection", "StringConcatToTextBlock"}) // an address is an address; line ends matter here
class DataPathIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private void start(String plugins) throws Exception {
        rig.start(plugins, rig.settings().eventLoops(2));
    }

    private void start(String plugins, String service) throws Exception {
        rig.service = service;
        start(plugins);
    }

    private String sentUpstream() {
        Rig.await(() -> rig.upstream.requests() > 0, () -> "the upstream saw nothing");
        return rig.upstream.connections().get(0).receivedText();
    }

    @Test
    void sendsTheRequestOnWithItsPathAndWithoutWhatBelongsToTheConnection() throws Exception {
        start("");
        String answer = rig.raw("GET /a/b%20c?x=%zz HTTP/1.1\r\nHost: Shop.example:99\r\nConnection: close, X-Mine\r\n"
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
                .contains("connection: keep-alive\r\n")
                .contains("host: 127.0.0.1:" + rig.upstream.port())
                .contains("user-agent: t\r\n")
                .doesNotContain("x-mine")
                .doesNotContain("keep-alive: 5")
                .doesNotContain("proxy-connection");
    }

    static Stream<Arguments> messages() {
        String ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello";
        String none = "HTTP/1.1 204 No Content\r\n\r\n";
        String chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + "400\r\n" + "x".repeat(0x400)
                + "\r\n1\r\ny\r\n0\r\nX-Sum: 9\r\n\r\n";
        String get = "GET /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        return Stream.of(
                Arguments.of(get + "\r\n", ok),
                Arguments.of(get + "\r\n", none),
                Arguments.of(get + "\r\n", "HTTP/1.1 299 Whatever\r\nContent-Length: 0\r\n\r\n"),
                Arguments.of(get + "\r\n", chunks),
                Arguments.of(get + "TE: trailers\r\n\r\n", chunks),
                Arguments.of(get + "Content-Length: 3\r\n\r\nabc", ok),
                Arguments.of("HEAD" + get.substring(3) + "\r\n", ok.replace("hello", "")),
                Arguments.of("GET /a HTTP/1.0\r\n\r\n", ok),
                Arguments.of("GET /a HTTP/1.0\r\n\r\n", chunks),
                Arguments.of("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", ok),
                Arguments.of(get + "Expect: more\r\n\r\n", ok));
    }

    /** Its first head would have been chunked. */
    @Test
    void tellsTheLogOfAnErrorThatTookThePlaceOfAnAnswer() throws Exception {
        rig.errorsPlanted = true;
        start("{name: probe}, {name: edge, config: {does: next-throws}}");
        String answer = rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        rig.logged(2);
        assertThat(ProbeFactory.last.responseBytes()).as(answer).isEqualTo(answer.length() - "<closed>".length());
    }

    @ParameterizedTest
    @MethodSource("messages")
    void tellsTheLogOfTheWholeMessages(String request, String upstream) throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().send(upstream).build());
        start("{name: probe}");
        String answer = rig.raw(request);
        rig.logged(1);
        Completion completion = ProbeFactory.last;
        assertThat(completion.requestBytes()).isEqualTo(request.length());
        assertThat(completion.responseBytes()).as(answer).isEqualTo(answer.length() - "<closed>".length());
        StringBuilder logged = new StringBuilder();
        completion.responseHeaders().forEach((name, value) -> logged.append(name + ": " + value + "\r\n"));
        String head = answer.substring(answer.indexOf("\r\n") + 2, answer.indexOf("\r\n\r\n") + 2);
        assertThat(logged).hasToString(head);
    }

    @Test
    void takesNoTimeOfAnUpstreamForWhatACacheGives() throws Exception {
        start("{name: probe, config: {does: answer-cached}}");
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.headers().firstValue("X-Kong-Upstream-Latency")).hasValue("0");
        assertThat(answer.headers().firstValue("X-Kong-Proxy-Latency")).isPresent();
        assertThat(answer.headers().firstValue("Via")).isPresent();
        rig.logged(1);
        assertThat(ProbeFactory.last.timings().upstream()).isZero();
        assertThat(ProbeFactory.last.attempts()).isEmpty();
    }

    @Test
    void anAddressInBracketsIsConnectedTo() throws Exception {
        start("", "host: '[::FFFF:7F00:1]'");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
        assertThat(sentUpstream()).containsIgnoringCase("host: [::ffff:7f00:1]:" + rig.upstream.port());
    }

    @Test
    void answersLikeKongWhereNoRouteMatches() throws Exception {
        start("{name: probe}");
        HttpResponse<String> json = rig.get("/nope");
        assertThat(json.statusCode()).isEqualTo(404);
        String id = json.headers().firstValue("X-Kong-Request-Id").orElseThrow();
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(json.body())
                .isEqualTo(
                        "{\n  \"message\":\"no Route matched with those values\",\n  \"request_id\":\"" + id + "\"\n}");
        assertThat(json.headers().firstValue("X-Kong-Response-Latency")).isPresent();
        assertThat(rig.get("/nope", "Accept", "text/plain").body())
                .startsWith("no Route matched with those values\nrequest_id: ");
        assertThat(rig.get("/nope", "Accept", "text/html").body())
                .contains("<p>no Route matched with those values.</p>");
        assertThat(rig.get("/nope", "Accept", "application/xml").body()).contains("<message>no Route matched");
        assertThat(rig.logged(4)).containsOnly("probe sent ok 404");
    }

    @Test
    void mapsARefusedConnectionTo502AndRetriesBefore() throws Exception {
        start("", "retries: 1");
        rig.upstream.refuse();
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).startsWith("An invalid response was received from the upstream server\nrequest_id: ");
        rig.upstream.listen();
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
    }

    @Test
    void mapsSilenceTo504AndFreesTheUpstream() throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().stall().build());
        start("", "read_timeout: 200, retries: 0");
        HttpResponse<String> answer = rig.get("/a", "Accept", "application/json");
        assertThat(answer.statusCode()).isEqualTo(504);
        assertThat(answer.body()).contains("\"message\":\"The upstream server is timing out\"");
        rig.upstreamEnds();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PATCH", "LOCK"})
    void neverRepeatsWhatWasSentAndMayHaveChangedSomething(String method) throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().reset().build(), ServerScript.answering("{}"));
        start("", "retries: 5");
        String answer = rig.raw(method + " /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        assertThat(answer).startsWith("HTTP/1.1 502 ");
        assertThat(rig.upstream.connections()).hasSize(1);
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
    }

    @Test
    void neverRepeatsWhatWasAnsweredInPart() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 9")
                .send("abc")
                .reset()
                .build());
        start("", "retries: 5");
        String answer = rig.raw("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200 ").contains("\r\n\r\nabc<");
        assertThat(rig.upstream.connections()).hasSize(1);
    }

    @Test
    void repeatsAnIdempotentRequest() throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().reset().build(), ServerScript.answering("{}"));
        start("", "retries: 1");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
        assertThat(rig.upstream.connections()).hasSize(2);
    }

    @Test
    void tellsTheClientThatABodyIsNotWhole() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
                .awaitRelease()
                .reset()
                .build());
        start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(Rig.until(socket, "0123456789")).containsIgnoringCase("content-length: 100\r\n");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).isEqualTo("<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed reset 200");
    }

    @Test
    void givesNoRequestTheConnectionOfAnAnswerThatWasGivenUp() throws Exception {
        // head and body in one piece: the end of the answer has been read when its head is given up
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")
                .repeat()
                .build());
        start("{name: probe, config: {does: discard}}", "retries: 0");
        ExecutorService threads = Executors.newFixedThreadPool(32);
        try {
            List<Future<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                answers.add(threads.submit(() -> rig.get("/a")));
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
        rig.upstream.script(
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
        start("{name: probe, config: {does: buffer}}", "read_timeout: 4000");
        HttpResponse<String> reset = rig.get("/a", "Accept", "application/json");
        assertThat(reset.statusCode()).isEqualTo(502);
        assertThat(reset.body()).contains("\"message\":\"An invalid response was received from the upstream server\"");
        assertThat(reset.headers().firstValue("X-Probe")).contains("probe");
        // 4 s are more than the 300 ms that the plugin has for itself: waiting for the upstream is not its time
        HttpResponse<String> late = rig.get("/a");
        assertThat(late.statusCode()).isEqualTo(504);
        assertThat(late.body()).startsWith("The upstream server is timing out\nrequest_id: ");
        assertThat(rig.logged(2)).containsExactly("probe sent reset 502", "probe sent timeout 504");
    }

    @Test
    void neverEndsAChunkedBodyThatBrokeOff() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .awaitRelease()
                .close()
                .build());
        start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Rig.until(socket, "data: 1\n\n");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).doesNotContain("\r\n0\r\n\r\n").endsWith("<closed>");
        }
        assertThat(rig.logged(1).get(0)).startsWith("probe upstream_failed ");
    }

    @Test
    void freesASilentUpstreamWhenTheClientLeaves() throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().stall().build());
        start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
        }
        rig.upstreamEnds();
        assertThat(rig.logged(1)).containsExactly("probe client_gone closed 499");
    }

    @Test
    void keepsASlowReaderFromFillingTheMemory() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                .endless("data: 0123456789abcdef\n\n", Duration.ZERO)
                .build());
        start("");
        try (Socket socket = rig.connect()) {
            socket.setReceiveBufferSize(4096);
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            long before = -1;
            long now = 0;
            for (int same = 0; same < 20; ) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
                now = rig.upstream.connections().get(0).bytesSent();
                same = now == before ? same + 1 : 0;
                before = now;
                assertThat(now).as("bytes taken from the upstream").isLessThan(64L << 20);
            }
        }
    }

    @Test
    void answersExactlyOnceWhenABodyIsLeftUnread() throws Exception {
        start("{name: probe, config: {does: answer}}");
        String answers = rig.raw("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n"
                + "GET /admin HTTP/1.1\r\nHost: evil\r\n\r\nxxxxx"
                + "GET /nope HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answers.split("HTTP/1.1 418", -1)).hasSize(2);
        assertThat(answers.split("HTTP/1.1 ", -1)).hasSizeLessThanOrEqualTo(3);
        assertThat(answers).doesNotContain("evil");
        assertThat(rig.upstream.requests()).isZero();
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
        start("");
        String answer = rig.raw(request);
        assertThat(answer).matches("(?s)(HTTP/1\\.1 400 .*|<closed>)");
        assertThat(rig.upstream.requests()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"throw", "returns-null", "null-future", "fail", "hang", "hang-after"})
    void answers500ForABrokenPluginAndNamesIt(String how) throws Exception {
        rig.errorsPlanted = true;
        rig.start(
                "{name: probe, config: {does: " + how + "}}",
                rig.settings().eventLoops(2).pluginTimeLimit(Rig.HANGS));
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body())
                .contains("\"message\":\"An unexpected error occurred\"")
                .contains("request_id");
        assertThat(rig.logged(1)).hasSize(1);
        assertThat(rig.errors()).allMatch(error -> error.startsWith("plugin failed: plugin=probe phase="));
    }

    @Test
    void breaksABodyOffWhereATransformThrows() throws Exception {
        rig.errorsPlanted = true;
        start("{name: probe, config: {does: transform-throws}}");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .doesNotContain("ok")
                .endsWith("<closed>");
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed plugin 200");
    }

    @Test
    void logsOnceEvenWhenALogThrows() throws Exception {
        rig.errorsPlanted = true;
        start("{name: probe, config: {does: log}}");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
        assertThat(rig.logged(1)).hasSize(1);
        Rig.await(
                () -> rig.log.list.stream()
                        .anyMatch(e -> e.getFormattedMessage().contains("phase=log")),
                () -> "no error line");
    }

    @ParameterizedTest
    @ValueSource(strings = {"twice", "hedge"})
    void letsAPluginCallNextAgainAndGivesUpWhatItDidNotReturn(String how) throws Exception {
        start("{name: probe, config: {does: " + how + "}}");
        assertThat(rig.get("/a").body()).isEqualTo("{\"ok\":true}");
        Rig.await(
                () -> rig.upstream.connections().size() <= 2,
                () -> "connections: " + rig.upstream.connections().size());
    }

    @Test
    void keepsEqualInstancesOverAReloadAndClosesChangedOnesAfterTheirLastLog() throws Exception {
        start("{name: probe, config: {label: old}}");
        assertThat(rig.get("/a").headers().firstValue("X-Probe")).hasValue("old");
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(ProbeFactory.LIVES).containsExactly("+old");
        rig.configure("{name: probe, config: {label: new}}");
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(rig.get("/a").headers().firstValue("X-Probe")).hasValue("new");
        Rig.await(() -> ProbeFactory.LIVES.contains("-old"), () -> "not closed: " + ProbeFactory.LIVES);
        rig.errorsPlanted = true;
        for (String bad : List.of("validate", "validate-throws", "create")) {
            rig.configure("{name: probe, config: {label: bad, does: " + bad + "}}");
            assertThat(rig.gateway.reload()).singleElement().asString().contains(".yaml:5:");
            assertThat(rig.get("/a").headers().firstValue("X-Probe")).hasValue("new");
        }
        rig.write("services: [");
        assertThat(rig.gateway.reload()).isNotEmpty();
        assertThat(rig.get("/a").headers().firstValue("X-Probe")).hasValue("new");
    }

    @Test
    void letsAStreamEndOnTheConfigurationItBeganWith() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .awaitRelease()
                .chunk("data: 2\n\n")
                .lastChunk()
                .build());
        start("{name: probe, config: {label: old}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            Rig.until(socket, "data: 1");
            rig.configure("{name: probe, config: {label: new}}");
            assertThat(rig.gateway.reload()).isEmpty();
            assertThat(ProbeFactory.LIVES).doesNotContain("-old");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).contains("data: 2").endsWith("0\r\n\r\n<closed>");
        }
        Rig.await(() -> ProbeFactory.LIVES.contains("-old"), () -> "not closed: " + ProbeFactory.LIVES);
        assertThat(ProbeFactory.LOGGED).containsExactly("old sent ok 200");
    }

    @Test
    void drainsOnStop() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .awaitRelease()
                .lastChunk()
                .build());
        start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
            Thread stopping = new Thread(() -> rig.gateway.stop(Rig.SOON));
            stopping.start();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            rig.upstream.release();
            assertThat(Rig.rest(socket))
                    .contains("data: 1")
                    .contains("0\r\n\r\n")
                    .endsWith("<closed>");
            stopping.join(Rig.SOON.toMillis());
            assertThat(stopping.isAlive()).isFalse();
        }
        assertThat(ProbeFactory.LOGGED).containsExactly("probe sent ok 200");
        assertThat(ProbeFactory.LIVES).containsExactly("+probe", "-probe");
    }
}
