package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.ai.AiCall;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AiProxyRefusalTest {
    private static final String PROMPTS = "request body doesn't contain valid prompts";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "llm/v1/chat | {} | request body doesn't contain valid prompts",
                "llm/v1/chat | {\"messages\":[]} | request body doesn't contain valid prompts",
                "llm/v1/chat | {\"messages\":null,\"prompt\":\"\"} | request body doesn't contain valid prompts",
                "llm/v1/chat | [] | request body doesn't contain valid prompts",
                "llm/v1/chat | {\"messages\":[{}] | request body doesn't contain valid prompts",
                "llm/v1/chat | {\"messages\":[{}]} x | request body doesn't contain valid prompts",
                "llm/v1/chat | {\"messages\":[{}],\"prompt\":\"a\"} | request matches multiple LLM request formats",
                "llm/v1/chat | {\"messages\":\"a\"} | request format not recognised",
                "llm/v1/completions | {\"prompt\":7} | request format not recognised",
                "llm/v1/completions | {\"prompt\":[7]} | request format not recognised",
                "llm/v1/completions | {\"messages\":[{}]} | [llm/v1/chat] message format is not compatible with"
                        + " [llm/v1/completions] route type",
                "llm/v1/chat | {\"prompt\":\"a\"} | [llm/v1/completions] message format is not compatible with"
                        + " [llm/v1/chat] route type",
                "llm/v1/chat | {\"messages\":[{}],\"model\":\"x\"} | cannot use own model - must be: gpt-4.1",
                "llm/v1/responses | nonsense | request body doesn't contain valid prompts",
                "llm/v1/embeddings | {\"input\":\"a\",\"model\":\"x\"} | cannot use own model - must be: gpt-4.1",
            })
    void refusesWithKongsTexts(String routeType, String body, String message) {
        try (PluginTester tester = Ai.openai(routeType, "")) {
            TestExchange exchange = tester.post("/x", body).send();
            refused(exchange, message);
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '~',
            delimiter = '|',
            value = {
                "llm/v1/chat | {\"messages\":[{}],\"model\":\"a\",\"model\":\"b\"} | 29",
                "llm/v1/chat | {\"model\":\"a\",\"mod\\u0065l\":\"b\",\"messages\":[{}]} | 13",
                "llm/v1/chat | {\"model\":\"a\",\"Model\":\"b\",\"messages\":[{}]} | 13",
                "llm/v1/chat | {\"messages\":[{}],\"x\":1e999999999} | 21",
                "llm/v1/chat | {\"messages\":[{\"content\":\"\\ud800\"}]} | 25",
                "llm/v1/responses | {\"input\":\"a\",\"input\":\"b\"} | 13",
                "preserve | {\"model\":\"a\",\"model\":\"b\"} | 13",
            })
    void refusesWhatAnUpstreamCouldReadOtherwise(String routeType, String body, int place) {
        try (PluginTester tester = Ai.openai(routeType, "")) {
            TestExchange exchange = tester.post("/x", body).send();
            assertThat(exchange.status()).isEqualTo(400);
            assertThat(exchange.text())
                    .startsWith("{\"error\":{\"message\":\"request body may be read in several ways: JSON at byte "
                            + place + ": ");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void passesOnWhatIsNotReadAsJson() {
        try (PluginTester tester = Ai.openai("preserve", "")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            String body = "{\"model\":\"a\",\"model\":\"b\"}, 1e999999999";
            assertThat(tester.post("/x", body).send().upstreamRequest().body()).isEqualTo(body);
        }
    }

    @Test
    void refusesAMissingBodyAndOtherContentTypes() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            refused(tester.get("/x").send(), PROMPTS);
            refused(typed(tester, "text/plain").send(), PROMPTS);
            refused(typed(tester, "multipart/form-data; boundary=a").send(), PROMPTS);
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            assertThat(typed(tester, "Application/JSON; charset=utf-8").send().status())
                    .isEqualTo(200);
            assertThat(typed(tester, null).send().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "zstd", "gzip, gzip"})
    void refusesACompressedBodyWhereItHasToReadIt(String coding) {
        try (PluginTester chat = Ai.openai("llm/v1/chat", "");
                PluginTester preserve = Ai.openai("preserve", "")) {
            TestExchange exchange = typed(chat, "application/json")
                    .header("Content-Encoding", coding)
                    .send();
            assertThat(exchange.status()).isEqualTo(415);
            assertThat(exchange.header("Accept-Encoding")).isEqualTo("identity");
            assertThat(exchange.text()).contains("request body is compressed");
            assertThat(exchange.upstreamRequests()).isEmpty();

            preserve.upstream(Upstream.json(200, Ai.ANSWER));
            SentRequest sent = preserve.request(HttpMethod.POST, "/x")
                    .header("Content-Type", "application/json")
                    .header("Content-Encoding", coding)
                    .body("compressed")
                    .send()
                    .upstreamRequest();
            assertThat(sent.body()).isEqualTo("compressed");
            assertThat(sent.header("Content-Encoding")).isEqualTo(coding);
        }
    }

    @Test
    void refusesABodyBeyondTheLimit() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                max_request_body_size: 40
                model: {provider: openai, name: a}
                """)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            refused(tester.post("/x", Ai.CHAT).send(), PROMPTS);
            TestRequest pieces = tester.request(HttpMethod.POST, "/x")
                    .bodyInPieces("{\"messages\":[{\"role\":", "\"user\",\"content\":\"one two  three\"}]}");
            refused(pieces.send(), PROMPTS);
            TestRequest small = tester.request(HttpMethod.POST, "/x").bodyInPieces("{\"messages\":", "[{}]}");
            assertThat(small.send().status()).isEqualTo(200);
        }
    }

    @Test
    void refusesABodyThatBreaksOff() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/x")
                    .bodyThatBreaksOff("{\"messages\":[{}]}")
                    .send();
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void refusesAStreamWhereStreamsAreDenied() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                response_streaming: deny
                model: {provider: openai, name: a}
                """)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            refused(
                    tester.post("/x", "{\"messages\":[{}],\"stream\":true}").send(),
                    "response streaming is not enabled for this LLM");
            assertThat(tester.post("/x", "{\"messages\":[{}],\"stream\":false}")
                            .send()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void needsAModelFromSomewhere() {
        try (PluginTester tester = Ai.single("route_type: llm/v1/chat\nmodel: {provider: openai}\n")) {
            String text = "model parameter not found in request, nor in gateway configuration";
            refused(tester.post("/x", Ai.CHAT).send(), text);
            refused(tester.post("/x", "{\"messages\":[{}],\"model\":null}").send(), text);
            refused(tester.post("/x", "{\"messages\":[{}],\"model\":\"\"}").send(), text);
        }
    }

    @Test
    void ignoresAModelThatIsNoName() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            for (String model : new String[] {"null", "\"\"", "7"}) {
                TestExchange exchange = tester.post("/x", "{\"messages\":[{}],\"model\":" + model + "}")
                        .send();
                assertThat(exchange.upstreamRequest().body()).contains("\"model\":\"gpt-4.1\"");
            }
        }
    }

    @Test
    void saysWhatIsWrongWithATemplate() {
        for (String[] row : new String[][] {
            {"$(headers)", "cannot parse expression for field '$(headers)'"},
            {"$(a.b.c)", "cannot parse expression for field '$(a.b.c)'"},
            {"x$(headers.who)y", "headers key who was not provided"},
            {"$(uri_captures.m)", "uri_captures key m was not provided"},
            {"$(query_params.m)", "query_params key m was not provided"},
            {"$(cookies.m)", "source 'cookies' is not supported"},
        }) {
            try (PluginTester tester =
                    Ai.single("route_type: llm/v1/chat\nmodel: {provider: openai, name: \"" + row[0] + "\"}\n")) {
                refused(tester.post("/x", Ai.CHAT).send(), row[1]);
            }
        }
    }

    @Test
    void refusesAPathThatStepsUpwards() {
        try (PluginTester tester = Ai.openai("llm/v1/responses", "")) {
            refused(tester.get("/v1/responses/%2e%2e/files").send(), "path steps upwards (expected: no '..' segment)");
        }
    }

    @Test
    void countsARefusedRequestUnderTheModelThatItNamed() {
        try (PluginTester tester = Ai.advanced("""
                targets:
                  - route_type: llm/v1/responses
                    model: {provider: openai, name: gpt-4}
                    logging: {log_statistics: true}
                  - route_type: llm/v1/responses
                    model: {provider: openai, name: gpt-4o, model_alias: best}
                """)) {
            TestExchange exchange = tester.post("/v1/responses", "{\"model\":\"gpt-4.1\",\"input\":\"x\"}")
                    .send();
            refused(exchange, "cannot use own model - must be: gpt-4, best");
            AiCall call = Ai.call(exchange);
            assertThat(call.provider()).isEqualTo("UNSPECIFIED");
            assertThat(call.requestModel()).isEqualTo("gpt-4.1");
            assertThat(call.statistics()).isTrue();
            assertThat(call.usage()).isNull();
            assertThat(call.latencyMillis()).isEqualTo(-1);
            assertThat(call.namespace()).isEqualTo("proxy");

            assertThat(Ai.call(tester.post("/v1/responses", "nonsense").send()).requestModel())
                    .isEqualTo("UNSPECIFIED");
        }
    }

    @Test
    void doesNotCountWithoutStatistics() {
        try (PluginTester tester = Ai.single("route_type: llm/v1/chat\nmodel: {provider: openai, name: a}\n")) {
            assertThat(tester.post("/x", "{}").send().completion().aiCalls()).isEmpty();
        }
    }

    @Test
    void keepsAtMostFiftyForeignModelsApart() {
        try (PluginTester tester = Ai.openai("llm/v1/chat", "")) {
            for (int i = 0; i < 60; i++) {
                TestExchange exchange = tester.post("/x", "{\"messages\":[{}],\"model\":\"m" + i + "\"}")
                        .send();
                assertThat(Ai.call(exchange).requestModel()).isEqualTo(i < 50 ? "m" + i : "UNSPECIFIED");
            }
            assertThat(Ai.call(tester.post("/x", "{\"messages\":[{}],\"model\":\"m7\"}")
                                    .send())
                            .requestModel())
                    .isEqualTo("m7");
            String huge = "x".repeat(200);
            assertThat(Ai.call(tester.post("/x", "{\"messages\":[{}],\"model\":\"" + huge + "\"}")
                                    .send())
                            .requestModel())
                    .isEqualTo("UNSPECIFIED");
        }
    }

    private static TestRequest typed(PluginTester tester, @Nullable String contentType) {
        TestRequest request = tester.request(HttpMethod.POST, "/x").body(Ai.CHAT);
        return contentType == null ? request : request.header("Content-Type", contentType);
    }

    private static void refused(TestExchange exchange, String message) {
        assertThat(exchange.status()).isEqualTo(400);
        assertThat(exchange.text()).isEqualTo("{\"error\":{\"message\":\"" + message + "\"}}");
        assertThat(exchange.header("Content-Type")).startsWith("application/json");
        assertThat(exchange.upstreamRequests()).isEmpty();
    }
}
