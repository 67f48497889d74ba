package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What upstreams do to a connection that other requests use after it. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings({"AddressSelection", "StringConcatToTextBlock"}) // an address is an address; line ends matter here
class UpstreamIT {
    private static final String GOOD = "{\"ok\":true}";

    @RegisterExtension
    final Rig rig = new Rig();

    private HttpResponse<String> get() throws Exception {
        return rig.get("/a");
    }

    private void assertNextIsGood() throws Exception {
        HttpResponse<String> next = get();
        assertThat(next.statusCode()).isEqualTo(200);
        assertThat(next.body()).isEqualTo(GOOD);
    }

    private static final List<String> TOO_LONG = List.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokokok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
            "HTTP/1.1 204 No Content\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");

    static List<String> tooLong() {
        return TOO_LONG;
    }

    @ParameterizedTest
    @MethodSource("tooLong")
    void keepsNoConnectionWithBytesBehindTheAnswer(String answer) throws Exception {
        rig.upstream.script(
                ServerScript.builder().readRequest().send(answer).stall().build(), ServerScript.answering(GOOD));
        rig.start("");
        HttpResponse<String> first = get();
        assertThat(first.statusCode()).isIn(200, 204);
        assertThat(first.body()).isIn("ok", "");
        assertNextIsGood();
        rig.upstreamEnds();
    }

    @Test
    void givesEachOfAThousandRequestsItsOwnAnswer() throws Exception {
        List<ServerScript> scripts = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            scripts.add(ServerScript.builder()
                    .readRequest()
                    .send(TOO_LONG.get(i % TOO_LONG.size()))
                    .stall()
                    .build());
            scripts.add(ServerScript.builder()
                    .readRequest()
                    .send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n" + GOOD)
                    .close()
                    .build());
        }
        rig.upstream.script(scripts.toArray(ServerScript[]::new));
        rig.start("");
        for (int i = 0; i < 500; i++) {
            assertThat(get().body()).isIn("ok", "");
            assertNextIsGood();
        }
        assertThat(rig.upstream.connections()).hasSize(1000);
    }

    @Test
    void keepsNoConnectionOnWhichBytesComeUnasked() throws Exception {
        rig.upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .respond(200, GOOD)
                        .awaitRelease()
                        .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
                        .stall()
                        .build(),
                ServerScript.answering(GOOD));
        rig.start("");
        assertNextIsGood();
        rig.upstream.release();
        rig.upstreamEnds();
        assertNextIsGood();
    }

    @Test
    void keepsNoConnectionWithHalfARequestOnIt() throws Exception {
        rig.upstream.script(
                ServerScript.builder().readHead().respond(200, GOOD).stall().build(), ServerScript.answering(GOOD));
        rig.start("");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
            assertThat(Rig.until(socket, GOOD)).startsWith("HTTP/1.1 200 ");
            rig.upstreamEnds();
        }
        assertNextIsGood();
        assertThat(rig.upstream.connections()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection: close", "Connection: X-A, Close", "Connection: x-a\r\nConnection: close"})
    void usesNoConnectionAgainThatTheUpstreamWantsToClose(String header) throws Exception {
        rig.upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .send("HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 11\r\n" + header + "\r\n\r\n" + GOOD)
                        .stall()
                        .build(),
                ServerScript.answering(GOOD));
        rig.start("");
        HttpResponse<String> first = get();
        assertThat(first.body()).isEqualTo(GOOD);
        assertThat(first.headers().firstValue("X-A").isPresent()).isEqualTo(header.equals("Connection: close"));
        assertNextIsGood();
        assertThat(rig.upstream.connections()).hasSize(2);
    }

    @Test
    void usesAGoodConnectionAgain() throws Exception {
        rig.start("");
        for (int i = 0; i < 5; i++) {
            assertNextIsGood();
            HttpResponse<String> posted =
                    rig.send("POST", "/a", HttpRequest.BodyPublishers.ofString("x".repeat(100_000)));
            assertThat(posted.body()).isEqualTo(GOOD);
        }
        assertThat(rig.upstream.connections()).hasSize(1);
    }

    @Test
    void takesNoInformationalAnswerForTheAnswer() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n".repeat(200))
                .send("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 199 What\r\n\r\n")
                .respond(200, GOOD)
                .repeat()
                .build());
        rig.start("");
        assertNextIsGood();
        assertNextIsGood();
        assertThat(rig.upstream.connections()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 99 Low\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 1000 High\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding junk: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length junk: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nSet-Cookie evil: a=b\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nContent-Length\t: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nFoo Bar\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\nFoo\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\n: nameless\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/1.1 103 Early Hints\r\nLink evil: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "SSH-2.0-x\r\n\r\n"
            })
    void refusesAnAnswerThatIsNone(String answer) throws Exception {
        rig.upstream.script(
                ServerScript.builder().readRequest().send(answer).stall().build(), ServerScript.answering(GOOD));
        rig.start("");
        assertThat(get().statusCode()).isEqualTo(502);
        rig.upstreamEnds();
        assertNextIsGood();
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Sum evil: 42", "X-Sum : 42", " X-Sum: 42", "X-Sum 42"})
    void cutsAnAnswerOffWhoseTrailerIsNone(String trailer) throws Exception {
        rig.upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + trailer
                                + "\r\n\r\n")
                        .stall()
                        .build(),
                ServerScript.answering(GOOD));
        rig.start("");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .doesNotContain("\r\n0\r\n")
                .matches("(?s).*<(closed|reset)>");
        rig.upstreamEnds();
        assertNextIsGood();
    }

    @Test
    void passesALongAnswerOnWholeWhereTheUpstreamClosesAfterIt() throws Exception {
        String body = "0123456789".repeat(400_000);
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .close()
                .build());
        rig.start("");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(8 * 1024);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", rig.gateway.proxyPort()));
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            InputStream in = socket.getInputStream();
            Rig.until(socket, "\r\n\r\n");
            // the client reads nothing until the gateway has had to hold the answer back
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            assertThat(new String(in.readNBytes(body.length()), ISO_8859_1)).isEqualTo(body);
        }
    }

    @Test
    void doesNotWaitForAnUpstreamThatNeverReadsWhenTheClientLeaves() throws Exception {
        rig.upstream.script(
                ServerScript.builder().readHead().awaitRelease().stall().build());
        rig.start("");
        try (Socket socket = rig.connect()) {
            fill(socket);
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no request");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300)); // until everything is full
            socket.setSoLinger(true, 0);
        }
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "still in flight");
        // a connection that is closed politely would still give all that was written before
        rig.upstream.release();
        rig.upstreamEnds();
        assertThat(rig.upstream.connections().get(0).end()).isEqualTo(ConnectionRecord.End.PEER_RESET);
    }

    private static void fill(Socket socket) throws IOException {
        Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
        OutputStream out = socket.getOutputStream();
        Thread writer = new Thread(() -> {
            byte[] block = new byte[64 * 1024];
            try {
                for (int i = 0; i < 1000; i++) {
                    out.write(block);
                }
            } catch (IOException e) {
                // the socket was closed, as it was to be
            }
        });
        writer.setDaemon(true);
        writer.start();
    }

    @Test
    void givesUpAnUpstreamThatTakesNoBytes() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().hang().build());
        rig.service = "retries: 0, write_timeout: 200";
        rig.start("");
        HttpResponse<String> answer =
                rig.send("POST", "/a", HttpRequest.BodyPublishers.ofByteArrays(List.of(new byte[60_000_000])));
        assertThat(answer.statusCode()).isEqualTo(504);
    }

    @Test
    void givesUpASilentTlsHandshakeAfterTheConnectTimeout() throws Exception {
        rig.upstream.script(ServerScript.silent());
        rig.service = "retries: 0, connect_timeout: 200";
        rig.url = "https://127.0.0.1:" + rig.upstream.port();
        rig.start("");
        long begin = System.nanoTime();
        assertThat(get().statusCode()).isEqualTo(504);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(9));
    }

    @Test
    void passesTrailersOn() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n")
                .send("2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n")
                .repeat()
                .build());
        rig.start("");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
            String answer = Rig.until(socket, "\r\n0\r\n") + Rig.until(socket, "\r\n\r\n");
            assertThat(answer.toLowerCase(Locale.ROOT))
                    .contains("trailer: x-sum\r\n")
                    .endsWith("2\r\nok\r\n0\r\nx-sum: 42\r\n\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2\r\nhi\r\n", "2\r\nhi\r\n|", "|2\r\n|hi\r\n|", "", "|"})
    void sendsTheTrailersOfARequestOn(String body) throws Exception {
        rig.start("");
        try (Socket socket = rig.connect()) {
            socket.setTcpNoDelay(true);
            String head = "POST /a HTTP/1.1\r\nHost: a\r\nConnection: X-Mine\r\nTransfer-Encoding: chunked\r\n\r\n";
            String last =
                    "0\r\nX-Sum: 42\r\nAuthorization: b\r\nHost: evil\r\nX-Forwarded-For: 6.6.6.6\r\nIf-Match: x\r\n"
                            + "X-Consumer-Username: admin\r\nX-Mine: 1\r\nX-Sum: 43\r\n\r\n";
            String before = head;
            for (String piece : (body + last).split("\\|", -1)) {
                Rig.send(socket, before + piece);
                before = "";
                // the pieces reach the upstream one by one
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            Rig.until(socket, GOOD);
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
            Rig.until(socket, GOOD);
        }
        assertThat(rig.upstream.connections()).hasSize(1);
        String[] sent = rig.upstream.connections().get(0).receivedText().split("POST /base ", -1);
        assertThat(sent).hasSize(3);
        assertThat(sent[1].substring(sent[1].indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT))
                .isEqualTo("\r\n\r\n" + body.replace("|", "") + "0\r\nx-sum: 42\r\nx-sum: 43\r\n\r\n");
        assertThat(sent[2]).as("the next request").endsWith("1\r\nx\r\n0\r\n\r\n");
    }

    @Test
    void sendsNoTrailersBehindABodyOfKnownLength() throws Exception {
        rig.start("{name: edge, config: {does: needs-body}}");
        assertThat(rig.raw("POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\nhi\r\n0\r\nX-Sum: 42\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(rig.upstream.connections().get(0).receivedText())
                .containsIgnoringCase("content-length: 2\r\n")
                .endsWith("\r\n\r\nhi");
    }

    @Test
    void sendsNoTrailerThatAPluginMadeAndHttpDoesNotAllow() throws Exception {
        rig.start("{name: edge, config: {does: odd-trailer}}");
        assertThat(rig.raw(
                        "POST /a HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + "2\r\nhi\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 500 ");
        rig.upstreamEnds();
        assertThat(rig.upstream.connections().get(0).receivedText()).doesNotContain("evil");
    }
}
