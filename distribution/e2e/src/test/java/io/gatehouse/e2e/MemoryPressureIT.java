package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Row 33 of the fault plan: requests that are held fill a small heap. New ones are turned away before it is full, those
 * that run go on, operators still see everything, and when the memory comes back it is over.
 */
final class MemoryPressureIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int HEAP_MEBIBYTES = 64;
    private static final int HELD_BYTES = 200_000;
    private static final String PROBE = Wire.request("GET", "/plain/x", "");
    private static final String ANSWER =
            "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"fault-held\",\"choices\":[{\"index\":0,"
                    + "\"message\":{\"role\":\"assistant\",\"content\":\"three\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}";

    @ParameterizedTest
    @ValueSource(strings = {"Serial", "G1"})
    void newRequestsAreTurnedAwayWhileTheHeapIsFull(String collector) throws Exception {
        assumeTrue(
                collector.equals("Serial") || Workplace.java() >= 25,
                "G1 of older Javas tells too rarely what a collection has left (docs/adr/0014-shedding.md)");
        FaultServer plain = RUNNING.add(FaultServer.start(ServerScript.answering("{\"ok\":true}")));
        FaultServer llm = RUNNING.add(FaultServer.builder()
                .capture(1024)
                .start(
                        ServerScript.builder()
                                .readRequest()
                                .awaitRelease()
                                .respond(200, ANSWER)
                                .build(),
                        ServerScript.builder().readRequest().stall().build()));
        PackagedGateway gateway = RUNNING.add(gateway(collector, plain, llm));
        String held = Wire.request(
                "POST",
                "/llm",
                Fault.CHAT.formatted("fault-held").replace("one two three", "word ".repeat(HELD_BYTES / 5)));
        List<Wire> wires = new ArrayList<>();
        try {
            Wire first = Wire.to(gateway.proxyPort()).send(held);
            wires.add(first);
            Optional<Wire.Answer> turnedAway = turnedAway(gateway, llm, wires.size());
            while (turnedAway.isEmpty()) {
                assertThat(wires.size() * HELD_BYTES).as("bytes held").isLessThan(HEAP_MEBIBYTES << 20);
                for (int i = 0; i < 10; i++) {
                    wires.add(Wire.to(gateway.proxyPort()).send(held));
                }
                turnedAway = turnedAway(gateway, llm, wires.size());
            }

            Wire.Answer refused = turnedAway.get();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isEqualTo("5");
            assertThat(refused.header("content-type")).startsWith("application/json");
            String id = refused.header("x-kong-request-id");
            JsonNode page = Json.read(refused.text());
            assertThat(page.path("message").asText()).isEqualTo("The gateway is overloaded");
            assertThat(page.path("request_id").asText()).isEqualTo(id);
            JsonNode entry = gateway.entry(id);
            assertThat(entry.at("/response/status").asInt()).isEqualTo(503);
            assertThat(entry.at("/gatehouse/reason").asText()).isEqualTo("overloaded");

            // a request that no route matches costs no more than one that is turned away
            assertThat(Wire.call(gateway.proxyPort(), Wire.request("GET", "/none", ""))
                            .status())
                    .isEqualTo(404);
            for (HttpResponse<String> operators : List.of(
                    PackagedGateway.get(gateway.admin("/status")),
                    PackagedGateway.get(gateway.status("/status")),
                    PackagedGateway.get(gateway.status("/metrics")))) {
                assertThat(operators.statusCode()).isEqualTo(200);
            }
            assertThat(gateway.metrics().sum("gatehouse_requests_shed_total", "reason", "heap"))
                    .isPositive();

            llm.release();
            assertThat(first.answer().status()).as("a request that was running").isEqualTo(200);
        } finally {
            for (Wire wire : wires) {
                wire.leave();
            }
        }
        // nobody sends anything now, and so nobody makes garbage that would be collected
        gateway.awaitLog(0, " WARN .*memory is back, requests are served again: reason=heap ");
        assertThat(Wire.call(gateway.proxyPort(), PROBE).status()).isEqualTo(200);
        assertThat(gateway.log().lines().filter(line -> line.contains("memory is short")))
                .singleElement()
                .asString()
                .contains(" WARN ", "reason=heap", "limit_percent=95");
    }

    private static PackagedGateway gateway(String collector, FaultServer plain, FaultServer llm) throws IOException {
        return PackagedGateway.named("memory-" + collector.toLowerCase(Locale.ROOT))
                .observed()
                .env("JAVA_OPTS", "-Xmx" + HEAP_MEBIBYTES + "m -XX:+Use" + collector + "GC")
                .yaml("kong.yaml", """
                        services:
                          - name: plain
                            url: %1$s
                            routes:
                              - {name: plain, paths: [/plain]}
                          - name: llm
                            url: %2$s
                            routes:
                              - {name: llm, paths: [/llm]}
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  max_request_body_size: 0
                                  targets:
                                    - route_type: llm/v1/chat
                                      model:
                                        provider: openai
                                        name: fault-held
                                        options: {upstream_url: "%2$s/v1/chat/completions"}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                                      logging: {log_statistics: true}
                        """.formatted(plain.baseUrl(), llm.baseUrl()))
                .start();
    }

    /** Waits until the last held request has reached its upstream, or until one is turned away: its answer. */
    private static Optional<Wire.Answer> turnedAway(PackagedGateway gateway, FaultServer llm, int held) {
        return Workplace.await(
                Workplace.SOON,
                () -> {
                    Wire.Answer answer = Wire.call(gateway.proxyPort(), PROBE);
                    if (answer.status() == 503) {
                        return Optional.of(answer);
                    }
                    return llm.requests() == held ? Optional.<Wire.Answer>empty() : null;
                },
                () -> llm.requests() + " of " + held + " arrived; " + gateway.log());
    }
}
