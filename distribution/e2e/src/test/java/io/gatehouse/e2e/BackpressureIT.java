package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Row 17 of the fault plan, in both directions: who reads slowly holds up who sends, and costs the gateway no memory. The
 * heap is small and resident from the start, so that whatever the process grows by is what it holds for others.
 */
final class BackpressureIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final long SIZE = 100L << 20;
    private static final long MAY_GROW = 64L << 20;

    /** More than all the sockets between two programs of one machine hold, and far less than what is sent. */
    private static final long IN_SOCKETS = 24L << 20;

    private static final String LINE =
            "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"content\":\"" + "word ".repeat(180) + "\"},\"finish_reason\":null}]}\n\n";

    private static FaultServer plain;
    private static FaultServer llm;
    private static FaultServer reader;
    private static PackagedGateway gateway;
    private static Vitals vitals;

    @BeforeAll
    static void start() throws IOException {
        plain = RUNNING.add(FaultServer.start(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: " + SIZE)
                .endless("0123456789abcdef".repeat(512), Duration.ZERO)
                .build()));
        String chunk = Integer.toHexString(LINE.length()) + "\r\n" + LINE + "\r\n";
        llm = RUNNING.add(FaultServer.start(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .endless(chunk.repeat(8), Duration.ZERO)
                .build()));
        reader = RUNNING.add(FaultServer.builder().receiveBuffer(4096).start(ServerScript.silent()));
        gateway = RUNNING.add(PackagedGateway.named("backpressure")
                .observed()
                .env("JAVA_OPTS", "-Xms96m -Xmx96m -XX:+AlwaysPreTouch -Dio.netty.leakDetection.level=paranoid")
                .yaml("kong.yaml", """
                        services:
                          - name: plain
                            url: %1$s
                            routes:
                              - {name: plain, paths: [/plain]}
                          - name: reader
                            url: %3$s
                            write_timeout: 3000
                            routes:
                              - {name: reader, paths: [/reader]}
                          - name: reader-with-time
                            url: %3$s
                            routes:
                              - {name: reader-with-time, paths: [/with-time]}
                          - name: llm
                            url: %2$s
                            routes:
                              - {name: llm, paths: [/llm]}
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  targets:
                                    - route_type: llm/v1/chat
                                      model:
                                        provider: openai
                                        name: fault-endless
                                        options: {upstream_url: "%2$s/v1/chat/completions"}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                                      logging: {log_statistics: true}
                        """.formatted(plain.baseUrl(), llm.baseUrl(), reader.baseUrl()))
                .start());
        vitals = gateway.vitals();
        for (boolean stream : new boolean[] {false, true}) {
            try (Wire wire = Wire.to(gateway.proxyPort())) {
                assertThat(wire.send(request(stream)).skip(10 << 20)).isEqualTo(10 << 20);
            }
        }
        settled(plain);
        settled(llm);
    }

    private static String request(boolean stream) {
        return stream
                ? Wire.request("POST", "/llm", Fault.STREAM.formatted("fault-endless"))
                : Wire.request("GET", "/plain/x", "");
    }

    private static void settled(FaultServer server) {
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> server.connections().stream().allMatch(ConnectionRecord::ended)
                        && vitals.connectionsTo(server.port()) == 0,
                () -> server.connections() + " " + vitals.tcp());
    }

    @ParameterizedTest
    @CsvSource({"false,1", "false,100", "true,1", "true,20"})
    void aSlowReaderHoldsTheUpstreamUp(boolean stream, int readers) throws Exception {
        FaultServer upstream = stream ? llm : plain;
        int before = upstream.connections().size();
        long resident = vitals.residentBytes();
        List<Wire> wires = new ArrayList<>();
        try {
            for (int i = 0; i < readers; i++) {
                wires.add(Wire.to(gateway.proxyPort(), 4096).send(request(stream)));
            }
            long most = 0;
            long sent = -1;
            int still = 0;
            // a thousand bytes a second each, until the upstream has not been able to send for one
            for (int tenth = 0; still < 10; tenth++) {
                assertThat(tenth)
                        .as("tenths of a second, and the upstream still sends: %s", sent)
                        .isLessThan(600);
                for (Wire wire : wires) {
                    assertThat(wire.skip(100)).isEqualTo(100);
                }
                TimeUnit.MILLISECONDS.sleep(100);
                most = Math.max(most, vitals.residentBytes());
                long now = sentBy(upstream, before);
                still = now == sent && upstream.connections().size() == before + readers ? still + 1 : 0;
                sent = now;
            }
            long grown = most - resident;
            System.out.printf(
                    "%d slow readers of a%s: %,d bytes sent, %,d bytes more resident%n",
                    readers, stream ? " stream" : "n answer", sent, grown);
            assertThat(sent).isLessThan(readers * IN_SOCKETS);
            assertThat(grown).isLessThan(MAY_GROW);
            assertThat(PackagedGateway.get(gateway.admin("/status")).statusCode())
                    .isEqualTo(200);
        } finally {
            for (Wire wire : wires) {
                wire.leave();
            }
        }
        settled(upstream);
    }

    @Test
    void aReaderThatHurriesInTheEndGetsEverything() throws Exception {
        long resident = vitals.residentBytes();
        long came = 0;
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            String head = wire.send(request(false)).until("\r\n\r\n");
            assertThat(head).startsWith("HTTP/1.1 200 ");
            for (int tenth = 0; tenth < 20; tenth++) {
                came += wire.skip(100);
                TimeUnit.MILLISECONDS.sleep(100);
            }
            while (came < SIZE) {
                int count = wire.skip((int) Math.min(1 << 20, SIZE - came));
                assertThat(count).as("bytes after %s", came).isPositive();
                came += count;
            }
        }
        assertThat(vitals.residentBytes() - resident).isLessThan(MAY_GROW);
        settled(plain);
    }

    private static long sentBy(FaultServer server, int from) {
        return server.connections().stream()
                .skip(from)
                .mapToLong(ConnectionRecord::bytesSent)
                .sum();
    }

    @Test
    void aSlowUpstreamHoldsTheUploadUp() throws Exception {
        reader.script(ServerScript.builder()
                .readHead()
                .readSlowly(1000, Duration.ofSeconds(1), SIZE)
                .build());
        int before = reader.connections().size();
        long resident = vitals.residentBytes();
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            AtomicLong taken = new AtomicLong();
            CompletableFuture<Void> upload = upload(wire, "/with-time", taken);
            long most = 0;
            long sent = -1;
            for (int still = 0, tenth = 0; still < 10; tenth++) {
                assertThat(tenth)
                        .as("tenths of a second, and the client can still send")
                        .isLessThan(600);
                TimeUnit.MILLISECONDS.sleep(100);
                most = Math.max(most, vitals.residentBytes());
                still = taken.get() == sent && sent > 0 ? still + 1 : 0;
                sent = taken.get();
            }
            System.out.printf("a slow upload: %,d bytes taken, %,d bytes more resident%n", sent, most - resident);
            assertThat(upload).isNotDone();
            assertThat(sent).isLessThan(IN_SOCKETS);
            assertThat(most - resident).isLessThan(MAY_GROW);
            wire.reset();
        }
        assertThat(reader.connections()).hasSize(before + 1);
        settled(reader);
        assertThat(entry(before).at("/gatehouse/end").asText()).isEqualTo("client_gone");
    }

    private static CompletableFuture<Void> upload(Wire wire, String path, AtomicLong taken) {
        return CompletableFuture.runAsync(() -> {
            try {
                Wire unused =
                        wire.send("POST " + path + "/x HTTP/1.1\r\nHost: a\r\nContent-Length: " + SIZE + "\r\n\r\n");
                byte[] block = new byte[64 * 1024];
                for (long left = SIZE; left > 0; left -= block.length) {
                    unused = wire.send(block);
                    taken.addAndGet(block.length);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The log entry of the upload that had this many before it. */
    private static JsonNode entry(int before) {
        return Workplace.await(
                Workplace.SOON,
                () -> gateway.entries().stream()
                        .filter(entry -> entry.at("/route/name").asText().startsWith("reader"))
                        .skip(before)
                        .findFirst()
                        .orElse(null),
                () -> "no log entry");
    }

    /**
     * A reset is noticed at once. A FIN is not even sent while there are bytes in front of it that nobody takes: then it is
     * the write time-out that ends it.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatLeavesAnUploadFreesAnUpstreamThatDoesNotRead(boolean reset) throws Exception {
        reader.script(ServerScript.builder().readHead().hang().build());
        int before = reader.connections().size();
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            AtomicLong taken = new AtomicLong();
            // who sends a reset must come before the write time-out does
            CompletableFuture<Void> upload = upload(wire, reset ? "/with-time" : "/reader", taken);
            long sent = -1;
            for (int still = 0; still < 5; ) {
                TimeUnit.MILLISECONDS.sleep(100);
                still = taken.get() == sent && sent > 0 ? still + 1 : 0;
                sent = taken.get();
            }
            if (reset) {
                wire.reset();
            } else {
                wire.leave();
            }
            assertThatThrownBy(upload::get).isInstanceOf(ExecutionException.class);
        }
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> vitals.connectionsTo(reader.port()) == 0 && vitals.clients(gateway.proxyPort()) == 0,
                () -> "sockets left: " + vitals.tcp());
        assertThat(reader.connections()).hasSize(before + 1);
        JsonNode entry = entry(before);
        assertThat(entry.at("/response/status").asInt()).isEqualTo(reset ? 499 : 504);
        assertThat(entry.at("/gatehouse/end").asText()).isEqualTo(reset ? "client_gone" : "sent");
    }
}
