package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked // a null where a value was expected fails the test anyway
class AiProxyStreamTest {
    private static final String SSE = "text/event-stream";
    private static final String ASK =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a b c d e f g h i j\"}],\"stream\":true}";
    private static final String ASK_USAGE = "{\"messages\":[{\"role\":\"user\",\"content\":\"a b\"}],\"stream\":true,"
            + "\"stream_options\":{\"include_usage\":true}}";
    private static final String ROLE =
            "data: {\"model\":\"gpt-4.1-x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
                    + "\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String HELLO = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Héllo\"}}]}\n\n";
    private static final String THERE = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" you \"}}]}\r\n\r\n";
    private static final String STOP =
            ": ping\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,"
            + "\"total_tokens\":12}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    @Test
    void passesEachEventBeforeTheNextOneIsSent() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", SSE);
            assertThat(exchange.isAnswered()).isFalse();
            upstream.call().write(ROLE);
            assertThat(exchange.isAnswered()).isTrue();
            assertThat(exchange.text()).isEqualTo(ROLE);
            upstream.call().write(HELLO);
            assertThat(exchange.text()).isEqualTo(ROLE + HELLO);
            upstream.call().write(THERE);
            assertThat(exchange.text()).isEqualTo(ROLE + HELLO + THERE);
            upstream.call().write(STOP + USAGE + DONE).end();
            assertThat(exchange.text()).isEqualTo(ROLE + HELLO + THERE + STOP + DONE);
            assertThat(exchange.header("X-Kong-LLM-Model")).isEqualTo("openai/gpt-4.1");
        }
    }

    @Test
    void isTheSameAtEverySplit() {
        String whole = ROLE + HELLO + THERE + STOP + USAGE + DONE;
        byte[] bytes = whole.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (boolean asked : new boolean[] {false, true}) {
            String expected = asked ? whole : ROLE + HELLO + THERE + STOP + DONE;
            try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
                for (int split = 0; split <= bytes.length; split++) {
                    tester.upstream(new Pieces(bytes, split));
                    TestExchange exchange =
                            tester.post("/x", asked ? ASK_USAGE : ASK).send();
                    assertThat(exchange.text()).as("split at " + split).isEqualTo(expected);
                    AiCall call = Ai.call(exchange);
                    assertThat(call.usage().prompt()).isEqualTo(9);
                    assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
                    assertThat(call.responseModel()).isEqualTo("gpt-4.1-x");
                    assertThat(call.mode()).isEqualTo("stream");
                }
            }
        }
    }

    @Test
    void readsACompressedStreamEventByEvent() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(ROLE, HELLO, THERE, STOP, USAGE, DONE)
                    .header("Content-Type", SSE)
                    .gzip());
            TestExchange exchange = tester.post("/x", ASK).send();
            assertThat(exchange.text()).isEqualTo(ROLE + HELLO + THERE + STOP + DONE);
            assertThat(exchange.header("Content-Encoding")).isNull();
            assertThat(Ai.call(exchange).usage().provenance()).isEqualTo(Provenance.REPORTED);
        }
    }

    @Test
    void reportsACallWhoseClientLeavesAfterTheLastEvent() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", SSE).write(ROLE + HELLO + STOP + USAGE + DONE);
            exchange.clientLeaves();
            assertThat(Ai.call(exchange).usage().provenance()).isEqualTo(Provenance.REPORTED);
        }
    }

    @Test
    void assemblesEverythingThatAStreamBrings() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(
                            "data: {\"choices\":[{\"index\":1,\"delta\":{\"refusal\":\"No\"}},{\"index\":0,\"delta\":{"
                                    + "\"reasoning_content\":\"think\",\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":"
                                    + "\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}},{\"index\":0,\"id\":\"a\","
                                    + "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"}}]}}]}\n\n",
                            "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
                                    + "\"arguments\":\":1}\"}}]},\"finish_reason\":\"tool_calls\"},{\"index\":1,\"delta\":{"
                                    + "\"refusal\":\" way\"},\"finish_reason\":\"stop\"}]}\n\n",
                            USAGE,
                            DONE)
                    .header("Content-Type", SSE));
            assertThat(Ai.call(tester.post("/x", ASK).send()).responsePayload())
                    .isEqualTo(
                            "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                                    + "\"content\":null,\"reasoning_content\":\"think\",\"tool_calls\":[{\"id\":\"a\",\"type\":"
                                    + "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"b\",\"type\":"
                                    + "\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]},\"finish_reason\":"
                                    + "\"tool_calls\",\"logprobs\":null},{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":"
                                    + "\"\",\"refusal\":\"No way\"},\"finish_reason\":\"stop\",\"logprobs\":null}],\"response\":\"\","
                                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}");
        }
    }

    @Test
    void assemblesACompletionStream() {
        try (PluginTester tester = Ai.openai("llm/v1/completions", "")) {
            tester.upstream(Upstream.streams(
                            "data: {\"choices\":[{\"index\":0,\"text\":\"Hel\"}]}\n\n",
                            "data: {\"choices\":[{\"index\":0,\"text\":\"lo\",\"finish_reason\":\"length\"}]}\n\n",
                            USAGE,
                            DONE)
                    .header("Content-Type", SSE));
            TestExchange exchange =
                    tester.post("/x", "{\"prompt\":\"a\",\"stream\":true}").send();
            assertThat(exchange.upstreamRequest().body()).contains("\"stream_options\":{\"include_usage\":true}");
            assertThat(exchange.text()).doesNotContain("usage").endsWith(DONE);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().completion()).isEqualTo(3);
            assertThat(call.responsePayload())
                    .isEqualTo("{\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"Hello\","
                            + "\"finish_reason\":\"length\",\"logprobs\":null}],\"response\":\"Hello\",\"usage\":{"
                            + "\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}");
        }
    }

    @Test
    void assemblesWhatCameOfAResponsesStream() {
        try (PluginTester tester = Ai.openai("llm/v1/responses", "")) {
            tester.upstream(Upstream.streams(
                            "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"usage\":null}}\n\n",
                            "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"reasoning\"}}\n\n",
                            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"He\"}\n\n",
                            "data: {\"type\":\"response.output_text.delta\",\"delta\":\"llo\"}\n\n")
                    .header("Content-Type", SSE)
                    .thenDies(FailureKind.RESET));
            AiCall call = Ai.call(tester.post("/v1/responses", "{\"input\":\"a\",\"stream\":true}")
                    .send());
            assertThat(call.responsePayload())
                    .isEqualTo(
                            "{\"object\":\"response\",\"status\":\"in_progress\",\"output\":[{\"type\":\"reasoning\"},{"
                                    + "\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[{"
                                    + "\"type\":\"output_text\",\"text\":\"Hello\"}]}]}");
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().completion()).isEqualTo(2);
        }
    }

    @Test
    void cutsALongAssembledStreamAndMarksIt() {
        String delta =
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + "x".repeat(100_000) + "\"}}]}\n\n";
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(delta, delta, delta, delta, delta, STOP, DONE)
                    .header("Content-Type", SSE));
            AiCall call = Ai.call(tester.post("/x", ASK).send());
            assertThat(call.payloadTruncated()).isTrue();
            // measured, not looked for: to search for so long a run of one letter in another one takes a minute
            assertThat(call.responsePayload().split("[^x]+"))
                    .filteredOn(run -> run.length() > 1)
                    .isNotEmpty()
                    .allMatch(run -> run.length() == 300_000);
        }
    }

    @Test
    void measuresFromTheParsedRequestToTheFirstTokenAndTheEnd() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            tester.clock().advance(Duration.ofMillis(10));
            upstream.call().respond(200, "Content-Type", SSE).write(ROLE);
            tester.clock().advance(Duration.ofMillis(20));
            upstream.call().write(HELLO);
            tester.clock().advance(Duration.ofMillis(60));
            upstream.call().write(STOP + USAGE + DONE).end();
            AiCall call = Ai.call(exchange);
            assertThat(call.timeToFirstTokenMillis()).isEqualTo(30);
            assertThat(call.latencyMillis()).isEqualTo(90);
            assertThat(call.timePerTokenMillis()).isEqualTo(30.0);
        }
    }

    @Test
    void estimatesWhatTheProviderDoesNotReport() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(ROLE, HELLO, THERE, STOP, DONE).header("Content-Type", SSE));
            AiCall call = Ai.call(tester.post("/x", ASK).send());
            assertThat(call.usage().prompt()).isEqualTo(18);
            assertThat(call.usage().completion()).isEqualTo(3); // "Héllo you": ten bytes
            assertThat(call.usage().provenance()).isEqualTo(Provenance.ESTIMATED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "data: {\"choi", ": half a comment"})
    void endsABrokenStreamWithAnErrorAndTheOriginalFailure(String tail) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(ROLE, HELLO, tail)
                    .header("Content-Type", SSE)
                    .thenDies(FailureKind.RESET));
            TestExchange exchange = tester.post("/x", ASK).send();
            assertThat(exchange.text())
                    .isEqualTo(ROLE + HELLO
                            + "data: {\"error\":{\"message\":\"The upstream server broke off before the end of its"
                            + " answer\",\"type\":\"upstream_error\",\"param\":null,\"code\":\"upstream_error\"}}\n\n");
            assertThat(exchange.bodyEnd().complete()).isFalse();
            assertThat(exchange.bodyEnd().failure().kind()).isEqualTo(FailureKind.RESET);
            assertThat(exchange.outcome().kind()).isEqualTo(Outcome.Kind.UPSTREAM_FAILED);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().prompt()).isEqualTo(10);
            assertThat(call.usage().completion()).isEqualTo(1); // one delta came
        }
    }

    @Test
    void saysThatATimeoutIsOne() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(
                    Upstream.streams(ROLE, HELLO).header("Content-Type", SSE).thenDies(FailureKind.TIMEOUT));
            assertThat(tester.post("/x", ASK).send().text()).contains("\"code\":\"upstream_timeout\"");
        }
    }

    @Test
    void endsABrokenResponsesStreamInItsDialect() {
        String created = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,"
                + "\"response\":{\"model\":\"gpt-4o-x\",\"usage\":null}}\n\n";
        String delta = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
                + "\"sequence_number\":4,\"delta\":\"Hello\"}\n\n";
        try (PluginTester tester = Ai.openai("llm/v1/responses", "")) {
            tester.upstream(
                    Upstream.streams(created, delta).header("Content-Type", SSE).thenDies(FailureKind.RESET));
            TestExchange exchange = tester.post("/v1/responses", "{\"input\":\"a b\",\"stream\":true}")
                    .send();
            assertThat(exchange.text())
                    .isEqualTo(created + delta
                            + "event: error\ndata: {\"type\":\"error\",\"code\":\"upstream_error\",\"message\":\"The"
                            + " upstream server broke off before the end of its answer\",\"param\":null,"
                            + "\"sequence_number\":5}\n\n");
            AiCall call = Ai.call(exchange);
            assertThat(call.responseModel()).isEqualTo("gpt-4o-x");
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().inputOutput()).isTrue();
        }
    }

    @Test
    void readsTheUsageOfAResponsesStream() {
        String completed = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{"
                + "\"model\":\"gpt-4o-x\",\"tools\":[{\"type\":\"mcp\",\"headers\":{\"Authorization\":\"Bearer pat\"},"
                + "\"authorization\":\"pat\"}],\"usage\":{\"input_tokens\":5,\"input_tokens_details\":{"
                + "\"cached_tokens\":2},\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":3},"
                + "\"total_tokens\":12}}}\n\n";
        try (PluginTester tester = Ai.openai("llm/v1/responses", "")) {
            tester.upstream(Upstream.streams(completed).header("Content-Type", SSE));
            TestExchange exchange = tester.post("/v1/responses", "{\"input\":\"a\",\"stream\":true}")
                    .send();
            assertThat(exchange.text()).isEqualTo(completed);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().prompt()).isEqualTo(5);
            assertThat(call.usage().completion()).isEqualTo(7);
            assertThat(call.usage().inputOutput()).isTrue();
            assertThat(call.usage().promptDetails()).containsEntry("cached_tokens", 2L);
            assertThat(call.usage().completionDetails()).containsEntry("reasoning_tokens", 3L);
            assertThat(call.responsePayload()).contains("REDACTED").doesNotContain("pat");
        }
    }

    @Test
    void recordsTheTokensSoFarWhenTheClientLeaves() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", SSE).write(ROLE + HELLO);
            exchange.clientLeaves();
            assertThat(upstream.call().isCancelled()).isTrue();
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().completion()).isEqualTo(1); // one delta came
            assertThat(call.mode()).isEqualTo("stream");
        }
    }

    @Test
    void recordsACallWhoseClientLeavesBeforeTheHead() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.silent());
            TestExchange exchange = tester.post("/x", ASK).send();
            exchange.clientLeaves();
            AiCall call = Ai.call(exchange);
            assertThat(call.provider()).isEqualTo("openai");
            assertThat(call.requestModel()).isEqualTo("gpt-4.1");
            assertThat(call.usage()).isNull();
            assertThat(call.latencyMillis()).isEqualTo(-1);
        }
    }

    @Test
    void assemblesTheLoggedStream() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(
                    Upstream.streams(ROLE, HELLO, THERE, STOP, USAGE, DONE).header("Content-Type", SSE));
            AiCall call = Ai.call(tester.post("/x", ASK).send());
            assertThat(call.requestPayload()).contains("\"stream\":true").contains("include_usage");
            assertThat(call.responsePayload())
                    .isEqualTo("{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                            + "\"assistant\",\"content\":\"Héllo you \"},\"finish_reason\":\"stop\",\"logprobs\":null}],"
                            + "\"response\":\"Héllo you \",\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,"
                            + "\"total_tokens\":12}}");
            assertThat(call.payloadTruncated()).isFalse();
        }
    }

    @Test
    void passesWhatItCannotRead() {
        String odd = "data: not json\n\nevent: x\nid: 1\nretry: 5\n\ndata: [1,\ndata: 2]\n\ndata: {\"error\":{}}\n\n";
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(odd + "data: unfinished").header("Content-Type", SSE));
            TestExchange exchange = tester.post("/x", ASK).send();
            assertThat(exchange.text()).isEqualTo(odd + "data: unfinished");
        }
    }

    @Test
    void isABadGatewayWhenNothingCameAtAll() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams().header("Content-Type", SSE).thenDies(FailureKind.RESET));
            TestExchange exchange = tester.post("/x", ASK).send();
            assertThat(exchange.status()).isEqualTo(502);
            assertThat(exchange.message()).isEqualTo("An invalid response was received from the upstream server");
        }
    }

    /** A stream that comes in two pieces. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Pieces(byte[] bytes, int split) implements io.gatehouse.api.Next {
        @Override
        public io.vertx.core.Future<io.gatehouse.api.Response> proceed(io.gatehouse.api.Request request) {
            List<io.vertx.core.buffer.Buffer> pieces = new ArrayList<>();
            pieces.add(io.vertx.core.buffer.Buffer.buffer(java.util.Arrays.copyOfRange(bytes, 0, split)));
            pieces.add(io.vertx.core.buffer.Buffer.buffer(java.util.Arrays.copyOfRange(bytes, split, bytes.length)));
            pieces.removeIf(piece -> piece.length() == 0);
            io.vertx.core.MultiMap headers = io.vertx.core.MultiMap.caseInsensitiveMultiMap();
            headers.set("Content-Type", SSE);
            io.gatehouse.api.body.BodyReader<io.vertx.core.buffer.Buffer> reader =
                    new io.gatehouse.api.body.BodyReader<>() {
                        @Override
                        public io.vertx.core.Future<io.vertx.core.buffer.Buffer> next() {
                            return io.vertx.core.Future.succeededFuture(pieces.isEmpty() ? null : pieces.remove(0));
                        }

                        @Override
                        public io.gatehouse.api.body.BodyEnd end() {
                            return io.gatehouse.api.body.BodyEnd.ok();
                        }

                        @Override
                        public void cancel() {
                            pieces.clear();
                        }
                    };
            return io.gatehouse.api.Response.done(io.gatehouse.api.Response.from(
                    io.gatehouse.api.ResponseSource.UPSTREAM,
                    200,
                    headers,
                    io.gatehouse.api.body.Body.of(reader, -1),
                    null));
        }
    }
}
