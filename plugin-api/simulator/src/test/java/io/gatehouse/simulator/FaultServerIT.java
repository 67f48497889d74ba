package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.simulator.Caller.Raw;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FaultServerIT {
    private static ConnectionRecord ended(FaultServer server) {
        return server.await(ConnectionRecord::ended, Caller.LIMIT).join();
    }

    @Test
    void answersProperly() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.answering("{\"a\":1}"));
                Raw client = new Raw(server.port())) {
            client.post("/x", "hello").until("{\"a\":1}");
            client.send("POST /y HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
                    .until("{\"a\":1}");
            client.leave();
            ConnectionRecord record = ended(server);
            assertThat(record.end()).isEqualTo(ConnectionRecord.End.PEER_CLOSED);
            assertThat(record.requests()).isEqualTo(2);
            assertThat(record.receivedText()).contains("POST /x").contains("hello");
        }
    }

    @Test
    void refusesAndListensAgain() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.answering("{}"))) {
            server.refuse();
            assertThatThrownBy(() -> new Raw(server.port()).close()).isInstanceOf(ConnectException.class);
            server.listen();
            try (Raw client = new Raw(server.port())) {
                client.post("/", "").until("{}");
            }
        }
    }

    @Test
    void dropsConnections() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.answering("{}"));
                Socket socket = new Socket()) {
            server.blackhole();
            assertThatThrownBy(() ->
                            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), 500))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void resetsAtAccept() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.resetting())) {
            // the reset may come before the client has seen that it is connected
            assertThatThrownBy(() -> {
                        try (Raw client = new Raw(server.port())) {
                            client.rest();
                        }
                    })
                    .isInstanceOf(SocketException.class);
            assertThat(ended(server).end()).isEqualTo(ConnectionRecord.End.RESET);
        }
    }

    @Test
    void resetsAfterTheHead() throws Exception {
        try (FaultServer server = FaultServer.start(
                        ServerScript.builder().readHead().reset().build());
                Raw client = new Raw(server.port())) {
            client.post("/", "");
            assertThatThrownBy(client::rest).isInstanceOf(SocketException.class);
            assertThat(ended(server).requests()).isEqualTo(1);
        }
    }

    @Test
    void deliversWhatItSentBeforeTheReset() throws Exception {
        ServerScript script = ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("0123456789")
                .awaitRelease()
                .reset()
                .build();
        try (FaultServer server = FaultServer.start(script);
                Raw client = new Raw(server.port())) {
            assertThat(client.post("/", "").until("0123456789")).contains("Content-Length: 100");
            server.release();
            assertThatThrownBy(client::rest).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void liesAboutTheLength() throws Exception {
        ServerScript lies = ServerScript.builder()
                .readRequest()
                .respondLying(200, "{\"a\":1}", 3)
                .send("extra")
                .build();
        try (FaultServer server = FaultServer.start(lies);
                Raw client = new Raw(server.port())) {
            assertThat(client.post("/", "").rest())
                    .contains("Content-Length: 3")
                    .endsWith("{\"a\":1}extra");
            assertThat(ended(server).end()).isEqualTo(ConnectionRecord.End.CLOSED);
        }
    }

    @Test
    void stallsUntilThePeerLeaves() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.silent());
                Raw client = new Raw(server.port())) {
            client.post("/", "abc");
            server.await(record -> record.bytesReceived() > 50, Caller.LIMIT).join();
            client.leave();
            ConnectionRecord record = ended(server);
            assertThat(record.stalled()).isTrue();
            assertThat(record.peerClosedMs()).isPresent();
        }
    }

    @Test
    void noticesAReset() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.silent());
                Raw client = new Raw(server.port())) {
            client.send("x");
            server.await(record -> record.bytesReceived() == 1, Caller.LIMIT).join();
            client.reset();
            assertThat(ended(server).end()).isEqualTo(ConnectionRecord.End.PEER_RESET);
        }
    }

    @Test
    void dribblesAndSplits() throws Exception {
        byte[] bytes = "abcdef".getBytes(StandardCharsets.UTF_8);
        ServerScript script = ServerScript.builder()
                .dribble(bytes, Duration.ofMillis(1))
                .sendSplit(bytes, Duration.ofMillis(1), 2, 4)
                .build();
        try (FaultServer server = FaultServer.start(script);
                Raw client = new Raw(server.port())) {
            assertThat(client.rest()).isEqualTo("abcdefabcdef");
        }
    }

    @Test
    void sendsTheSameGarbageForTheSameSeed() throws Exception {
        assertThat(garbage(5)).isEqualTo(garbage(5)).isNotEqualTo(garbage(6)).hasSize(100);
    }

    private static String garbage(long seed) throws IOException {
        try (FaultServer server = FaultServer.builder()
                        .seed(seed)
                        .start(ServerScript.builder().garbage(100).build());
                Raw client = new Raw(server.port())) {
            return client.rest();
        }
    }

    @Test
    void countsWhatThePeerTakesOfAnEndlessAnswer() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.builder()
                        .endless("x".repeat(1000), Duration.ZERO)
                        .build());
                Raw client = new Raw(server.port())) {
            server.await(record -> record.bytesSent() > 100_000, Caller.LIMIT).join();
            client.reset();
            ConnectionRecord record = ended(server);
            assertThat(record.end()).isEqualTo(ConnectionRecord.End.PEER_RESET);
            assertThat(record.bytesSent()).isGreaterThan(100_000);
        }
    }

    @Test
    void readsSlowly() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.builder()
                        .readSlowly(3, Duration.ofMillis(1), 9)
                        .send("done")
                        .build());
                Raw client = new Raw(server.port())) {
            assertThat(client.send("123456789").rest()).isEqualTo("done");
        }
    }

    @Test
    void answersAPeerThatHalfClosed() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.builder()
                        .readRequest()
                        .pause(Duration.ofMillis(20))
                        .respond(200, "{}")
                        .build());
                Raw client = new Raw(server.port())) {
            client.post("/", "");
            client.socket.shutdownOutput();
            assertThat(client.rest()).endsWith("{}");
        }
    }

    @Test
    void runsOneScriptAfterTheOther() throws Exception {
        try (FaultServer server = FaultServer.start(ServerScript.resetting(), ServerScript.answering("{}"))) {
            // the reset may come before the client has seen that it is connected
            assertThatThrownBy(() -> {
                        try (Raw client = new Raw(server.port())) {
                            client.rest();
                        }
                    })
                    .isInstanceOf(SocketException.class);
            try (Raw client = new Raw(server.port())) {
                client.post("/", "").until("{}");
            }
            assertThat(server.connections()).hasSize(2);
        }
    }
}
