package io.gatehouse.plugins.logging.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.GatewayExtension;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** tcp-log and udp-log with sockets at the other end. */
class SocketLogIT {
    private final ServerSocket tcp = tcp();
    private final DatagramSocket udp = udp();

    @RegisterExtension
    final GatewayExtension gateway = GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - {name: llm, url: "https://api.openai.com", routes: [{name: chat, paths: [/llm]}]}
            plugins:
            - {name: tcp-log, config: {host: 127.0.0.1, port: ${{ env "DECK_TCP" }}}}
            - {name: udp-log, config: {host: 127.0.0.1, port: ${{ env "DECK_UDP" }}}}
            """)
            .environment("DECK_TCP", Integer.toString(tcp.getLocalPort()))
            .environment("DECK_UDP", Integer.toString(udp.getLocalPort()));

    @AfterEach
    void closeSinks() throws IOException {
        tcp.close();
        udp.close();
    }

    @Test
    void deliverEveryEntryAlsoThoseOfTheLastMoment() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(gateway.get("/llm/v1/models?n=" + i).statusCode()).isEqualTo(200);
        }
        gateway.gateway().stop(Duration.ofSeconds(30));

        List<String> lines = new ArrayList<>();
        try (Socket connection = tcp.accept();
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
            }
        }
        List<String> datagrams = new ArrayList<>();
        while (datagrams.size() < 20) {
            DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
            udp.receive(packet);
            datagrams.add(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8));
        }
        assertThat(lines).hasSize(20);
        for (int i = 0; i < 20; i++) {
            assertThat(lines.get(i)).startsWith("{").endsWith("}").contains("?n=" + i + "\"");
        }
        // the operating system promises no order of datagrams
        assertThat(datagrams)
                .allSatisfy(entry -> assertThat(entry).startsWith("{").endsWith("}"));
        for (int i = 0; i < 20; i++) {
            String query = "?n=" + i + '"';
            assertThat(datagrams).filteredOn(entry -> entry.contains(query)).hasSize(1);
        }
    }

    private static ServerSocket tcp() {
        try {
            ServerSocket socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
            socket.setSoTimeout(30_000);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DatagramSocket udp() {
        try {
            DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
            socket.setSoTimeout(30_000);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
