package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.Gate;
import io.gatehouse.simulator.LlmSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether an event reaches the client before the upstream sends the next one. */
final class LockStepIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String STREAMED =
            "{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        gateway = RUNNING.add(PackagedGateway.named("lock-step")
                .observed()
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        services:
                          - name: llm
                            url: https://api.openai.com
                            routes:
                              - name: llm
                                paths: [/llm]
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  targets:
                                    - route_type: llm/v1/chat
                                      model: {provider: openai, name: gpt-4o}
                                      auth: {header_name: Authorization, header_value: Bearer key}
                                      logging: {log_statistics: true}
                          - name: plain
                            url: %s/v1/chat/completions
                            routes:
                              - name: plain
                                paths: [/plain]
                        """.formatted(simulator.baseUrl()))
                .start());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/llm", "/plain"})
    void anEventReachesTheClientBeforeTheNextOneIsSent(String path) throws Exception {
        Gate gate = simulator.gate();
        try {
            CompletableFuture<HttpResponse<InputStream>> answer = PackagedGateway.CLIENT.sendAsync(
                    gateway.request(path, STREAMED).build(), HttpResponse.BodyHandlers.ofInputStream());
            gate.release();
            // the head may be held until an event with content comes; from then on it is one for one
            Workplace.awaitTrue(Workplace.SOON, () -> gate.passed() >= 1, () -> "no request");
            gate.release();
            HttpResponse<InputStream> response = answer.get(60, TimeUnit.SECONDS);
            assertThat(response.statusCode()).isEqualTo(200);
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                assertThat(event(lines)).contains("\"role\":\"assistant\"");
                assertThat(event(lines)).contains("Simulated");
                for (String word : new String[] {" answer", " to:", " one", " two", " three"}) {
                    long before = gate.passed();
                    gate.release();
                    assertThat(event(lines)).contains("\"content\":\"" + word + "\"");
                    assertThat(gate.passed()).isEqualTo(before + 1);
                }
                gate.close();
                assertThat(Stream.of(event(lines), event(lines), event(lines)).filter(line -> !line.isEmpty()))
                        .last()
                        .isEqualTo("data: [DONE]");
            }
        } finally {
            gate.close();
        }
    }

    private static String event(BufferedReader lines) throws Exception {
        // a stream that is held back must not hang the test
        return CompletableFuture.supplyAsync(() -> {
                    try {
                        String line = lines.readLine();
                        while (line != null && line.isEmpty()) {
                            line = lines.readLine();
                        }
                        return line == null ? "" : line;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .get(60, TimeUnit.SECONDS);
    }
}
