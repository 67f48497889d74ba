package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Completion;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.testkit.GatewayExtension;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every operation over sockets, plain and streamed: what the client sees, and that the books agree with the provider's. */
@NullUnmarked
class AiProxyOperationsIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - name: llm
              url: https://unused.example
              routes:
              - {name: chat, paths: [/chat], plugins: [{name: ai-proxy, config: {route_type: llm/v1/chat, OPENAI}}]}
              - {name: completions, paths: [/completions], plugins: [{name: ai-proxy, config: {route_type: llm/v1/completions, OPENAI}}]}
              - {name: embeddings, paths: [/embeddings], plugins: [{name: ai-proxy, config: {route_type: llm/v1/embeddings, OPENAI}}]}
              - {name: responses, paths: [/responses], plugins: [{name: ai-proxy, config: {route_type: llm/v1/responses, OPENAI}}]}
              - {name: mistral, paths: [/mistral], plugins: [{name: ai-proxy, config: {route_type: llm/v1/chat, MISTRAL}}]}
            plugins:
            - name: recorder
            """.replace("OPENAI", target("openai", "gpt-4.1", ""))
            .replace("MISTRAL", target("mistral", "mistral-tiny", ", mistral_format: openai")));

    private static String target(String provider, String model, String option) {
        return "model: {provider: " + provider + ", name: " + model + ", options: {input_cost: 10, output_cost: 20"
                + option + "}}, logging: {log_statistics: true, log_payloads: true}";
    }

    @BeforeEach
    void forget() {
        RecorderFactory.SEEN.clear();
        gateway.simulator().ledger().clear();
        gateway.simulator().clearBehaviours();
    }

    private static void behave(Behaviour.Builder behaviour) {
        gateway.simulator().behaviour(behaviour.build());
    }

    private static AiCall call() {
        gateway.awaitIdle();
        assertThat(RecorderFactory.SEEN).hasSize(1);
        Completion completion = RecorderFactory.SEEN.get(0);
        assertThat(completion.aiCalls()).hasSize(1);
        return completion.aiCalls().get(0);
    }

    private static LedgerRecord ledger() throws Exception {
        List<LedgerRecord> records = gateway.simulator()
                .ledger()
                .awaitEnded(1, SOON)
                .toCompletionStage()
                .toCompletableFuture()
                .get();
        assertThat(records).hasSize(1);
        return records.get(0);
    }

    private static String body(String operation, boolean stream, boolean usage) {
        String more =
                (stream ? ",\"stream\":true" : "") + (usage ? ",\"stream_options\":{\"include_usage\":true}}" : "}");
        return switch (operation) {
            case "completions" -> "{\"prompt\":\"one two three\"" + more;
            case "embeddings", "responses" -> "{\"input\":\"one two three\"" + more;
            default -> "{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]" + more;
        };
    }

    @ParameterizedTest
    @CsvSource({
        "chat, false",
        "chat, true",
        "completions, false",
        "completions, true",
        "embeddings, false",
        "responses, false",
        "responses, true",
        "mistral, false",
        "mistral, true"
    })
    void countsWhatTheProviderCounted(String operation, boolean stream) throws Exception {
        if (operation.equals("mistral")) {
            behave(Behaviour.builder().usage(Behaviour.Usage.LAST_CHUNK)); // asked for or not
        }
        HttpResponse<String> answer = gateway.post('/' + operation, body(operation, stream, false));
        assertThat(answer.statusCode()).isEqualTo(200);
        AiCall call = call();
        LedgerRecord record = ledger();
        assertThat(record.promptTokens()).isPositive();
        assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
        assertThat(call.usage().prompt()).isEqualTo(record.promptTokens());
        assertThat(call.usage().completion()).isEqualTo(record.completionTokens());
        assertThat(call.usage().total()).isEqualTo(record.totalTokens());
        assertThat(call.mode()).isEqualTo(stream ? "stream" : "oneshot");
        assertThat(call.cost())
                .isEqualTo((record.promptTokens() * 10.0 + record.completionTokens() * 20.0) / 1_000_000);
        assertThat(call.timeToFirstTokenMillis()).isBetween(0L, call.latencyMillis());
        assertThat(call.timePerTokenMillis())
                .isEqualTo(
                        record.completionTokens() == 0 ? 0 : (double) call.latencyMillis() / record.completionTokens());
        JsonBytes logged = JsonBytes.scan(Buffer.buffer(call.responsePayload()));
        if (!stream) {
            assertThat(call.responsePayload()).isEqualTo(answer.body());
        } else if (!operation.equals("responses")) {
            assertThat(logged.text("/object"))
                    .isEqualTo(operation.equals("completions") ? "text_completion" : "chat.completion");
            assertThat(logged.longValue("/usage/total_tokens")).hasValue(record.totalTokens());
            assertThat(logged.text("/choices/0/finish_reason")).isEqualTo("stop");
            assertThat(logged.text("/response")).isNotBlank();
            assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        } else {
            assertThat(logged.text("/status")).isEqualTo("completed");
        }
    }

    /** The option is asked for in any case, and what comes of it is shown to those only who asked for it. */
    @ParameterizedTest
    @CsvSource({"chat, true", "chat, false", "completions, true", "completions, false"})
    void showsTheUsageOfAStreamToThoseWhoAskedForIt(String operation, boolean asked) throws Exception {
        HttpResponse<String> answer = gateway.post('/' + operation, body(operation, true, asked));
        assertThat(ledger().bodyText()).contains("\"stream_options\":{\"include_usage\":true}");
        long usages = answer.body()
                .lines()
                .filter(line -> line.contains("\"prompt_tokens\""))
                .count();
        long withoutChoice = answer.body()
                .lines()
                .filter(line -> line.contains("\"choices\":[]"))
                .count();
        assertThat(usages).isEqualTo(asked ? 1 : 0);
        assertThat(withoutChoice).isEqualTo(asked ? 1 : 0);
        call();
    }

    /** Mistral refuses the option; its last chunk has the usage in any case. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void neverAsksMistral(boolean asked) throws Exception {
        behave(Behaviour.builder().usage(Behaviour.Usage.LAST_CHUNK));
        HttpResponse<String> answer = gateway.post("/mistral", body("mistral", true, asked));
        assertThat(ledger().bodyText()).doesNotContain("stream_options");
        assertThat(answer.body()).contains("\"prompt_tokens\"");
        assertThat(call().usage().total()).isEqualTo(ledger().totalTokens());
    }

    @ParameterizedTest
    @EnumSource(
            value = Behaviour.Usage.class,
            names = {"NULL", "GARBAGE"})
    void countsNothingForAReportThatMakesNoSense(Behaviour.Usage usage) throws Exception {
        behave(Behaviour.builder().usage(usage));
        for (boolean stream : new boolean[] {false, true}) {
            RecorderFactory.SEEN.clear();
            double missing = missing();
            gateway.post("/chat", body("chat", stream, false));
            assertThat(call().usage().total()).as("stream: %s", stream).isZero();
            assertThat(call().timePerTokenMillis()).isZero();
            assertThat(missing() - missing).isEqualTo(1);
        }
        assertThat(gateway.metrics()).doesNotContain("NaN");
    }

    private static double missing() throws Exception {
        return gateway.metric("gatehouse_llm_usage_missing_total", "ai_provider", "openai", "ai_model", "gpt-4.1");
    }

    @ParameterizedTest
    @CsvSource({"chat, false", "chat, true", "embeddings, false", "responses, true"})
    void readsCompressedAnswersThatNobodyAskedFor(String operation, boolean stream) throws Exception {
        behave(Behaviour.builder().gzip(Behaviour.Gzip.ON));
        HttpResponse<String> answer =
                gateway.post('/' + operation, body(operation, stream, false), "Accept-Encoding", "gzip");
        assertThat(answer.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(answer.body()).startsWith(stream ? operation.equals("chat") ? "data: {" : "event: " : "{");
        AiCall call = call();
        assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
        assertThat(call.usage().total()).isEqualTo(ledger().totalTokens());
    }

    @Test
    void isABadGatewayWhereACompressionIsALie() throws Exception {
        behave(Behaviour.builder().gzip(Behaviour.Gzip.GARBAGE));
        assertThat(gateway.post("/chat", body("chat", false, false)).statusCode())
                .isEqualTo(502);
        assertThat(gateway.post("/chat", body("chat", true, false)).statusCode())
                .isEqualTo(502);
        gateway.awaitIdle();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "chat | {\"prompt\":\"a\"} | [llm/v1/completions] message format is not compatible with [llm/v1/chat] route type",
                "completions | {\"messages\":[{\"role\":\"user\"}]} | [llm/v1/chat] message format is not compatible with"
                        + " [llm/v1/completions] route type",
                "chat | {\"messages\":[1],\"prompt\":\"a\"} | request matches multiple LLM request formats",
                "completions | {\"prompt\":[{}]} | request format not recognised",
                "completions | {} | request body doesn't contain valid prompts",
                "embeddings | [ | request body doesn't contain valid prompts",
                "embeddings | {\"model\":\"other\",\"input\":\"a\"} | cannot use own model - must be: gpt-4.1"
            })
    void refusesInKongsWords(String operation, String body, String message) throws Exception {
        HttpResponse<String> answer = gateway.post('/' + operation, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo("{\"error\":{\"message\":\"" + message + "\"}}");
        assertThat(call().provider()).isEqualTo("UNSPECIFIED");
    }

    /** What is read of a large answer does not depend on how long it is. */
    @Test
    void passesALargeAnswerWholeAndCountsIt() throws Exception {
        behave(Behaviour.builder().bodySize(300_000));
        HttpResponse<String> answer = gateway.post("/chat", body("chat", false, false));
        assertThat(answer.body().length()).isGreaterThan(250_000);
        AiCall call = call();
        assertThat(JsonBytes.scan(Buffer.buffer(answer.body())).longValue("/usage/total_tokens"))
                .hasValue(call.usage().total());
        assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
        assertThat(call.responsePayload()).isEqualTo(answer.body());
    }
}
