package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.testkit.BodyTransformContract;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken out of a stream, and what is not, at every split, end, error and cancellation. */
@NullUnmarked // a null where a value was expected fails the test anyway
class StreamObserverTest extends BodyTransformContract<SseEvent> {
    private static final String WORD =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"w\\u00e9\"}}],\"usage\":null}\n\n";
    private static final String STOP =
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n";
    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final String ASK = "{\"messages\":[{\"role\":\"user\",\"content\":\"a b\"}],\"stream\":true}";

    @Override
    protected Framing<SseEvent> framing() {
        return Framing.SSE;
    }

    @Override
    protected BodyTransform<SseEvent> transform() {
        StreamObserver observer = new StreamObserver(Ai.record(LlmOperation.CHAT), LlmOperation.CHAT, true);
        observer.commit();
        return observer;
    }

    @Override
    protected List<Buffer> samples() {
        return List.of(
                Buffer.buffer(WORD + STOP + USAGE + DONE),
                Buffer.buffer(
                        "\uFEFF: c\r\rdata: {\"choices\":[],\rdata: \"usage\":{\"prompt_tokens\":1}}\r\rdata: x"));
    }

    private static TestExchange answered(String... pieces) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(pieces).header("Content-Type", "text/event-stream"));
            return tester.post("/x", ASK).send();
        }
    }

    /** Azure begins with a chunk without choices; only what says something of the usage was asked for by the gateway. */
    @Test
    void passesWhatElseComesWithoutAChoice() {
        String filters = "data: {\"choices\":[],\"prompt_filter_results\":[{}],\"usage\":null}\n\n";
        assertThat(answered(filters, WORD, STOP, USAGE, DONE).text()).isEqualTo(filters + WORD + STOP + DONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null",
                "\"many\"",
                "{}",
                "{\"prompt_tokens\":-1,\"completion_tokens\":1}",
                "{\"prompt_tokens\":1e30,\"completion_tokens\":1}"
            })
    void countsNothingWhereTheReportMakesNoSense(String usage) {
        TestExchange exchange = answered(WORD, STOP, "data: {\"choices\":[],\"usage\":" + usage + "}\n\n", DONE);
        assertThat(exchange.text()).isEqualTo(WORD + STOP + DONE);
        AiCall call = Ai.call(exchange);
        assertThat(call.usage().provenance()).isEqualTo(Provenance.ESTIMATED);
        assertThat(call.usage().prompt()).isZero();
        assertThat(call.usage().completion()).isZero();
        assertThat(call.usage().total()).isZero();
        assertThat(call.timePerTokenMillis()).isZero();
    }

    /** Some providers count in every chunk, and the counts are totals. */
    @Test
    void takesTheLastOfManyReports() {
        String one =
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
        TestExchange exchange = answered(one, one.replace(":1}", ":2}"), STOP, DONE);
        assertThat(exchange.text()).contains("\"completion_tokens\":2");
        AiCall call = Ai.call(exchange);
        assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
        assertThat(call.usage().completion()).isEqualTo(2);
        assertThat(call.usage().total()).isEqualTo(11);
    }

    /** A stream that ends without its last blank line has reported its usage all the same. */
    @Test
    void readsALastEventWithoutItsBlankLine() {
        for (String last : new String[] {USAGE.strip(), USAGE.strip() + "\n"}) {
            TestExchange exchange = answered(WORD, STOP, last);
            assertThat(exchange.text()).isEqualTo(WORD + STOP);
            assertThat(Ai.call(exchange).usage().provenance()).isEqualTo(Provenance.REPORTED);
        }
    }

    @Test
    void countsTheDeltasOfEveryChoiceOfACutStream() {
        String both =
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"four\"}},{\"index\":1,\"delta\":{\"content\":\"more\"}}]}\n\n";
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(both)
                    .header("Content-Type", "text/event-stream")
                    .thenDies(FailureKind.RESET));
            AiCall call = Ai.call(tester.post("/x", ASK).send());
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().completion()).isEqualTo(2);
        }
    }
}
