package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rows 16 and 18 of the fault plan: clients that leave, in every way and at every moment, and clients that have sent their
 * last byte and wait for the answer.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class CancellationIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    /**
     * What an upstream may take to hear of it: the promise is a second. A short run, which shares its machine with
     * others, only tells it from a time-out, of which none is that short.
     */
    private static final long HEARD_MILLIS = Effort.isLong() ? 1000 : 15_000;

    private static final int CLIENTS = 25;

    /** When, and how, the client leaves. */
    enum Leaving {
        FIN_BEFORE_THE_HEAD(false, false, false),
        RESET_BEFORE_THE_HEAD(false, false, true),
        FIN_IN_MID_STREAM(true, false, false),
        RESET_IN_MID_STREAM(true, false, true),
        LLM_FIN_BEFORE_THE_HEAD(false, true, false),
        LLM_RESET_BEFORE_THE_HEAD(false, true, true),
        LLM_FIN_IN_MID_STREAM(true, true, false),
        LLM_RESET_IN_MID_STREAM(true, true, true);

        private final boolean midStream;
        private final boolean llm;
        private final boolean reset;

        Leaving(boolean midStream, boolean llm, boolean reset) {
            this.midStream = midStream;
            this.llm = llm;
            this.reset = reset;
        }
    }

    private static final String EVENT =
            "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"content\":\"word\"},\"finish_reason\":null}]}\n\n";

    private static final ExecutorService POOL = Executors.newFixedThreadPool(CLIENTS);

    private static final Map<Leaving, FaultServer> UPSTREAMS = new EnumMap<>(Leaving.class);
    private static FaultServer patient;
    private static PackagedGateway gateway;
    private static Vitals vitals;

    @BeforeAll
    static void start() throws IOException {
        StringBuilder yaml = new StringBuilder("services:\n");
        for (Leaving leaving : Leaving.values()) {
            ServerScript.Builder begin = ServerScript.builder().readRequest();
            if (leaving.midStream) {
                begin.eventStreamHead().chunk(EVENT).chunk(EVENT);
            }
            FaultServer upstream = RUNNING.add(FaultServer.start(begin.stall().build()));
            UPSTREAMS.put(leaving, upstream);
            yaml.append(service(leaving.name(), upstream, leaving.llm));
        }
        patient = RUNNING.add(FaultServer.start(ServerScript.builder()
                .readRequest()
                .awaitRelease()
                .head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked", "Connection: close")
                .chunk(EVENT)
                .pause(Duration.ofMillis(100))
                .chunk(EVENT + "data: [DONE]\n\n")
                .lastChunk()
                .build()));
        yaml.append(service("patient", patient, false)).append(service("patient-llm", patient, true));
        gateway = RUNNING.add(PackagedGateway.named("cancellation")
                .observed()
                .yaml("kong.yaml", yaml.toString())
                .start());
        vitals = gateway.vitals();
    }

    private static String service(String name, FaultServer upstream, boolean llm) {
        String service = """
                  - name: %1$s
                    url: %2$s
                    routes:
                      - {name: %1$s, paths: [/%1$s]}
                """.formatted(name, upstream.baseUrl());
        return !llm ? service : service + """
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          targets:
                            - route_type: llm/v1/chat
                              model:
                                provider: openai
                                name: fault-cancelled
                                options: {upstream_url: "%s/v1/chat/completions"}
                              auth: {header_name: Authorization, header_value: Bearer key}
                              logging: {log_statistics: true}
                """.formatted(upstream.baseUrl());
    }

    @AfterAll
    static void end() {
        POOL.shutdownNow();
    }

    private static String request(String path, boolean llm) {
        return llm
                ? Wire.request("POST", "/" + path, Fault.STREAM.formatted("fault-cancelled"))
                : Wire.request("GET", "/" + path, "");
    }

    @Order(1)
    @ParameterizedTest
    @EnumSource
    void anUpstreamHearsOfItWithinASecond(Leaving leaving) throws Exception {
        Random random = new Random(Effort.seed());
        int waves = Effort.times(5);
        FaultServer upstream = requireNonNull(UPSTREAMS.get(leaving));
        Metrics before = gateway.metrics();

        List<Long> lateness = new ArrayList<>();
        for (int wave = 0; wave < waves; wave++) {
            lateness.add(millisUntilAllIsFree(leaving, upstream, random));
        }

        Collections.sort(lateness);
        System.out.println(leaving + ": clients left in waves of " + CLIENTS + ", their upstreams were free after "
                + lateness + " ms");
        assertThat(lateness.get(waves / 2))
                .as("with -De2e.seed=%s", Effort.seed())
                .isLessThan(HEARD_MILLIS);
        int times = waves * CLIENTS;
        List<JsonNode> entries = Workplace.await(
                Workplace.SOON,
                () -> {
                    List<JsonNode> found = gateway.entries().stream()
                            .filter(entry -> entry.at("/route/name").asText().equals(leaving.name()))
                            .toList();
                    return found.size() < times ? null : found;
                },
                () -> "not all is logged");
        assertThat(entries).hasSize(times).allSatisfy(entry -> {
            assertThat(entry.at("/gatehouse/end").asText()).isEqualTo("client_gone");
            assertThat(entry.at("/gatehouse/reason").asText()).isEqualTo(leaving.reset ? "reset" : "closed");
            assertThat(entry.at("/response/status").asInt()).isEqualTo(leaving.midStream ? 200 : 499);
            if (leaving.llm && leaving.midStream) {
                assertThat(entry.at("/ai/proxy/usage/provenance").asText()).isEqualTo("partial");
            }
        });
        long aborted = before.sum("gatehouse_exchanges_aborted_total", "by", "client") + times;
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.metrics().sum("gatehouse_exchanges_aborted_total", "by", "client") >= aborted,
                () -> "not all are counted");
        assertThat(gateway.metrics().sum("gatehouse_exchanges_aborted_total", "by", "client"))
                .isEqualTo(aborted);
        assertThat(upstream.connections()).hasSize(times).allMatch(connection -> connection.requests() == 1);
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> vitals.clients(gateway.proxyPort()) == 0 && vitals.connectionsTo(upstream.port()) == 0,
                () -> "sockets left: " + vitals.tcp());
    }

    private static long millisUntilAllIsFree(Leaving leaving, FaultServer upstream, Random random) throws Exception {
        int before = upstream.requests();
        List<Wire> wires = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            wires.add(Wire.to(gateway.proxyPort()).send(request(leaving.name(), leaving.llm)));
        }
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> upstream.requests() == before + CLIENTS,
                () -> "requests: " + upstream.requests());
        if (leaving.midStream) {
            for (Wire wire : wires) {
                // to the last byte: what is left unread makes a reset of a FIN
                String unused = wire.until("word") + wire.until("word") + wire.until("\n\n\r\n");
            }
        }
        List<Future<?>> leaves = new ArrayList<>();
        for (Wire wire : wires) {
            int pause = random.nextInt(20);
            leaves.add(POOL.submit(() -> {
                TimeUnit.MILLISECONDS.sleep(pause);
                if (leaving.reset) {
                    wire.reset();
                } else {
                    wire.leave();
                }
                return null;
            }));
        }
        for (Future<?> leave : leaves) {
            Object unused = leave.get(60, TimeUnit.SECONDS);
        }
        long left = System.nanoTime();
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> upstream.connections().stream().allMatch(ConnectionRecord::ended),
                () -> "upstream connections: " + upstream.connections());
        return (System.nanoTime() - left) / 1_000_000;
    }

    @Order(2)
    @Test
    void aClientThatOnlyHalfClosesGetsItsWholeAnswer() throws Exception {
        int times = Effort.times(20);
        for (boolean llm : new boolean[] {false, true}) {
            List<Wire> wires = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                wires.add(Wire.to(gateway.proxyPort())
                        .send(request(llm ? "patient-llm" : "patient", llm))
                        .halfClose());
            }
            for (Wire wire : wires) {
                assertThat(wire.until("\r\n\r\n"))
                        .as("asked whether it is still there")
                        .startsWith("HTTP/1.1 1");
            }
            patient.release(times);
            List<Future<Wire.Answer>> answers = new ArrayList<>();
            for (Wire wire : wires) {
                answers.add(POOL.submit(wire::answer));
            }
            for (Future<Wire.Answer> one : answers) {
                Wire.Answer answer = one.get(120, TimeUnit.SECONDS);
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.end()).isEqualTo(Wire.End.WHOLE);
                assertThat(answer.text()).isEqualTo(EVENT + EVENT + "data: [DONE]\n\n");
            }
            for (Wire wire : wires) {
                wire.close();
            }
        }
    }

    @Order(3)
    @Test
    void nothingIsLeft() throws Exception {
        Workplace.awaitTrue(
                Workplace.SOON, () -> vitals.clients(gateway.proxyPort()) <= 1, () -> "sockets left: " + vitals.tcp());
    }
}
