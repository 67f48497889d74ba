package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.Gate;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.Scope;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Row 30 of the fault plan: SIGTERM with many streams open. Half of them end in time, the others never would. */
final class DrainIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    @Test
    void streamsRunToTheDrainLimitAndNoLogLineIsLost() throws Exception {
        int half = Effort.isLong() ? 250 : 50;
        HttpSink sink = RUNNING.add(new HttpSink(null));
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Gate inTime = gate(simulator, "in-time");
        Gate never = gate(simulator, "never");
        PackagedGateway gateway = RUNNING.add(PackagedGateway.named("drain")
                .observed()
                .env("GATEHOUSE_DRAIN_TIMEOUT", "20s")
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        services:
                          - name: plain
                            url: %s
                            routes:
                              - {name: plain, paths: [/plain]}
                          - name: llm
                            url: https://api.openai.com
                            routes:
                              - {name: llm, paths: [/llm]}
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  targets:
                                    - route_type: llm/v1/chat
                                      model: {provider: openai, name: in-time}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                                      logging: {log_statistics: true}
                                    - route_type: llm/v1/chat
                                      model: {provider: openai, name: never}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                                      logging: {log_statistics: true}
                        """.formatted(simulator.baseUrl()) + sink.plugin(100_000))
                .start());
        List<Wire> early = open(gateway, "in-time", half);
        List<Wire> late = open(gateway, "never", half);
        for (int event = 0; event < 3; event++) {
            release(inTime, half);
            release(never, half);
        }
        for (Wire wire : early) {
            assertThat(wire.until("Simulated")).startsWith("HTTP/1.1 200 ");
        }
        for (Wire wire : late) {
            assertThat(wire.until("Simulated")).startsWith("HTTP/1.1 200 ");
        }
        Wire idle = Wire.to(gateway.proxyPort());
        Wire.Answer before =
                idle.send(Wire.request("GET", "/plain/v1/models", "")).answer();
        assertThat(before.status()).isEqualTo(200);
        assertThat(PackagedGateway.get(gateway.status("/status/ready")).statusCode())
                .isEqualTo(200);

        gateway.terminate();
        gateway.awaitLog(0, "stopping, waits up to");

        Workplace.awaitTrue(Workplace.SOON, () -> refuses(gateway), () -> "new connections are taken");
        assertThat(PackagedGateway.get(gateway.status("/status/ready")).statusCode())
                .isEqualTo(503);
        // whatever waits on a connection that was open is told to go, or the connection is closed
        Wire.Answer last =
                idle.send(Wire.request("GET", "/plain/v1/models", "")).answer();
        assertThat(last.status() == 0 || last.header("connection").equals("close"))
                .as("%s", last)
                .isTrue();
        idle.close();
        inTime.close();
        for (Wire wire : early) {
            assertThat(wire.until("data: [DONE]\n\n\r\n0\r\n\r\n")).doesNotContain("error");
            assertThat(wire.skip(1)).isZero();
        }
        assertThat(gateway.isAlive()).as("the other half is still waited for").isTrue();
        ExecutorService pool = Executors.newFixedThreadPool(25);
        List<Future<String>> rests = new ArrayList<>();
        for (Wire wire : late) {
            rests.add(pool.submit(wire::rest));
        }
        for (Future<String> rest : rests) {
            assertThat(rest.get(120, TimeUnit.SECONDS)).doesNotContain("[DONE]").doesNotContain("\r\n0\r\n\r\n");
        }
        pool.shutdownNow();

        assertThat(gateway.awaitEnd()).isZero();
        never.close();
        List<JsonNode> entries = gateway.entries();
        List<JsonNode> streams = entries.stream()
                .filter(entry -> entry.at("/request/method").asText().equals("POST"))
                .toList();
        assertThat(streams).hasSize(2 * half);
        assertThat(sink.ids())
                .as("what the queue of http-log has delivered before the end")
                .containsExactlyInAnyOrderElementsOf(entries.stream()
                        .map(entry -> entry.at("/request/id").asText())
                        .toList());
        assertThat(streams.stream()
                        .filter(entry -> entry.at("/gatehouse/end").asText().equals("sent")))
                .hasSize(half);
        assertThat(streams.stream()
                        .filter(entry -> entry.at("/gatehouse/end").asText().equals("shutdown")))
                .hasSize(half);
        assertThat(streams.stream()
                        .filter(entry -> entry.at("/route/name").asText().equals("llm"))
                        .filter(entry -> entry.at("/gatehouse/end").asText().equals("shutdown")))
                .allMatch(
                        entry -> entry.at("/ai/proxy/usage/provenance").asText().equals("partial"));
        for (Wire wire : late) {
            wire.close();
        }
        for (Wire wire : early) {
            wire.close();
        }
    }

    private static Gate gate(LlmSimulator simulator, String model) {
        simulator.behaviour(
                Scope.all().model(model), Behaviour.builder().gate(model).build());
        return simulator.gate(model);
    }

    /** Lets one event of each stream pass. */
    private static void release(Gate gate, int streams) {
        Workplace.awaitTrue(Workplace.SOON, () -> gate.waiting() == streams, () -> gate.waiting() + " streams wait");
        gate.release(streams);
    }

    /** Opens streams, by turns plain and through the LLM proxy. */
    private static List<Wire> open(PackagedGateway gateway, String model, int count) throws IOException {
        List<Wire> wires = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String path = i % 2 == 0 ? "/llm" : "/plain/v1/chat/completions";
            wires.add(Wire.to(gateway.proxyPort()).send(Wire.request("POST", path, Fault.STREAM.formatted(model))));
        }
        return wires;
    }

    private static boolean refuses(PackagedGateway gateway) throws IOException {
        try (Wire wire = Wire.to(gateway.proxyPort())) {
            assertThat(wire).isNotNull();
            return false;
        } catch (ConnectException e) {
            return true;
        }
    }
}
