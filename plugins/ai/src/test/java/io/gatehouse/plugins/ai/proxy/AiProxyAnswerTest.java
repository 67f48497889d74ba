package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked // a null where a value was expected fails the test anyway
class AiProxyAnswerTest {
    @Test
    void passesAnAnswerByteForByteAndReadsItsUsage() {
        String odd = "  " + Ai.ANSWER.replace("\"id\"", "\"x\":1e400,\"x\":[],\n \"id\"") + "\n";
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            tester.clock().advance(Duration.ofMillis(80));
            upstream.call().respond(200, "Content-Type", "application/json", "Set-Cookie", "a=b");
            upstream.call().write(odd.substring(0, 40)).write(odd.substring(40)).end();

            assertThat(exchange.text()).isEqualTo(odd);
            assertThat(exchange.header("Set-Cookie")).isNull();
            AiCall call = Ai.call(exchange);
            assertThat(call.provider()).isEqualTo("openai");
            assertThat(call.requestModel()).isEqualTo("gpt-4.1");
            assertThat(call.responseModel()).isEqualTo("gpt-4.1-2025-04-14");
            assertThat(call.mode()).isEqualTo("oneshot");
            assertThat(call.latencyMillis()).isEqualTo(80);
            assertThat(call.timeToFirstTokenMillis()).isEqualTo(80);
            assertThat(call.timePerTokenMillis()).isEqualTo(20.0);
            assertThat(call.usage().prompt()).isEqualTo(11);
            assertThat(call.usage().completion()).isEqualTo(4);
            assertThat(call.usage().total()).isEqualTo(15);
            assertThat(call.usage().promptDetails()).containsEntry("cached_tokens", 3L);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
            assertThat(call.cost()).isZero();
            assertThat(call.triedTargets()).hasSize(1);
            assertThat(call.triedTargets().get(0).host()).isEqualTo("api.openai.com");
            assertThat(call.triedTargets().get(0).port()).isEqualTo(443);
            assertThat(call.triedTargets().get(0).scheme()).isEqualTo("https");
            assertThat(call.triedTargets().get(0).uri()).isEqualTo("/v1/chat/completions");
            assertThat(call.triedTargets().get(0).routeType()).isEqualTo("llm/v1/chat");
        }
    }

    @Test
    void logsPayloadsWithoutCredentials() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/responses
                model: {provider: openai, name: a}
                auth: {param_name: key, param_value: sk-body, param_location: body}
                logging: {log_payloads: true}
                """)) {
            tester.upstream(Upstream.json(200, "{\"model\":\"a\",\"tools\":[{\"headers\":{\"A\":\"pat\"}}]}"));
            TestExchange exchange = tester.post(
                            "/v1/responses",
                            "{\"input\":\"x\",\"tools\":[{\"type\":\"mcp\",\"headers\":{\"Authorization\":\"Bearer pat\","
                                    + "\"a/b\":\"pat\"},\"authorization\":\"pat\"},{\"headers\":null}]}")
                    .send();
            assertThat(exchange.upstreamRequest().body()).contains("Bearer pat").contains("sk-body");
            AiCall call = Ai.call(exchange);
            assertThat(call.statistics()).isFalse();
            assertThat(call.requestPayload())
                    .contains("\"headers\":{\"Authorization\":\"REDACTED\",\"a/b\":\"REDACTED\"},\"authorization\":"
                            + "\"REDACTED\"},{\"headers\":null}")
                    .doesNotContain("sk-body")
                    .doesNotContain("pat");
            assertThat(call.responsePayload()).contains("REDACTED").doesNotContain("pat");
        }
    }

    @Test
    void cutsLongPayloadsAndMarksThem() {
        String text = "é".repeat(800_000);
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                max_request_body_size: 0
                model: {provider: openai, name: a}
                logging: {log_payloads: true}
                """)) {
            String answer = "{\"choices\":[{\"message\":{\"content\":\"" + text
                    + "\"}}],\"model\":\"m\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}";
            tester.upstream(Upstream.streams(answer.substring(0, 100), answer.substring(100))
                    .header("Content-Type", "application/json"));
            TestExchange exchange = tester.post("/x", "{\"messages\":[{\"content\":\"" + text + "\"}]}")
                    .send();
            assertThat(exchange.text()).isEqualTo(answer);
            AiCall call = Ai.call(exchange);
            assertThat(call.payloadTruncated()).isTrue();
            assertThat(bytes(call.requestPayload())).isBetween(1_048_570, 1_048_576);
            assertThat(bytes(call.responsePayload())).isBetween(1_048_570, 1_048_576);
            assertThat(call.requestPayload()).doesNotContain("\uFFFD");
            // too large to be looked at as a whole, and still its usage is read
            assertThat(call.usage().prompt()).isEqualTo(1);
            assertThat(call.usage().completion()).isEqualTo(2);
            assertThat(call.responseModel()).isEqualTo("m");
        }
    }

    private static int bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 400, 401, 429, 500, 503})
    void passesEveryOtherStatusAsItIs(int status) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.answers(status, "text/html", "<b>no</b>"));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.status()).isEqualTo(status);
            assertThat(exchange.text()).isEqualTo("<b>no</b>");
            assertThat(exchange.header("Content-Type")).isEqualTo("text/html");
            assertThat(exchange.header("X-Kong-LLM-Model")).isNull();
            AiCall call = Ai.call(exchange);
            assertThat(call.usage()).isNull();
            assertThat(call.latencyMillis()).isGreaterThanOrEqualTo(0);
            assertThat(call.timeToFirstTokenMillis()).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "llm/v1/chat | {} | transformation failed from type openai://llm/v1/chat: 'choices' not in llm/v1/chat"
                        + " response",
                "llm/v1/chat | <html> | transformation failed from type openai://llm/v1/chat: failed to decode"
                        + " llm/v1/chat response",
                "llm/v1/completions | {\"a\":1} | transformation failed from type openai://llm/v1/completions:"
                        + " 'choices' not in llm/v1/completions response",
                "llm/v1/chat | `` | no response body found when transforming response",
            })
    void answersWithKongsTextWhenThereIsNoAnswerInA200(String routeType, String answer, String message) {
        try (PluginTester tester = Ai.openai(routeType, "")) {
            tester.upstream(Upstream.json(200, answer));
            TestExchange exchange = tester.post("/x", routeType.endsWith("chat") ? Ai.CHAT : "{\"prompt\":\"a\"}")
                    .send();
            assertThat(exchange.status()).isEqualTo(500);
            assertThat(exchange.text()).isEqualTo("{\"error\":{\"message\":\"" + message + "\"}}");
            assertThat(Ai.call(exchange).usage()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "\"many\"",
                "[]",
                "{}",
                "{\"prompt_tokens\":-1,\"completion_tokens\":1}",
                "{\"prompt_tokens\":1e30,\"completion_tokens\":1}",
                "{\"prompt_tokens\":\"5\",\"completion_tokens\":1}",
                "{\"prompt_tokens\":5,\"completion_tokens\":null}",
            })
    void countsNothingWhereTheReportedUsageMakesNoSense(String usage) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.json(
                    200, "{\"choices\":[{\"message\":{\"content\":\" Hello there \"}}],\"usage\":" + usage + "}"));
            AiCall call = Ai.call(tester.post("/x", Ai.CHAT).send());
            assertThat(call.usage().provenance()).isEqualTo(Provenance.ESTIMATED);
            assertThat(call.usage().prompt()).isZero();
            assertThat(call.usage().completion()).isZero();
            assertThat(call.usage().total()).isZero();
            assertThat(call.timePerTokenMillis()).isZero();
            assertThat(call.cost()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20_000})
    void estimatesWhenNoUsageIsReported(int more) {
        String answer =
                "{\"choices\":[{\"message\":{\"content\":\" Hello there \"}},{\"message\":{\"content\":\"two\"}}]"
                        + " ".repeat(more) + "}";
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams(answer.substring(0, 9), answer.substring(9))
                    .header("Content-Type", "application/json"));
            AiCall call = Ai.call(tester.post("/x", Ai.CHAT).send());
            assertThat(call.usage().provenance()).isEqualTo(Provenance.ESTIMATED);
            assertThat(call.usage().prompt()).isEqualTo(3);
            assertThat(call.usage().completion()).isEqualTo(4); // "Hello there two": 15 bytes
            assertThat(call.usage().total()).isEqualTo(7);
        }
    }

    /** No other target can take over, so there is nothing to wait for but a sign that it is an answer. */
    @Test
    void passesALargeAnswerOnAsItComes() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            String head = "{\"x\":\"" + "x".repeat(17_000) + "\",\"choices\":";
            String text = "[{\"message\":{\"content\":\"" + "word ".repeat(2000);
            String tail = "\"}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2},\"model\":\"m\"}";
            upstream.call().respond(200, "Content-Type", "application/json");
            upstream.call().write(head);
            assertThat(exchange.isAnswered()).isFalse();
            upstream.call().write(text);
            assertThat(exchange.isAnswered()).isTrue();
            assertThat(exchange.text()).isEqualTo(head + text);
            tester.clock().advance(Duration.ofMillis(80));
            upstream.call().write(tail).end();
            assertThat(exchange.text()).isEqualTo(head + text + tail);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
            assertThat(call.usage().total()).isEqualTo(3);
            assertThat(call.responseModel()).isEqualTo("m");
            assertThat(call.latencyMillis()).isEqualTo(80);
            assertThat(call.responsePayload()).isEqualTo(head + text + tail);
        }
    }

    @Test
    void countsWhatCameOfALargeAnswerThatBreaksOff() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams("{\"choices\":[\"" + "x".repeat(17_000))
                    .header("Content-Type", "application/json")
                    .thenDies(FailureKind.RESET));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.bodyEnd().failure().kind()).isEqualTo(FailureKind.RESET);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.PARTIAL);
            assertThat(call.usage().completion()).isZero();
        }
    }

    @Test
    void refusesALargeAnswerThatIsNone() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            upstream.call().respond(200, "Content-Type", "application/json").write("<" + "x".repeat(17_000));
            assertThat(exchange.status()).isEqualTo(500);
            assertThat(exchange.text()).contains("failed to decode llm/v1/chat response");
            assertThat(upstream.call().isCancelled()).isTrue();
            for (String rest : new String[] {"}", ""}) {
                tester.upstream(Upstream.streams("{\"choices\":{}", ",\"x\":\"" + "x".repeat(17_000) + '"', rest)
                        .header("Content-Type", "application/json"));
                assertThat(tester.post("/x", Ai.CHAT).send().text())
                        .contains(
                                rest.isEmpty()
                                        ? "failed to decode llm/v1/chat response"
                                        : "'choices' not in llm/v1/chat response");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llm/v1/chat", "llm/v1/embeddings", "preserve"})
    void readsACompressedAnswerThatNobodyAskedForAndPassesItPlain(String routeType) {
        try (PluginTester tester = Ai.openai(routeType, "")) {
            tester.upstream(Upstream.streams(Ai.ANSWER.substring(0, 30), Ai.ANSWER.substring(30))
                    .header("Content-Type", "application/json")
                    .gzip());
            TestExchange exchange = tester.post("/x", routeType.contains("embed") ? "{\"input\":\"a\"}" : Ai.CHAT)
                    .header("Accept-Encoding", "gzip")
                    .send();
            assertThat(exchange.upstreamRequest().header("Accept-Encoding")).isEqualTo("identity");
            assertThat(exchange.text()).isEqualTo(Ai.ANSWER);
            assertThat(exchange.header("Content-Encoding")).isNull();
            AiCall call = Ai.call(exchange);
            assertThat(call.usage().provenance()).isEqualTo(Provenance.REPORTED);
            assertThat(call.usage().prompt()).isEqualTo(11);
            assertThat(call.responsePayload()).isEqualTo(Ai.ANSWER);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream"})
    void isABadGatewayWhenACompressedAnswerIsNone(String type) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(
                    Upstream.streams("no gzip").header("Content-Type", type).header("Content-Encoding", "gzip"));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(502);
            tester.upstream(Upstream.streams("").header("Content-Type", type).header("Content-Encoding", "gzip"));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(502);
            tester.upstream(Upstream.streams("\0".repeat(20 << 20))
                    .header("Content-Type", type)
                    .gzip());
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(502);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip"})
    void isABadGatewayWhenItCannotUndoTheCoding(String coding) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            for (String type : List.of("application/json", "text/event-stream")) {
                tester.upstream(
                        Upstream.streams("brotli").header("Content-Type", type).header("Content-Encoding", coding));
                TestExchange exchange = tester.post("/x", Ai.CHAT).send();
                assertThat(exchange.status()).isEqualTo(502);
                assertThat(exchange.text()).doesNotContain("brotli");
                assertThat(Ai.call(exchange).usage()).isNull();
            }
        }
        try (PluginTester tester = Ai.openai("preserve", "")) {
            tester.upstream(Upstream.streams("brotli").header("Content-Encoding", coding));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.text()).isEqualTo("brotli");
            assertThat(exchange.header("Content-Encoding")).isEqualTo(coding);
        }
    }

    @Test
    void countsNoTokensForWhatWasMadeBefore() {
        try (PluginTester tester = Ai.openai("llm/v1/responses", "")) {
            tester.upstream(Upstream.json(200, "{\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}"));
            AiCall call = Ai.call(tester.get("/v1/responses/resp_1").send());
            assertThat(call.usage()).isNull();
            assertThat(call.latencyMillis()).isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void pricesACall() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", ", options: {input_cost: 10, output_cost: 10}")) {
            tester.upstream(
                    Upstream.json(200, "{\"choices\":[],\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":12}}"));
            assertThat(Ai.call(tester.post("/x", Ai.CHAT).send()).cost()).isEqualTo(0.00037);
        }
    }

    @Test
    void leavesTheModelHeaderOutWhenToldSo() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model_name_header: false
                model: {provider: openai, name: a}
                """)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            assertThat(tester.post("/x", Ai.CHAT).send().header("X-Kong-LLM-Model"))
                    .isNull();
            assertThat(tester.post("/x", Ai.CHAT)
                            .header("Kong-Debug", "1")
                            .send()
                            .header("X-Kong-LLM-Model"))
                    .isEqualTo("openai/a");
        }
    }

    @Test
    void doesNotShowTheClientAKeyThatTheUpstreamEchoes() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            upstream.call()
                    .respond(401, "X-Echo", "Authorization: Bearer sk-upstream", "X-Other", "Bearer")
                    .end();
            assertThat(exchange.header("X-Echo")).isNull();
            assertThat(exchange.header("X-Other")).isEqualTo("Bearer");
        }
    }

    @ParameterizedTest
    @CsvSource({"CONNECT, 502", "RESOLVE, 503", "CONNECT_TIMEOUT, 504", "RESET, 502", "TIMEOUT, 504"})
    void passesTheGatewaysAnswerForAFault(FailureKind kind, int status) {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.fails(kind));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.status()).isEqualTo(status);
            assertThat(exchange.failure().kind()).isEqualTo(kind);
            AiCall call = Ai.call(exchange);
            assertThat(call.usage()).isNull();
            assertThat(call.latencyMillis()).isEqualTo(-1);
            assertThat(call.triedTargets()).hasSize(1);
        }
    }

    @Test
    void isABadGatewayWhenAnAnswerBreaksOff() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.streams("{\"choices\":")
                    .header("Content-Type", "application/json")
                    .thenDies(FailureKind.RESET));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.status()).isEqualTo(502);
            assertThat(Ai.call(exchange).usage().provenance()).isEqualTo(Provenance.PARTIAL);
            tester.upstream(
                    Upstream.streams().header("Content-Type", "audio/mp3").thenDies(FailureKind.TIMEOUT));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(504);
        }
    }

    @Test
    void addsExactlyOneCallWhenTheClientLeavesWhileAnAnswerIsRead() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            upstream.call().respond(200, "Content-Type", "application/json").write("{\"choices\":[");
            exchange.clientLeaves();
            assertThat(upstream.call().isCancelled()).isTrue();
            assertThat(Ai.call(exchange).usage().provenance()).isEqualTo(Provenance.PARTIAL);
        }
    }

    @Test
    void showsTheKeyNowhere() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: a, options: {upstream_url: "http://bad host/"}}
                auth: {header_name: Authorization, header_value: Bearer canary, param_name: k, param_value: canary, param_location: query}
                """)) {
            assertThat(String.join("", tester.problems()))
                    .contains("upstream_url")
                    .doesNotContain("canary");
        }
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: a}
                auth: {header_name: Authorization, header_value: Bearer canary, param_name: k, param_value: canary, param_location: query}
                logging: {log_statistics: true, log_payloads: true}
                """)) {
            tester.upstream(Upstream.fails(FailureKind.RESET));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            AiCall call = Ai.call(exchange);
            assertThat(tester.config().toString()).doesNotContain("canary");
            assertThat(exchange.text()
                            + call.requestPayload()
                            + call.triedTargets()
                            + tester.log().text())
                    .doesNotContain("canary");
        }
    }
}
