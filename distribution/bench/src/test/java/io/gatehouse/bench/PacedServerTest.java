package io.gatehouse.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PacedServerTest {
    @Test
    void sendsEachStreamItsEventsAndTakesTheNextRequestOnTheSameConnection() throws IOException {
        try (PacedServer server = new PacedServer(1, TimeUnit.MILLISECONDS, 5);
                StreamClient client = new StreamClient(server.port())) {
            client.open(20, 1);
            long events = 0;
            long failed = 0;
            // 20 streams of 5 events, and those that follow them
            while (Arrays.stream(client.eventsOfEach()).min().orElse(0) < 12) {
                StreamClient.Window window = client.read(0.01);
                events += window.events();
                failed += window.failed();
            }
            assertThat(failed).isZero();
            assertThat(events).isGreaterThan(100);
        }
    }

    @Test
    void measuresTheTimeFromTheServersWriteToTheClientsRead() throws IOException {
        try (PacedServer server = new PacedServer(1, TimeUnit.MILLISECONDS, 5);
                StreamClient client = new StreamClient(server.port())) {
            client.open(1, 1);
            StreamClient.Window window = client.read(0.05);
            while (window.events() == 0) {
                window = client.read(0.05);
            }
            assertThat(window.delays().micros(0.5)).isPositive().isLessThan(10_000_000);
        }
    }

    @Test
    void countsAStreamThatBreaks() throws IOException {
        try (StreamClient client = new StreamClient(closing())) {
            client.open(1, 1);
            long failed = 0;
            while (failed == 0) {
                failed += client.read(0.01).failed();
            }
            assertThat(failed).isEqualTo(1);
        }
    }

    /** A port that takes one connection, reads the request and closes without an answer. */
    private static int closing() throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            try (server;
                    Socket socket = server.accept()) {
                socket.getInputStream().read();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server.getLocalPort();
    }
}
