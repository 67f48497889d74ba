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
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The OpenAI SDKs for Python, Node and Java, unmodified but for their base URL. */
final class RealClientsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "RealClientsIT";
    private static final String OPENAI_KEY = "sk-canary-openai-1138";
    private static final String QUESTION = "Why is the sky blue?";
    private static final String ANSWER = "Simulated answer to: " + QUESTION;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** What a target does that another one must step in for. */
    enum Trouble {
        RESETS,
        RESETS_AFTER_THE_HEAD,
        FAILS;

        ServerScript script() {
            ServerScript.Builder asked = ServerScript.builder().readRequest();
            return switch (this) {
                case RESETS -> asked.reset().build();
                case RESETS_AFTER_THE_HEAD -> asked.eventStreamHead().reset().build();
                case FAILS ->
                    asked.respond(500, "{\"error\":{\"message\":\"broken\"}}").build();
            };
        }
    }

    private static LlmSimulator simulator;
    private static FaultServer broken;
    private static PackagedGateway gateway;

    private long seenBefore;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(
                SimulatorOptions.builder().keyFor("api.openai.com", OPENAI_KEY).build()));
        broken = RUNNING.add(FaultServer.start(ServerScript.resetting()));
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
                              - name: failover
                                paths: [/failover/v1/chat]
                                plugins:
                                  - name: ai-proxy-advanced
                                    config:
                                      balancer: {failover_criteria: [error, timeout, http_500, non_idempotent], max_fails: 0}
                                      targets:
                                        - route_type: llm/v1/chat
                                          model: {provider: openai, name: fault-broken, model_alias: gpt-4o, options: {upstream_url: "%s/v1/chat/completions"}}
                                          auth: {header_name: Authorization, header_value: Bearer key-of-the-broken-one}
                                          logging: {log_statistics: true}
                                        - route_type: llm/v1/chat
                                          model: {provider: openai, name: gpt-4o, model_alias: gpt-4o}
                                          auth: {header_name: Authorization, header_value: 'Bearer ${{ env "DECK_OPENAI_KEY" }}'}
                                          logging: {log_statistics: true}
                        """.formatted(broken.baseUrl()))
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

    private void isChatAnswer(JsonNode got) {
        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("model").asText()).isEqualTo("gpt-4o-2024-08-06");
        assertThat(got.path("llm_model").asText()).isEqualTo("openai/gpt-4o");
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    private void isStream(JsonNode got) {
        assertThat(got.path("content").asText()).isEqualTo(ANSWER);
        assertThat(got.path("finish").asText()).isEqualTo("stop");
        assertThat(got.path("several").asBoolean()).isTrue();
        assertThat(call(1, 0).stream()).isTrue();
        assertThat(longs(got.path("usage"))).isEqualTo(usage(call(1, 0)));
    }

    @Test
    void pythonGetsAChatAnswer() throws Exception {
        isChatAnswer(python("/v1", "chat"));
    }

    @Test
    void pythonReadsAStream() throws Exception {
        isStream(python("/v1", "stream"));
    }

    @Test
    void pythonCallsATool() throws Exception {
        JsonNode got = python("/v1", "tools");

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
        JsonNode got = python("/v1", "responses");

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
        isChatAnswer(node("/v1", "chat"));
    }

    @Test
    void nodeReadsAStream() throws Exception {
        isStream(node("/v1", "stream"));
    }

    @Test
    void javaGetsAChatAnswer() {
        javaChats("/v1");
    }

    private void javaChats(String base) {
        OpenAIClient client = javaClient(base);
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
        javaStreams("/v1");
    }

    private void javaStreams(String base) {
        OpenAIClient client = javaClient(base);
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

    /** Each asks once, of a target that is in trouble; what it gets is the other one's whole answer, and its figures. */
    @ParameterizedTest
    @CsvSource({
        "python,chat,FAILS",
        "python,stream,RESETS_AFTER_THE_HEAD",
        "node,chat,RESETS",
        "node,stream,FAILS",
        "java,chat,RESETS_AFTER_THE_HEAD",
        "java,stream,RESETS"
    })
    void nobodySeesThatAnotherTargetSteppedIn(String sdk, String what, Trouble trouble) throws Exception {
        broken.script(trouble.script());
        beginWithTheBrokenOne();
        lookAtTheLedger();
        int asked = broken.requests();
        long logged = gateway.accessLog().size();

        switch (sdk) {
            case "python" -> check(what, python("/failover/v1", what));
            case "node" -> check(what, node("/failover/v1", what));
            default -> {
                if (what.equals("chat")) {
                    javaChats("/failover/v1");
                } else {
                    javaStreams("/failover/v1");
                }
            }
        }

        assertThat(broken.requests()).isEqualTo(asked + 1);
        assertThat(broken.connections())
                .noneMatch(connection -> connection.receivedText().contains(OPENAI_KEY));
        JsonNode entry = gateway.entriesSince(logged, "failover", 1).get(0);
        assertThat(entry.path("tries")).hasSize(2);
        assertThat(entry.at("/ai/proxy/usage/prompt_tokens").asLong())
                .isEqualTo(call(1, 0).promptTokens());
        assertThat(entry.at("/ai/proxy/usage/completion_tokens").asLong())
                .isEqualTo(call(1, 0).completionTokens());
    }

    private void check(String what, JsonNode got) {
        if (what.equals("chat")) {
            isChatAnswer(got);
        } else {
            isStream(got);
        }
    }

    /** The targets take turns: after a request that began with the good one it is the other one's. */
    private static void beginWithTheBrokenOne() {
        int before;
        do {
            before = broken.requests();
            HttpResponse<String> answer = gateway.post("/failover/v1/chat/completions", Fault.CHAT.formatted("gpt-4o"));
            assertThat(answer.statusCode()).isEqualTo(200);
            String id = answer.headers().firstValue("X-Kong-Request-Id").orElseThrow();
            assertThat(gateway.entry(id).has("route")).isTrue();
        } while (broken.requests() > before);
    }

    private static ChatCompletionCreateParams.Builder question() {
        return ChatCompletionCreateParams.builder().model("gpt-4o").addUserMessage(QUESTION);
    }

    private static OpenAIClient javaClient(String base) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(gateway.proxy(base).toString())
                .apiKey("the client's own")
                .maxRetries(0)
                .timeout(LIMIT)
                .build();
    }

    private static List<Long> numbers(CompletionUsage usage) {
        return List.of(usage.promptTokens(), usage.completionTokens(), usage.totalTokens());
    }

    private static JsonNode python(String base, String what) throws Exception {
        return script(Peers.python("openai", SUITE), "openai-client.py", base, what);
    }

    private static JsonNode node(String base, String what) throws Exception {
        return script(Peers.node("openai", SUITE), "openai-client.js", base, what);
    }

    private static JsonNode script(Path program, String name, String base, String what) throws Exception {
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
                gateway.proxy(base).toString());
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
