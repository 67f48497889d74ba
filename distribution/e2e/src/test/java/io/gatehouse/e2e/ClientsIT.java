package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OpenAI's own SDKs through the gateway: only the base URL tells them that it is there. */
final class ClientsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "ClientsIT";
    private static final String KEY = "sk-provider-key";
    private static final String ANSWER = "Simulated answer to: one two three";

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(
                SimulatorOptions.builder().keyFor("api.openai.com", KEY).build()));
        gateway = RUNNING.add(PackagedGateway.named("clients")
                .observed()
                .env("DECK_OPENAI", KEY)
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        services:
                          - name: chat
                            url: https://api.openai.com
                            routes:
                              - name: chat
                                paths: [/openai/v1/chat/completions]
                            plugins:
                              - name: ai-proxy
                                config:
                                  route_type: llm/v1/chat
                                  model: {provider: openai, name: gpt-4o}
                                  auth: {header_name: Authorization, header_value: 'Bearer ${{ env "DECK_OPENAI" }}'}
                                  logging: {log_statistics: true}
                          - name: responses
                            url: https://api.openai.com
                            routes:
                              - name: responses
                                paths: [/openai/v1/responses]
                            plugins:
                              - name: ai-proxy-advanced
                                config:
                                  targets:
                                    - route_type: llm/v1/responses
                                      model: {provider: openai, name: gpt-4o}
                                      auth: {header_name: Authorization, header_value: 'Bearer ${{ env "DECK_OPENAI" }}'}
                                      logging: {log_statistics: true}
                        """)
                .start());
    }

    @AfterEach
    void theProviderSawItsOwnKeyOnly() {
        assertThat(simulator.ledger().records()).allSatisfy(call -> {
            assertThat(call.authorization()).isEqualTo("Bearer " + KEY);
            assertThat(call.headers().toString()).doesNotContain("client-key");
        });
    }

    @Test
    void pythonDoesChatStreamsToolsAndResponses() throws Exception {
        Path python = Peers.python("openai", SUITE);

        JsonNode result = run(python, "openai_client.py");

        assertThat(result.path("chat").asText()).isEqualTo(ANSWER);
        assertThat(result.path("chat_tokens").asInt()).isEqualTo(9);
        assertThat(result.path("stream").asText()).isEqualTo(ANSWER);
        assertThat(result.path("stream_tokens").asInt()).isEqualTo(9);
        assertThat(result.path("chunks").asInt()).isGreaterThanOrEqualTo(8);
        assertThat(result.path("tool").asText()).isEqualTo("weather");
        assertThat(result.path("arguments").path(0).asText()).isEqualTo("city");
        assertThat(result.path("after_tool").asText()).isEqualTo("stop");
        assertThat(result.path("response").asText()).isEqualTo(ANSWER);
        assertThat(result.path("response_tokens").asInt()).isEqualTo(9);
        assertThat(result.path("retrieved").asBoolean()).isTrue();
        assertThat(result.path("response_stream").asText()).isEqualTo(ANSWER);
        assertThat(result.path("last_event").asText()).isEqualTo("response.completed");
    }

    @Test
    void nodeDoesAChatAndAStream() throws Exception {
        Path node = Peers.node("openai", SUITE);

        JsonNode result = run(node, "openai_client.cjs");

        assertThat(result.path("chat").asText()).isEqualTo(ANSWER);
        assertThat(result.path("chat_tokens").asInt()).isEqualTo(9);
        assertThat(result.path("stream").asText()).isEqualTo(ANSWER);
    }

    @Test
    void javaDoesAChatAndAStream() {
        OpenAIClient client = OpenAIOkHttpClient.builder()
                .baseUrl(gateway.proxy("/openai/v1").toString())
                .apiKey("client-key")
                .maxRetries(0)
                .build();
        ChatCompletionCreateParams question = ChatCompletionCreateParams.builder()
                .model("gpt-4o")
                .addUserMessage("one two three")
                .build();
        try {
            ChatCompletion chat = client.chat().completions().create(question);
            StringBuilder streamed = new StringBuilder();
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(question)) {
                stream.stream()
                        .flatMap(chunk -> chunk.choices().stream())
                        .forEach(choice -> choice.delta().content().ifPresent(streamed::append));
            }

            assertThat(chat.choices().get(0).message().content()).contains(ANSWER);
            assertThat(chat.usage().orElseThrow().totalTokens()).isEqualTo(9);
            assertThat(streamed.toString()).isEqualTo(ANSWER);
        } finally {
            client.close();
        }
    }

    private static JsonNode run(Path program, String script) throws IOException, InterruptedException {
        Path file;
        try (InputStream text =
                Objects.requireNonNull(ClientsIT.class.getResourceAsStream("/clients/" + script), script)) {
            file = Workplace.write(
                    gateway.folder().resolve(script), new String(text.readAllBytes(), StandardCharsets.UTF_8));
        }
        Map<String, String> environment = Workplace.cleanEnvironment();
        Workplace.Ran ran = Workplace.run(
                gateway.folder(),
                environment,
                Duration.ofSeconds(90),
                program.toString(),
                file.toString(),
                gateway.proxy("/openai/v1").toString());
        assertThat(ran.exit()).as(ran.err() + ran.out()).isZero();
        return Json.read(ran.out());
    }
}
