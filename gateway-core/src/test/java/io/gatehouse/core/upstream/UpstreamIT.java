package io.gatehouse.core.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What upstreams do to a connection that other requests use after it. */
@NullUnmarked
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings({"AddressSelection", "StringConcatToTextBlock"}) // an address is an address; line ends matter here
class UpstreamIT {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final String GOOD = "{\"ok\":true}";

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private FaultServer upstream;
    private Gateway gateway;

    @BeforeEach
    void listen() {
        upstream = FaultServer.start(ServerScript.answering(GOOD));
    }

    @AfterEach
    void everythingIsOver() {
        await(() -> gateway.inFlight() == 0, "in flight: " + gateway.inFlight());
        gateway.close();
        upstream.close();
    }

    private void start(String service) throws Exception {
        Path file = folder.resolve("kong.yaml");
        Files.writeString(file, """
                _format_version: "3.0"
                services:
                  - {name: one, url: %s, retries: 0%s, routes: [{name: r, paths: [/]}]}
                """.formatted(upstream.baseUrl(), service));
        gateway = Gateway.start(Settings.builder()
                .configs(List.of(file))
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of())
                .statusListen(List.of())
                .eventLoops(1) // one pool, so that a connection is used again
                .watch(false)
                .build());
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

    private HttpResponse<String> get() throws Exception {
        return send("GET", HttpRequest.BodyPublishers.noBody());
    }

    private HttpResponse<String> send(String method, HttpRequest.BodyPublisher body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.proxyPort() + "/"))
                        .timeout(Duration.ofSeconds(10))
                        .method(method, body)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void assertNextIsGood() throws Exception {
        HttpResponse<String> next = get();
        assertThat(next.statusCode()).isEqualTo(200);
        assertThat(next.body()).isEqualTo(GOOD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokokok",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
                "HTTP/1.1 204 No Content\r\n\r\nbody",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX",
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
            })
    void keepsNoConnectionWithBytesBehindTheAnswer(String answer) throws Exception {
        upstream.script(
                ServerScript.builder().readRequest().send(answer).stall().build(), ServerScript.answering(GOOD));
        start("");
        HttpResponse<String> first = get();
        assertThat(first.statusCode()).isIn(200, 204);
        assertThat(first.body()).isIn("ok", "");
        assertNextIsGood();
        await(() -> upstream.connections().get(0).ended(), "the connection was kept");
    }

    @Test
    void keepsNoConnectionOnWhichBytesComeUnasked() throws Exception {
        upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .respond(200, GOOD)
                        .awaitRelease()
                        .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
                        .stall()
                        .build(),
                ServerScript.answering(GOOD));
        start("");
        assertNextIsGood();
        upstream.release();
        await(() -> upstream.connections().get(0).ended(), "the connection was kept");
        assertNextIsGood();
    }

    @Test
    void keepsNoConnectionWithHalfARequestOnIt() throws Exception {
        upstream.script(
                ServerScript.builder().readHead().respond(200, GOOD).stall().build(), ServerScript.answering(GOOD));
        start("");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            OutputStream out = socket.getOutputStream();
            out.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf".getBytes(ISO_8859_1));
            assertThat(readUntil(socket.getInputStream(), GOOD)).startsWith("HTTP/1.1 200 ");
            await(() -> upstream.connections().get(0).ended(), "the connection was kept");
        }
        assertNextIsGood();
        assertThat(upstream.connections()).hasSize(2);
    }

    private static String readUntil(InputStream in, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            int next = in.read();
            if (next < 0) {
                throw new AssertionError("closed after: " + text);
            }
            text.append((char) next);
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection: close", "Connection: X-A, Close", "Connection: x-a\r\nConnection: close"})
    void usesNoConnectionAgainThatTheUpstreamWantsToClose(String header) throws Exception {
        upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .send("HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 11\r\n" + header + "\r\n\r\n" + GOOD)
                        .stall()
                        .build(),
                ServerScript.answering(GOOD));
        start("");
        HttpResponse<String> first = get();
        assertThat(first.body()).isEqualTo(GOOD);
        assertThat(first.headers().firstValue("X-A").isPresent()).isEqualTo(header.equals("Connection: close"));
        assertNextIsGood();
        assertThat(upstream.connections()).hasSize(2);
    }

    @Test
    void usesAGoodConnectionAgain() throws Exception {
        start("");
        for (int i = 0; i < 5; i++) {
            assertNextIsGood();
            HttpResponse<String> posted = send("POST", HttpRequest.BodyPublishers.ofString("x".repeat(100_000)));
            assertThat(posted.body()).isEqualTo(GOOD);
        }
        assertThat(upstream.connections()).hasSize(1);
    }

    @Test
    void takesNoInformationalAnswerForTheAnswer() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n".repeat(200))
                .send("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 199 What\r\n\r\n")
                .respond(200, GOOD)
                .repeat()
                .build());
        start("");
        assertNextIsGood();
        assertNextIsGood();
        assertThat(upstream.connections()).hasSize(1);
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
                "HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                "SSH-2.0-x\r\n\r\n"
            })
    void refusesAnAnswerThatIsNone(String answer) throws Exception {
        upstream.script(
                ServerScript.builder().readRequest().send(answer).stall().build(), ServerScript.answering(GOOD));
        start("");
        assertThat(get().statusCode()).isEqualTo(502);
        await(() -> upstream.connections().get(0).ended(), "the connection was kept");
        assertNextIsGood();
    }

    @Test
    void passesALongAnswerOnWholeWhereTheUpstreamClosesAfterIt() throws Exception {
        String body = "0123456789".repeat(400_000);
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .close()
                .build());
        start("");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(8 * 1024);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", gateway.proxyPort()));
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(ISO_8859_1));
            InputStream in = socket.getInputStream();
            readUntil(in, "\r\n\r\n");
            // the client reads nothing until the gateway has had to hold the answer back
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            assertThat(new String(in.readNBytes(body.length()), ISO_8859_1)).isEqualTo(body);
        }
    }

    @Test
    void doesNotWaitForAnUpstreamThatNeverReadsWhenTheClientLeaves() throws Exception {
        upstream.script(ServerScript.builder().readHead().awaitRelease().stall().build());
        start("");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            fill(socket.getOutputStream());
            await(() -> gateway.inFlight() == 1, "no exchange");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300)); // until everything is full
            socket.setSoLinger(true, 0);
        }
        await(() -> gateway.inFlight() == 0, "still in flight");
        // a connection that is closed politely would still give all that was written before
        upstream.release();
        await(() -> upstream.connections().get(0).ended(), "the upstream connection is still open");
        assertThat(upstream.connections().get(0).end()).isEqualTo(ConnectionRecord.End.PEER_RESET);
    }

    private static void fill(OutputStream out) throws IOException {
        out.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n".getBytes(ISO_8859_1));
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
        upstream.script(ServerScript.builder().readHead().hang().build());
        start(", write_timeout: 200");
        HttpResponse<String> answer =
                send("POST", HttpRequest.BodyPublishers.ofByteArrays(List.of(new byte[60_000_000])));
        assertThat(answer.statusCode()).isEqualTo(504);
    }

    @Test
    void givesUpASilentTlsHandshakeAfterTheConnectTimeout() throws Exception {
        upstream.script(ServerScript.silent());
        start("");
        gateway.close();
        Files.writeString(folder.resolve("kong.yaml"), """
                _format_version: "3.0"
                services:
                  - {name: one, url: "https://127.0.0.1:%s", retries: 0, connect_timeout: 200, routes: [{name: r, paths: [/]}]}
                """.formatted(upstream.port()));
        gateway = Gateway.start(Settings.builder()
                .configs(List.of(folder.resolve("kong.yaml")))
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of())
                .statusListen(List.of())
                .watch(false)
                .build());
        long begin = System.nanoTime();
        assertThat(get().statusCode()).isEqualTo(504);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void passesTrailersOn() throws Exception {
        upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n")
                .send("2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n")
                .repeat()
                .build());
        start("");
        try (Socket socket = new Socket("127.0.0.1", gateway.proxyPort())) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n".getBytes(ISO_8859_1));
            String answer =
                    readUntil(socket.getInputStream(), "\r\n0\r\n") + readUntil(socket.getInputStream(), "\r\n\r\n");
            assertThat(answer.toLowerCase(Locale.ROOT))
                    .contains("trailer: x-sum\r\n")
                    .endsWith("2\r\nok\r\n0\r\nx-sum: 42\r\n\r\n");
        }
    }
}
