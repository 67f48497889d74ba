package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.Rates;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave, dawdle, hurry or send more than is wanted. */
@NullUnmarked
class ClientConnectionIT {
    private static final Duration SHORT = Duration.ofMillis(300);
    /** Within which a busy machine does what has to come first. */
    private static final Duration ENOUGH = Duration.ofSeconds(3);

    private static final Duration LONG = Duration.ofMinutes(10);

    @RegisterExtension
    final Rig rig = new Rig();

    private Settings.Builder limits(Duration header, Duration idle, Duration body, Duration send) {
        return rig.settings()
                .clientLimits(new ClientLimits(header, idle, body, send, 100, Rates.DEFAULT, Settings.Most.DEFAULT));
    }

    // ---- leaving

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void blamesNobodyElseForAClientThatLeavesDuringItsUpload(boolean hard) throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
            Rig.await(
                    () -> !rig.upstream.connections().isEmpty()
                            && rig.upstream.connections().get(0).receivedText().endsWith("hello"),
                    () -> "no upload: " + rig.upstream.connections());
            socket.setSoLinger(hard, 0);
        }
        assertThat(rig.logged(1)).singleElement().asString().matches("probe client_gone (closed|reset) 499");
        rig.upstreamEnds();
    }

    /**
     * The gateway reads no more, so that only the system can tell. A FIN comes through as long as what was sent before it
     * fits into the socket's buffers, a reset always does.
     */
    @ParameterizedTest
    @EnabledOnOs(OS.LINUX) // with epoll; NIO tells nothing of a socket that is not read from
    @CsvSource({"300000,false", "300000,true", "1000000,true"})
    void noticesAClientThatLeavesBehindAnUploadThatNobodyReads(int sent, boolean hard) throws Exception {
        rig.start("{name: probe, config: {does: hang}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n" + "x".repeat(sent));
            Rig.await(() -> rig.gateway.inFlight() == 1, () -> "no exchange");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200)); // until the gateway reads no more
            socket.setSoLinger(hard, 0);
        }
        assertThat(rig.logged(1)).singleElement().asString().matches("probe client_gone (closed|reset) 499");
    }

    @Test
    void countsAnAnswerThatTheClientCannotGetAsNotSent() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
                .endless("0123456789", Duration.ZERO)
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            socket.setReceiveBufferSize(4096);
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "0123456789");
            socket.setSoLinger(true, 0);
        }
        assertThat(rig.logged(1))
                .singleElement()
                .asString()
                .startsWith("probe client_gone ")
                .endsWith(" 200");
    }

    @Test
    void resetsAnEndlessAnswerThatBrokeOff() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
                .awaitRelease()
                .close()
                .build());
        // what makes the length unknown to an HTTP/1.0 client
        rig.start("{name: probe}, {name: edge, config: {does: unknown-length}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.0\r\nHost: a\r\n\r\n");
            assertThat(Rig.until(socket, "0123456789")).startsWith("HTTP/1.0 200 ");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).isEqualTo("<reset>");
        }
        assertThat(rig.logged(2).get(1)).startsWith("probe upstream_failed ");
    }

    @Test
    void endsAnEndlessAnswerThatIsWhole() throws Exception {
        rig.start("{name: edge, config: {does: unknown-length}}");
        assertThat(rig.raw("GET /a HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"))
                .startsWith("HTTP/1.0 200 ")
                .contains("onnection: close\r\n") // so that nobody waits for more
                .endsWith("{\"ok\":true}<closed>");
    }

    @Test
    void anIdleConnectionKeepsNoConfigurationAlive() throws Exception {
        EdgeFactory.LIVING.clear();
        rig.start("{name: edge}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "{\"ok\":true}");
            rig.configure("");
            assertThat(rig.gateway.reload()).isEmpty();
            Rig.await(
                    () -> {
                        System.gc();
                        return EdgeFactory.LIVING.stream().allMatch(plugin -> plugin.get() == null);
                    },
                    () -> "still alive: " + EdgeFactory.LIVING.size());
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "{\"ok\":true}");
        }
    }

    // ---- sending the last byte, and staying or not

    private void slowUpstream() throws Exception {
        slowUpstream("{name: probe}");
    }

    private void slowUpstream(String plugins) throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .awaitRelease()
                .respond(200, "{\"ok\":true}")
                .repeat()
                .build());
        rig.start(plugins);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            })
    void aClientThatHalfClosesWaitsAsLongAsItLikesAndGetsItsWholeAnswer(String request) throws Exception {
        slowUpstream();
        try (Socket socket = rig.connect()) {
            Rig.send(socket, request);
            socket.shutdownOutput();
            Rig.until(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).contains("HTTP/1.1 200 ").endsWith("{\"ok\":true}<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 200");
    }

    @Test
    void aClientThatHalfClosesGetsAnAnswerToEachOfItsRequests() throws Exception {
        slowUpstream();
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
            socket.shutdownOutput();
            rig.upstream.release(3);
            assertThat(Rig.rest(socket).split("HTTP/1.1 200 ", -1)).hasSize(4);
        }
        assertThat(rig.logged(3)).containsOnly("probe sent ok 200");
    }

    @Test
    void whoHalfClosesBetweenAnAnswerAndTheNextRequestInHandGetsAllAnswers() throws Exception {
        slowUpstream("{name: probe, config: {does: hold}}");
        try (Socket socket = rig.connect();
                Socket holder = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
            Rig.send(holder, "GET /a HTTP/1.1\r\nHost: a\r\nX-Hold: loop\r\nConnection: close\r\n\r\n");
            ProbeFactory.HOLD.put(true); // so that the loop sees both of the next two at once
            rig.upstream.release();
            Rig.await(() -> rig.upstream.connections().get(0).bytesSent() > 0, () -> "no answer");
            socket.shutdownOutput();
            ProbeFactory.HOLD.put(true);
            rig.upstream.release(3);
            assertThat(Rig.rest(socket).split("HTTP/1.1 200 ", -1)).hasSize(4);
            assertThat(Rig.rest(holder)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(rig.logged(4)).containsOnly("probe sent ok 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1", "HTTP/1.0"})
    void aClientThatLeavesWhileTheUpstreamIsSilentFreesIt(String version) throws Exception {
        slowUpstream();
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a " + version + "\r\nHost: a\r\n\r\n");
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone closed 499");
    }

    @Test
    void aClientThatLeavesLongAfterItsLastByteIsNoticed() throws Exception {
        slowUpstream();
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            socket.shutdownOutput();
            Rig.until(socket, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
            assertThat(ProbeFactory.LOGGED).isEmpty();
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone closed 499");
    }

    @Test
    void theLastByteInMidStreamMeansThatTheClientIsGone() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .stall()
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "data: 1");
            socket.shutdownOutput();
            assertThat(Rig.rest(socket)).doesNotContain("0\r\n\r\n");
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone closed 200");
        rig.upstreamEnds();
    }

    // ---- sending what is not wanted, or is no HTTP

    @Test
    void answersAndLivesOnWhenASmallBodyIsNotRead() throws Exception {
        rig.start("{name: probe, config: {does: answer}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(50_000));
            Rig.until(socket, "short and stout");
            Rig.send(socket, "x".repeat(50_000) + "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(Rig.until(socket, "no Route matched")).contains("HTTP/1.1 404 ");
        }
    }

    @Test
    void aClientGetsItsAnswerThoughItSendsMoreThanIsReadOfIt() throws Exception {
        rig.start("{name: probe, config: {does: answer}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                Rig.send(socket, "x".repeat(1_000_000)); // it all goes somewhere: a reset would fail here
            }
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 418 ").endsWith("<closed>");
        }
    }

    @Test
    void answersABodyThatTurnsOutNotToBeHttp() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            Rig.await(
                    () -> !rig.upstream.connections().isEmpty()
                            && rig.upstream.connections().get(0).receivedText().contains("hello"),
                    () -> "no upload");
            Rig.send(socket, "nonsense\r\n\r\nGET /a HTTP/1.1\r\nHost: smuggled\r\n\r\n");
            assertThat(Rig.rest(socket))
                    .startsWith("HTTP/1.1 400 ")
                    .contains("Bad request")
                    .containsOnlyOnce("HTTP/1.1 ")
                    .endsWith("<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 400");
        rig.upstreamEnds();
        assertThat(rig.upstream.connections()).hasSize(1);
        assertThat(rig.upstream.connections().get(0).receivedText()).doesNotContain("smuggled");
    }

    // ---- hurrying

    @Test
    void answersPipelinedRequestsInTheirOrder() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .awaitRelease()
                .respond(200, "{\"n\":1}")
                .repeat()
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(
                    socket,
                    "POST /a/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                            + "POST /a/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
                            + "GET /nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                            + "GET /a/never HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.await(() -> rig.upstream.requests() == 1, () -> "requests: " + rig.upstream.requests());
            assertThat(rig.gateway.inFlight()).isEqualTo(1);
            rig.upstream.release(2);
            assertThat(Rig.rest(socket))
                    .matches("(?s)HTTP/1.1 200.*\\{\"n\":1}HTTP/1.1 200.*\\{\"n\":1}HTTP/1.1 404.*<closed>");
        }
        assertThat(rig.logged(3)).containsExactly("probe sent ok 200", "probe sent ok 200", "probe sent ok 404");
        String sent = rig.upstream.connections().get(0).receivedText();
        assertThat(sent.indexOf("/base/1")).isPositive().isLessThan(sent.indexOf("/base/2"));
        assertThat(rig.upstream.requests()).isEqualTo(2);
    }

    @Test
    void aClientThatLeavesTakesItsPipelinedRequestsAlong() throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(
                    socket,
                    "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
                            + "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n" + "x".repeat(20_000));
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone closed 499");
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight");
        assertThat(ProbeFactory.LOGGED).hasSize(1);
        assertThat(rig.upstream.requests()).isEqualTo(1);
    }

    @Test
    void losesNoBufferOfABodyThatNobodyReads() throws Exception {
        rig.start("{name: edge, config: {does: waits-for-end}}");
        for (int i = 0; i < 5; i++) {
            try (Socket socket = rig.connect()) {
                Rig.send(
                        socket,
                        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + "10\r\n0123456789abcdef\r\n".repeat(20));
                Rig.await(() -> rig.gateway.inFlight() == 1, () -> "not begun");
            }
            Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight");
        }
        // leaks are told when garbage was collected and a further buffer is allocated
        for (int i = 0; i < 5; i++) {
            System.gc();
            rig.raw("GET /nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        }
        assertThat(rig.log.list).noneMatch(event -> event.getFormattedMessage().contains("LEAK"));
    }

    // ---- dawdling

    @Test
    void closesAConnectionThatSaysNothing() throws Exception {
        rig.start("", limits(SHORT, LONG, LONG, LONG));
        try (Socket socket = rig.connect()) {
            assertThat(Rig.rest(socket)).isEqualTo("<closed>");
        }
    }

    @Test
    void endsAHeadThatDoesNotComeWholeHoweverItTrickles() throws Exception {
        rig.start("", limits(ENOUGH, LONG, LONG, LONG));
        Thread trickle;
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\nX: ");
            trickle = new Thread(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        Rig.send(socket, "y");
                        LockSupport.parkNanos(20_000_000);
                    }
                } catch (IOException e) {
                    // closed, as it should be
                }
            });
            trickle.start();
            assertThat(Rig.until(socket, "Request timeout"))
                    .startsWith("HTTP/1.1 408 ")
                    .containsIgnoringCase("connection: close\r\n");
            assertThat(Rig.rest(socket)).matches("(?s).*<(closed|reset)>");
        }
        trickle.join(Rig.SOON.toMillis());
        assertThat(trickle.isAlive()).isFalse();
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @Test
    void givesTheNextHeadItsOwnTime() throws Exception {
        rig.start("", limits(ENOUGH, LONG, LONG, LONG));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "{\"ok\":true}");
            Rig.send(socket, "GET /a HTTP/1.1\r\n");
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 408 ").endsWith("<closed>");
        }
    }

    @Test
    void closesAConnectionThatIsIdle() throws Exception {
        rig.start("", limits(LONG, SHORT, LONG, LONG));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(Rig.rest(socket)).endsWith("{\"ok\":true}<closed>");
        }
    }

    @Test
    void endsAnUploadThatStalls() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        rig.start("{name: probe}", limits(LONG, LONG, SHORT, LONG));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
            assertThat(Rig.rest(socket))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("Request timeout")
                    .endsWith("<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 408");
        rig.upstreamEnds();
    }

    @Test
    void endsAnUploadThatStallsWhileAPluginReadsIt() throws Exception {
        rig.start("{name: probe}, {name: edge, config: {does: read-all}}", limits(LONG, LONG, SHORT, LONG));
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello"))
                .startsWith("HTTP/1.1 408 ")
                .endsWith("<closed>");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    private static ClientLimits rates(int body, int send) {
        return rates(body, send, SHORT);
    }

    private static ClientLimits rates(int body, int send, Duration grace) {
        return new ClientLimits(LONG, LONG, LONG, LONG, 100, new Rates(body, send, grace), Settings.Most.DEFAULT);
    }

    private static Thread trickle(Socket socket, int bytes, int pieces) {
        Thread thread = new Thread(() -> {
            try {
                for (int i = 0; i < pieces; i++) {
                    Rig.send(socket, "x".repeat(bytes));
                    LockSupport.parkNanos(20_000_000);
                }
            } catch (IOException e) {
                // closed
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void endsAnUploadThatOnlyTrickles() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        rig.start("{name: probe}", rig.settings().clientLimits(rates(10_000, 0)));
        Thread trickle;
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
            trickle = trickle(socket, 1, 10_000);
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 408 ").matches("(?s).*<(closed|reset)>");
        }
        trickle.join(Rig.SOON.toMillis());
        assertThat(trickle.isAlive()).isFalse();
        assertThat(rig.logged(1)).containsExactly("probe sent ok 408");
    }

    @Test
    void waitsForAnUploadThatKeepsTheRate() throws Exception {
        rig.start("", rig.settings().clientLimits(rates(500, 0, ENOUGH)));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 30000\r\n\r\n");
            Thread trickle = trickle(socket, 100, 300); // six seconds: twice the grace
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 200 ");
            trickle.join();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX) // elsewhere the system does not tell
    void endsAnAnswerThatIsTakenTooSlowly() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\n\r\n")
                .endless("0123456789abcdef", Duration.ZERO)
                .build());
        rig.start("{name: probe}", rig.settings().clientLimits(rates(0, 10_000)));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(rig.logged(1)).containsExactly("probe client_gone send_timeout 200");
        }
        rig.upstreamEnds();
    }

    @Test
    void doesNotWaitForEverForAClientToTakeItsAnswer() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\n\r\n")
                .endless("0123456789abcdef", Duration.ZERO)
                .build());
        rig.start("{name: probe}", limits(LONG, LONG, LONG, SHORT));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(rig.logged(1)).containsExactly("probe client_gone send_timeout 200");
            assertThat(Rig.rest(socket)).endsWith("<reset>");
        }
        rig.upstreamEnds();
    }

    @Test
    void doesNotWaitForEverForAClientToTakeTheEndOfItsAnswer() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n" + "x".repeat(16_000_000))
                .build());
        rig.start("{name: probe}, {name: edge, config: {does: buffer-answer}}", limits(LONG, LONG, LONG, SHORT));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(rig.logged(2)).contains("probe client_gone send_timeout 200");
        }
    }

    // ---- the exchange as a whole

    @Test
    void answers504WhenTheExchangeTakesTooLong() throws Exception {
        rig.upstream.script(ServerScript.builder().readRequest().stall().build());
        rig.start("{name: probe}", rig.settings().exchangeDeadline(SHORT));
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 504 ")
                .contains("\"message\":\"The upstream server is timing out\"");
        assertThat(rig.logged(1)).containsExactly("probe sent deadline 504");
        rig.upstreamEnds();
    }

    @Test
    void breaksAResponseOffWhenTheExchangeTakesTooLong() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("data: 1\n\n")
                .stall()
                .build());
        rig.start("{name: probe}", rig.settings().exchangeDeadline(ENOUGH));
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
                .contains("data: 1")
                .doesNotContain("\r\n0\r\n\r\n")
                .endsWith("<closed>");
        assertThat(rig.logged(1)).containsExactly("probe deadline deadline 200");
        rig.upstreamEnds();
    }
}
