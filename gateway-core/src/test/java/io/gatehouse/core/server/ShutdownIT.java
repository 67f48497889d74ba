package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.ServerScript;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is left to do once the gateway stops. */
@NullUnmarked
class ShutdownIT {
    @RegisterExtension
    final Rig rig = new Rig();

    @RepeatedTest(20)
    void leavesNothingToALoopThatHasStopped() throws Exception {
        rig.upstream.script(
                ServerScript.builder().readRequest().respond(200, "{}").repeat().build());
        rig.start(
                "",
                rig.settings()
                        .eventLoops(2)
                        .adminListen(List.of(io.gatehouse.core.Settings.Listen.of("127.0.0.1", 0))));
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Socket socket = rig.connect();
            sockets.add(socket);
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "{}");
        }
        for (int i = 0; i < 4; i++) {
            Rig.send(sockets.get(i), "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
        }
        Rig.await(
                () -> rig.upstream.connections().stream()
                                .filter(connection -> connection.receivedText().endsWith("hello"))
                                .count()
                        == 4,
                () -> "in flight: " + rig.gateway.inFlight());
        rig.gateway.close();
        for (Socket socket : sockets) {
            assertThat(Rig.rest(socket)).matches("(?s).*<(closed|reset)>");
            socket.close();
        }
    }

    @Test
    void doesNotWaitForAClientThatTakesNoMoreOfItsAnswer() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\n\r\n")
                .endless("0123456789abcdef", Duration.ZERO)
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            socket.setReceiveBufferSize(4096);
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.until(socket, "0123456789abcdef");
            rig.gateway.close();
            assertThat(rig.logged(1)).containsExactly("probe shutdown shutdown 200");
            assertThat(rig.log.list)
                    .noneMatch(event -> event.getFormattedMessage().contains("not everything was closed"));
        }
    }

    @Test
    void doesNotWaitForALingeringClient() throws Exception {
        rig.start("{name: probe, config: {does: answer}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello");
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 418 ");
            rig.gateway.stop(Duration.ofSeconds(5));
            assertThat(rig.log.list)
                    .noneMatch(event -> event.getFormattedMessage().contains("not everything was closed"));
        }
    }
}
