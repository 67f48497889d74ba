package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionUsage;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The OpenAI SDKs for Python, Node and Java, unmodified but for their base URL. */
final class RealClientsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "RealClientsIT";
    private static final String OPENAI_KEY = "sk-canary-openai-1138";
    private static final String QUESTION = "Why is the sky blue?";
    private static final String ANSWER = "Simulated answer to: " + QUESTION;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    private long seenBefore;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(
                SimulatorOptions.builder().keyFor("api.openai.com", OPENAI_KEY).build()));
        gateway = RUNNING.add(PackagedGateway.named("real-clients")
                .observed()
                .env("DECK_OPENAI_KEY", OPENAI_KEY)
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        services:
                          - name: llm
                            url: https://api.openai.com
                            routes:
                              - name: chat
                                paths: [/v1/chat]
                                plugins:
                                  - name: ai-proxy-advanced
                                    config:
                                      targets:
                                        - route_type: llm/v1/chat
                                          model: {provider: openai, name: gpt-4o}
                                          auth: {header_name: Authorization, header_value: 'Bearer ${{ env "DECK_OPENAI_KEY" }}'}
                                          logging: {log_statistics: true}
                              - name: responses
                                paths: [/v1/responses]
                                plugins:
                                  - name: ai-proxy-advanced
                                    config:
                                      targets:
                                        - route_type: llm/v1/responses
                                          model: {provider: openai, name: gpt-4o}
                                          auth: {header_name: Authorization, header_value: 'Bearer ${{ env "DECK_OPENAI_KEY" }}'}
                                          logging: {log_statistics: true}
                        """)
                .start());
    }

    @BeforeEach
    void lookAtTheLedger() {
        seenBefore = simulator.ledger().seen();
    }

    @AfterEach
    void theProviderSawTheConfiguredKeyOnly() {
        assertThat(simulator.ledger().records())
                .allSatisfy(call -> assertThat(call.authorization()).isEqualTo("Bearer " + OPENAI_KEY));
    }

    @Test
    void pythonGetsAChatAnswer() throws Exception {
        JsonNode got = python("chat");

        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("model").asText()).isEqualTo("gpt-4o-2024-08-06");
        assertThat(got.path("llm_model").asText()).isEqualTo("openai/gpt-4o");
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    @Test
    void pythonReadsAStream() throws Exception {
        JsonNode got = python("stream");

        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("several").asBoolean()).isTrue();
        assertThat(call(1, 0).stream()).isTrue();
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    @Test
    void pythonCallsATool() throws Exception {
        JsonNode got = python("tools");

        assertThat(got.path("name").asText()).isEqualTo("weather");
        assertThat(got.path("arguments").toString()).isEqualTo("[\"city\"]");
        assertThat(got.path("after").asText()).isEqualTo("stop");
        assertThat(got.path("streamed_name").asText()).isEqualTo("weather");
        assertThat(got.path("streamed_arguments").asBoolean()).isTrue();
        assertThat(got.path("streamed_finish").asText())
                .isEqualTo(got.path("finish").asText())
                .isEqualTo("tool_calls");
        JsonNode second = Json.read(call(3, 1).bodyText());
        assertThat(second.at("/messages/2/role").asText()).isEqualTo("tool");
        assertThat(second.at("/messages/2/tool_call_id").asText())
                .isNotEmpty()
                .isEqualTo(second.at("/messages/1/tool_calls/0/id").asText());
    }

    @Test
    void pythonUsesTheResponsesApi() throws Exception {
        JsonNode got = python("responses");

        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("status").asText()).isEqualTo("completed");
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(3, 0)));
        assertThat(got.path("again").asText()).isEqualTo(ANSWER);
        assertThat(call(3, 1).method()).isEqualTo("GET");
        assertThat(got.path("streamed").asText()).isEqualTo(ANSWER);
        assertThat(got.path("completed").asText()).isEqualTo(ANSWER);
        assertThat(got.path("streamed_usage").asLong()).isEqualTo(call(3, 2).totalTokens());
    }

    @Test
    void nodeGetsAChatAnswer() throws Exception {
        JsonNode got = node("chat");

        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("model").asText()).isEqualTo("gpt-4o-2024-08-06");
        assertThat(got.path("llm_model").asText()).isEqualTo("openai/gpt-4o");
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    @Test
    void nodeReadsAStream() throws Exception {
        JsonNode got = node("stream");

        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("several").asBoolean()).isTrue();
        assertThat(call(1, 0).stream()).isTrue();
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    @Test
    void javaGetsAChatAnswer() {
        OpenAIClient client = javaClient();
        try {
            ChatCompletion answer =
                    client.chat().completions().create(question().build());

            assertThat(answer.choices().get(0).message().content()).hasValue(ANSWER);
            assertThat(answer.model()).isEqualTo("gpt-4o-2024-08-06");
            assertThat(answer.usage().map(RealClientsIT::numbers)).hasValue(usage(call(1, 0)));
        } finally {
            client.close();
        }
    }

    @Test
    void javaReadsAStream() {
        OpenAIClient client = javaClient();
        try (StreamResponse<ChatCompletionChunk> answer = client.chat()
                .completions()
                .createStreaming(question()
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            List<ChatCompletionChunk> chunks = answer.stream().toList();

            StringBuilder content = new StringBuilder();
            chunks.forEach(chunk ->
                    chunk.choices().forEach(choice -> choice.delta().content().ifPresent(content::append)));
            assertThat(content).hasToString(ANSWER);
            assertThat(chunks).hasSizeGreaterThan(3);
            assertThat(call(1, 0).stream()).isTrue();
            assertThat(chunks.get(chunks.size() - 1).usage().map(RealClientsIT::numbers))
                    .hasValue(usage(call(1, 0)));
        } finally {
            client.close();
        }
    }

    private static ChatCompletionCreateParams.Builder question() {
        return ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage(QUESTION);
    }

    private static OpenAIClient javaClient() {
        return OpenAIOkHttpClient.builder()
                .baseUrl(gateway.proxy("/v1").toString())
                .apiKey("the client's own")
                .maxRetries(0)
                .timeout(LIMIT)
                .build();
    }

    private static List<Long> numbers(CompletionUsage usage) {
        return List.of(usage.promptTokens(), usage.completionTokens(), usage.totalTokens());
    }

    private static JsonNode python(String what) throws Exception {
        return script(Peers.python("openai", SUITE), "openai-client.py", what);
    }

    private static JsonNode node(String what) throws Exception {
        return script(Peers.node("openai", SUITE), "openai-client.js", what);
    }

    private static JsonNode script(Path program, String name, String what) throws Exception {
        Path script;
        try (InputStream text = requireNonNull(RealClientsIT.class.getResourceAsStream("/clients/" + name), name)) {
            script = Workplace.write(
                    gateway.folder().resolve(name), new String(text.readAllBytes(), StandardCharsets.UTF_8));
        }
        Map<String, String> environment = Workplace.cleanEnvironment();
        // the SDKs would obey these, and the gateway is on this machine
        environment
                .keySet()
                .removeIf(variable ->
                        variable.toLowerCase(Locale.ROOT).endsWith("_proxy") || variable.startsWith("OPENAI_"));
        Workplace.Ran ran = Workplace.run(
                gateway.folder(),
                environment,
                LIMIT,
                program.toString(),
                script.toString(),
                what,
                gateway.proxy("/v1").toString());
        assertThat(ran.exit()).as(ran.err()).isZero();
        return Json.read(ran.out());
    }

    /** One of the calls that the provider has seen since the test began, of which there must be {@code expected}. */
    private LedgerRecord call(int expected, int index) {
        List<LedgerRecord> calls = simulator.ledger().records(call -> call.sequence() > seenBefore);
        assertThat(calls).hasSize(expected);
        return calls.get(index);
    }

    private static List<Long> usage(LedgerRecord call) {
        assertThat(call.totalTokens()).isPositive();
        return List.of(call.promptTokens(), call.completionTokens(), call.totalTokens());
    }

    private static List<Long> longs(JsonNode array) {
        return List.of(
                array.path(0).asLong(), array.path(1).asLong(), array.path(2).asLong());
    }
}
