package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real, small model behind the gateway, served by llama.cpp: the figures are those that it reports. */
final class RealLlmIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String ASK =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Say hello.\"}],\"max_tokens\":8,\"temperature\":0%s}";

    private static FaultServer broken;
    private static PackagedGateway gateway;

    /** The model's own process. */
    private record Llama(Process process) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            try {
                if (!process.waitFor(15, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Path python = Peers.python("xllamacpp", "RealLlmIT");
        Path model = Peers.model("RealLlmIT");
        int port = Workplace.freePort();
        Path folder = Workplace.folderFor("llama");
        Process process = new ProcessBuilder(
                        python.toString(),
                        Workplace.REPOSITORY
                                .resolve("distribution/e2e/src/test/resources/llama_server.py")
                                .toString(),
                        model.toString(),
                        Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("llama.log").toFile())
                .start();
        RUNNING.add(new Llama(process));
        URI health = URI.create("http://127.0.0.1:" + port + "/health");
        Workplace.awaitTrue(
                Duration.ofMinutes(5), () -> healthy(health), () -> Workplace.read(folder.resolve("llama.log")));
        broken = RUNNING.add(
                FaultServer.start(ServerScript.builder().readRequest().reset().build()));
        gateway = RUNNING.add(PackagedGateway.named("real-llm")
                .observed()
                .yaml("kong.yaml", """
                        services:
                          - name: llm
                            url: http://127.0.0.1:%1$d
                            routes:
                              - name: llm
                                paths: [/llm]
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  targets:
                                    - route_type: llm/v1/chat
                                      model:
                                        provider: llama2
                                        name: smol
                                        options:
                                          llama2_format: openai
                                          upstream_url: http://127.0.0.1:%1$d/v1/chat/completions
                                      logging: {log_statistics: true}
                          - name: failover
                            url: http://127.0.0.1:%1$d
                            routes:
                              - name: failover
                                paths: [/failover]
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  balancer: {failover_criteria: [error, timeout, non_idempotent], max_fails: 0}
                                  targets:
                                    - route_type: llm/v1/chat
                                      model:
                                        provider: openai
                                        name: fault-broken
                                        options: {upstream_url: %2$s/v1/chat/completions}
                                      logging: {log_statistics: true}
                                    - route_type: llm/v1/chat
                                      model:
                                        provider: llama2
                                        name: smol
                                        options:
                                          llama2_format: openai
                                          upstream_url: http://127.0.0.1:%1$d/v1/chat/completions
                                      logging: {log_statistics: true}
                        """.formatted(port, broken.baseUrl()))
                .start());
    }

    private static boolean healthy(URI health) {
        try {
            return PackagedGateway.get(health).statusCode() == 200;
        } catch (AssertionError e) {
            if (e.getCause() instanceof ConnectException || e.getCause() instanceof IOException) {
                return false;
            }
            throw e;
        }
    }

    private static long tokens(String type) {
        return gateway.metrics().sum("kong_ai_llm_tokens_total", "token_type", type);
    }

    /** Alone, and as the one that steps in for another whenever it is that one's turn. */
    @ParameterizedTest
    @ValueSource(strings = {"/llm", "/failover"})
    void countsWhatTheModelReports(String path) {
        int asked = broken.requests();
        long prompt = tokens("prompt_tokens");
        long completion = tokens("completion_tokens");
        HttpResponse<String> plain = gateway.post(path, ASK.formatted(""));
        assertThat(plain.statusCode()).as(plain.body()).isEqualTo(200);
        JsonNode whole = Json.read(plain.body());
        assertThat(whole.at("/choices/0/message/content").asText()).isNotBlank();
        assertThat(plain.headers().firstValue("X-Kong-LLM-Model")).hasValue("llama2/smol");

        HttpResponse<String> streamed =
                gateway.post(path, ASK.formatted(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        assertThat(streamed.statusCode()).as(streamed.body()).isEqualTo(200);
        assertThat(streamed.body()).endsWith("data: [DONE]\n\n");
        JsonNode usage = streamed.body()
                .lines()
                .filter(line -> line.startsWith("data: {") && line.contains("\"usage\":{"))
                .map(line -> Json.read(line.substring(6)).path("usage"))
                .reduce((first, last) -> last)
                .orElseThrow();

        Workplace.awaitTrue(
                Workplace.SOON,
                () -> tokens("prompt_tokens") - prompt
                                == whole.at("/usage/prompt_tokens").asLong()
                                        + usage.path("prompt_tokens").asLong()
                        && tokens("completion_tokens") - completion
                                == whole.at("/usage/completion_tokens").asLong()
                                        + usage.path("completion_tokens").asLong(),
                () -> "tokens in the metrics: " + (tokens("prompt_tokens") - prompt) + " + "
                        + (tokens("completion_tokens") - completion) + " (expected: " + whole.path("usage") + " and "
                        + usage + ")");
        assertThat(broken.requests() - asked).isEqualTo(path.equals("/failover") ? 1 : 0);
    }

    @Test
    void hidesTheUsageOfAStreamFromAClientThatDidNotAskForIt() {
        long completion = tokens("completion_tokens");
        HttpResponse<String> streamed = gateway.post("/llm", ASK.formatted(",\"stream\":true"));
        assertThat(streamed.body()).doesNotContain("\"usage\":{").endsWith("data: [DONE]\n\n");
        Workplace.awaitTrue(
                Workplace.SOON, () -> tokens("completion_tokens") > completion, () -> "no completion tokens counted");
    }
}
