package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.json.JsonWriter;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked // a null where a value was expected fails the test anyway
class AiProxyRequestTest {
    private static final String CHAT_TYPE = "llm/v1/chat";

    @Test
    void sendsAChatToTheProvider() {
        try (PluginTester tester = Ai.openai(CHAT_TYPE, ", options: {max_tokens: 512, temperature: 1.0}")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));

            TestExchange exchange = tester.post("/anything?beta=true", Ai.CHAT)
                    .header("Authorization", "Bearer client")
                    .header("Accept-Encoding", "gzip, br")
                    .header("Host", "gateway.example")
                    .header("Upgrade", "websocket")
                    .send();

            SentRequest sent = exchange.upstreamRequest();
            assertThat(String.valueOf(sent.target())).isEqualTo("https://api.openai.com");
            assertThat(sent.method()).isEqualTo(HttpMethod.POST);
            assertThat(sent.uri()).isEqualTo("/v1/chat/completions?beta=true");
            assertThat(sent.headers().getAll("Authorization")).containsExactly("Bearer sk-upstream");
            assertThat(sent.header("Accept-Encoding")).isEqualTo("identity");
            assertThat(sent.header("Host")).isNull();
            assertThat(sent.header("Upgrade")).isNull();
            assertThat(sent.body())
                    .isEqualTo("{\"messages\":[{\"role\":\"user\",\"content\":\"one two  three\"}],"
                            + "\"model\":\"gpt-4.1\",\"temperature\":1.0,\"max_tokens\":512,\"stream\":false}");
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.text()).isEqualTo(Ai.ANSWER);
            assertThat(exchange.header("X-Kong-LLM-Model")).isEqualTo("openai/gpt-4.1");
        }
    }

    @Test
    void keepsEveryByteThatItDoesNotHaveToChange() {
        String body = "{ \"a\" : 1e-400,\n\t\"in\":{\"dup\":1, \"dup\" : 2},\"messages\":[ {\"role\":\"user\" ,"
                + "\"content\":\"\\u00e9 \\ud83d\\ude00\"} ],\"model\":\"gpt-4.1\", \"seed\" : 12345678901234567890,\r\n"
                + " \"stream\":false, \"empty\":[ ] }";
        assertThat(sent(Ai.openai(CHAT_TYPE, ""), body).body()).isEqualTo(body);
    }

    @Test
    void configuredOptionsWinOverTheClients() {
        String body = "{\"messages\":[{}],\"temperature\":0.9,\"top_p\":1,\"top_k\":5,\"max_tokens\":9,"
                + "\"max_completion_tokens\":10,\"stream\":false}";
        String options = ", options: {max_tokens: 0, temperature: 0, top_p: 0.25, top_k: 7}";
        assertThat(sent(Ai.openai(CHAT_TYPE, options), body).body())
                .isEqualTo("{\"messages\":[{}],\"temperature\":0.0,\"top_p\":0.25,\"max_tokens\":0,\"stream\":false,"
                        + "\"model\":\"gpt-4.1\"}");
    }

    @Test
    void leavesTheClientsOptionsWhereNoneAreConfigured() {
        String body = "{\"model\":\"gpt-4.1\",\"messages\":[{}],\"temperature\":0.9,\"max_tokens\":9,\"stream\":false}";
        assertThat(sent(Ai.openai(CHAT_TYPE, ""), body).body()).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({
        "o1, true",
        "o3-mini, true",
        "o4-mini-2025-04-16, true",
        "gpt-5, true",
        "gpt-5.1, true",
        "gpt-5-nano, true",
        "gpt-4o, false",
        "o10, false",
        "gpt-50, false"
    })
    void callsTheLimitOfReasoningFamiliesByItsOwnName(String model, boolean reasoning) {
        PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: %s}
                """.formatted(model));
        String sent = sent(tester, "{\"messages\":[{}],\"max_tokens\":9}").body();
        assertThat(sent).contains(reasoning ? "\"max_completion_tokens\":9" : "\"max_tokens\":9");
        assertThat(sent.contains("\"max_tokens\"")).isEqualTo(!reasoning);
    }

    @Test
    void mapsOptionsToTheResponsesDialect() {
        PluginTester tester = Ai.openai("llm/v1/responses", ", options: {max_tokens: 512, temperature: 1.0}");
        SentRequest sent = sent(tester, "/anything/v1/responses", "{\"input\":\"hi\",\"tools\":[]}");
        assertThat(sent.uri()).isEqualTo("/v1/responses");
        assertThat(sent.body())
                .isEqualTo("{\"input\":\"hi\",\"tools\":[],\"model\":\"gpt-4.1\",\"temperature\":1.0,"
                        + "\"max_output_tokens\":512}");
    }

    @Test
    void appendsWhatFollowsTheRouteTypesOwnSegment() {
        PluginTester tester = Ai.openai("llm/v1/responses", ", options: {max_tokens: 5}");
        tester.upstream(Upstream.json(200, "{}"));
        try (tester) {
            SentRequest got = tester.get("/anything/v1/responses/resp_1/input_items?limit=2")
                    .send()
                    .upstreamRequest();
            assertThat(got.method()).isEqualTo(HttpMethod.GET);
            assertThat(got.uri()).isEqualTo("/v1/responses/resp_1/input_items?limit=2");
            assertThat(got.body()).isEmpty();

            SentRequest deleted = tester.request(HttpMethod.DELETE, "/v1/responses/resp_1")
                    .send()
                    .upstreamRequest();
            assertThat(deleted.method()).isEqualTo(HttpMethod.DELETE);
            assertThat(deleted.uri()).isEqualTo("/v1/responses/resp_1");

            SentRequest cancelled =
                    tester.post("/v1/responses/resp_1/cancel", "{}").send().upstreamRequest();
            assertThat(cancelled.uri()).isEqualTo("/v1/responses/resp_1/cancel");
            assertThat(cancelled.body()).isEqualTo("{}");
        }
    }

    @Test
    void setsDimensionsOfEmbeddings() {
        PluginTester tester = Ai.openai("llm/v1/embeddings", ", options: {embeddings_dimensions: 8, temperature: 1}");
        SentRequest sent = sent(tester, "{\"input\":[\"a\",\"b\"]}");
        assertThat(sent.uri()).isEqualTo("/v1/embeddings");
        assertThat(sent.body()).isEqualTo("{\"input\":[\"a\",\"b\"],\"model\":\"gpt-4.1\",\"dimensions\":8}");
    }

    @Test
    void sendsACompletion() {
        SentRequest sent = sent(Ai.openai("llm/v1/completions", ""), "{\"prompt\":[\"a\",\"b\"]}");
        assertThat(sent.uri()).isEqualTo("/v1/completions");
        assertThat(sent.body()).isEqualTo("{\"prompt\":[\"a\",\"b\"],\"model\":\"gpt-4.1\",\"stream\":false}");
    }

    @Test
    void preservesPathMethodAndBody() {
        PluginTester tester = Ai.single("""
                route_type: preserve
                model: {provider: openai, name: gpt-4o, options: {upstream_url: "http://llm:81/ignored"}}
                auth: {header_name: api-key, header_value: k}
                """);
        tester.upstream(Upstream.answers(200, "binary"));
        try (tester) {
            TestExchange exchange = tester.request(HttpMethod.PUT, "/v9/things?x=1")
                    .body("no json")
                    .send();
            SentRequest sent = exchange.upstreamRequest();
            assertThat(sent.method()).isEqualTo(HttpMethod.PUT);
            assertThat(sent.uri()).isEqualTo("/v9/things?x=1");
            assertThat(String.valueOf(sent.target())).isEqualTo("http://llm:81");
            assertThat(sent.header("api-key")).isEqualTo("k");
            assertThat(sent.body()).isEqualTo("no json");
            assertThat(exchange.text()).isEqualTo("binary");
            assertThat(exchange.header("X-Kong-LLM-Model")).isEqualTo("openai/gpt-4o");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "openai, 'upstream_url: \"http://a:8080/x/y?z=1\"', http://a:8080, /x/y?z=1&q=2",
        "openai, 'upstream_url: \"https://a\"', https://a, /?q=2",
        "openai, 'upstream_path: \"//other\"', https://api.openai.com, /other?q=2",
        "'mistral', 'mistral_format: openai', https://api.mistral.ai, /v1/chat/completions?q=2",
        "'mistral', 'mistral_format: openai, upstream_url: \"https://api.mistral.ai/v1/chat/completions\"',"
                + " https://api.mistral.ai, /v1/chat/completions?q=2",
        "llama2, 'llama2_format: openai, upstream_url: \"http://l:1/v1/chat/completions\"', http://l:1,"
                + " /v1/chat/completions?q=2",
        "vllm, 'upstream_url: \"http://[::1]:8000\"', 'http://[::1]:8000', /v1/chat/completions?q=2",
        "ollama, 'upstream_url: \"http://localhost:11434/\"', http://localhost:11434, /v1/chat/completions?q=2",
    })
    void reachesEveryProvider(String provider, String options, String target, String uri) {
        PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: %s, name: m, options: {%s}}
                """.formatted(provider, options));
        SentRequest sent = sent(tester, "/anything?q=2", Ai.CHAT);
        assertThat(String.valueOf(sent.target())).isEqualTo(target);
        assertThat(sent.uri()).isEqualTo(uri);
    }

    @Test
    void takesTheBalancersTimeouts() {
        PluginTester tester = Ai.advanced("""
                balancer: {connect_timeout: 1, read_timeout: 2, write_timeout: 3}
                targets: [{route_type: llm/v1/chat, model: {provider: openai, name: a}}]
                """);
        SentRequest sent = sent(tester, Ai.CHAT);
        assertThat(sent.target().connectTimeout()).isEqualTo(Duration.ofMillis(1));
        assertThat(sent.target().readTimeout()).isEqualTo(Duration.ofMillis(2));
        assertThat(sent.target().writeTimeout()).isEqualTo(Duration.ofMillis(3));
    }

    @Test
    void putsCredentialsIntoQueryAndBody() {
        PluginTester query = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: a}
                auth: {param_name: "k y", param_value: "a&b", param_location: query}
                """);
        assertThat(sent(query, "/x?k+y=client&b=2&k%20y=again", Ai.CHAT).uri())
                .isEqualTo("/v1/chat/completions?b=2&k%20y=a%26b");
        PluginTester body = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: a}
                auth: {param_name: "k/y", param_value: "a\\"b", param_location: body}
                """);
        assertThat(sent(body, "{\"messages\":[{}],\"k/y\":\"client\"}").body())
                .isEqualTo("{\"messages\":[{}],\"k/y\":\"a\\\"b\",\"model\":\"a\",\"stream\":false}");
    }

    @Test
    void letsTheClientKeepItsCredentialOnlyWhenAllowed() {
        String auth = "auth: {header_name: Authorization, header_value: Bearer own, param_name: key,"
                + " param_value: own, param_location: %s, allow_override: %s}\n";
        String target = "route_type: llm/v1/chat\nmodel: {provider: openai, name: a}\n";
        try (PluginTester tester = Ai.single(target + auth.formatted("query", true))) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            SentRequest kept = tester.post("/x?key=client", Ai.CHAT)
                    .header("authorization", "Bearer client")
                    .send()
                    .upstreamRequest();
            assertThat(kept.header("Authorization")).isEqualTo("Bearer client");
            assertThat(kept.uri()).endsWith("?key=client");
            SentRequest injected = tester.post("/x", Ai.CHAT).send().upstreamRequest();
            assertThat(injected.header("Authorization")).isEqualTo("Bearer own");
            assertThat(injected.uri()).endsWith("?key=own");
        }
        assertThat(sent(Ai.single(target + auth.formatted("body", true)), "{\"messages\":[{}],\"key\":\"client\"}")
                        .body())
                .contains("\"key\":\"client\"");
        assertThat(sent(Ai.single(target + auth.formatted("body", false)), "{\"messages\":[{}],\"key\":\"client\"}")
                        .body())
                .contains("\"key\":\"own\"");
    }

    @Test
    void neverForwardsACredentialThatAnAuthPluginReads() {
        try (PluginTester tester = Ai.openai(CHAT_TYPE, "")) {
            tester.around(new Plugin() {
                        @Override
                        public Future<Response> intercept(Request request, Next next) {
                            FakeExchange exchange = (FakeExchange) request.exchange();
                            exchange.credentialsRead(
                                    new Redaction(Set.of("apikey"), Set.of("apikey"), Set.of("apikey")));
                            return next.proceed(request);
                        }
                    })
                    .upstream(Upstream.json(200, Ai.ANSWER));
            SentRequest sent = tester.post(
                            "/x?apikey=secret1&APIKEY=secret2&a=b", "{\"messages\":[{}],\"ApiKey\":\"secret4\"}")
                    .header("ApiKey", "secret5")
                    .send()
                    .upstreamRequest();
            assertThat(sent.uri()).isEqualTo("/v1/chat/completions?a=b");
            assertThat(sent.header("apikey")).isNull();
            assertThat(sent.body()).doesNotContain("secret");
        }
    }

    @Test
    void forwardsTheClientsOwnKeyOnlyWhenNoAuthPluginUsedOne() {
        String yaml = "route_type: llm/v1/chat\nmodel: {provider: openai, name: a}\n";
        try (PluginTester tester = Ai.single(yaml)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            assertThat(tester.post("/x", Ai.CHAT)
                            .header("Authorization", "Bearer client")
                            .send()
                            .upstreamRequest()
                            .header("Authorization"))
                    .isEqualTo("Bearer client");
            tester.around(new Plugin() {
                @Override
                public Future<Response> intercept(Request request, Next next) {
                    ((FakeExchange) request.exchange())
                            .credentialsRead(new Redaction(Set.of("authorization"), Set.of(), Set.of()));
                    return next.proceed(request);
                }
            });
            assertThat(tester.post("/x", Ai.CHAT)
                            .header("Authorization", "Bearer client")
                            .send()
                            .upstreamRequest()
                            .header("Authorization"))
                    .isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "%2e%2e", "..%2f..%2fadmin", "a/..;/b", "a\\..\\b", "%252e%252e/x", "a%00"})
    void letsNoClientStepOutOfAPathThatIsATemplate(String sent) {
        PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model:
                  provider: openai
                  name: m
                  options: {upstream_url: "https://llm.example/d/$(headers.x-dep)/chat"}
                """);
        tester.upstream(Upstream.json(200, Ai.ANSWER));
        try (tester) {
            TestExchange refused =
                    tester.post("/x", Ai.CHAT).header("x-dep", sent).send();
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void resolvesTemplatesForEachRequest() {
        PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model:
                  provider: openai
                  name: "$(headers.x_family)-$(uri_captures.size)"
                  options: {upstream_url: "https://$(headers.region).llm.example/v1/$(query_params.path)"}
                """);
        tester.upstream(Upstream.json(200, Ai.ANSWER));
        try (tester) {
            SentRequest sent = tester.post("/x?path=a%20b%3Fc", Ai.CHAT)
                    .header("X-Family", "gpt\"5\u00c3\u00bc")
                    .header("Region", "eu-1")
                    .uriCaptures(Map.of("size", "mini"))
                    .send()
                    .upstreamRequest();
            assertThat(String.valueOf(sent.target())).isEqualTo("https://eu-1.llm.example");
            assertThat(sent.uri()).isEqualTo("/v1/a%20b%3Fc?path=a%20b%3Fc");
            assertThat(sent.body()).contains("\"model\":\"gpt\\\"5\u00fc-mini\"");

            TestExchange evil = tester.post("/x?path=y", Ai.CHAT)
                    .header("X-Family", "a")
                    .header("Region", "evil.example/")
                    .uriCaptures(Map.of("size", "b"))
                    .send();
            assertThat(evil.status()).isEqualTo(400);
            assertThat(evil.upstreamRequests()).isEmpty();
            TestExchange climbing = tester.post("/x?path=..%2Fadmin", Ai.CHAT)
                    .header("X-Family", "a")
                    .header("Region", "eu")
                    .uriCaptures(Map.of("size", "b"))
                    .send();
            assertThat(climbing.status()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb: c", "naïve", "with \"quotes\" and \\"})
    void escapesTheModelWhereverItGoes(String model) {
        try (PluginTester tester = Ai.single("route_type: llm/v1/chat\nmodel: {provider: openai}\n")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            String json = JsonWriter.write(model).toString();
            TestExchange exchange = tester.post("/x", "{\"model\":" + json + ",\"messages\":[{}]}")
                    .send();
            assertThat(exchange.upstreamRequest().body()).contains("\"model\":" + json);
            String header = exchange.header("X-Kong-LLM-Model");
            assertThat(header).startsWith("openai/").matches("[\\x21-\\x7e]+");
        }
    }

    @Test
    void sendsTheModelForAnAlias() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                model: {provider: openai, name: gpt-4.1, model_alias: best}
                """)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            TestExchange exchange = tester.post("/x", "{\"model\":\"best\",\"messages\":[{}],\"stream\":false}")
                    .send();
            assertThat(exchange.upstreamRequest().body())
                    .isEqualTo("{\"model\":\"gpt-4.1\",\"messages\":[{}],\"stream\":false}");
        }
    }

    @Test
    void forcesStreaming() {
        try (PluginTester tester = Ai.single("""
                route_type: llm/v1/chat
                response_streaming: always
                model: {provider: openai, name: a}
                """)) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            SentRequest sent = tester.post("/x", "{\"messages\":[{}],\"stream\":false}")
                    .send()
                    .upstreamRequest();
            assertThat(sent.body())
                    .isEqualTo("{\"messages\":[{}],\"stream\":true,\"model\":\"a\","
                            + "\"stream_options\":{\"include_usage\":true}}");
        }
    }

    @Test
    void asksForUsageOfStreamsAsTheProviderUnderstandsIt() {
        String stream = "{\"messages\":[{}],\"model\":\"a\",\"stream\":true,\"stream_options\":{\"x\":1}}";
        String openai = "route_type: llm/v1/chat\nmodel: {provider: openai, name: a}\n";
        assertThat(sent(Ai.single(openai), stream).body())
                .contains("\"stream_options\":{\"x\":1,\"include_usage\":true}");
        String mistral = """
                route_type: llm/v1/chat
                model: {provider: mistral, name: a, options: {mistral_format: openai}}
                """;
        assertThat(sent(Ai.single(mistral), stream).body())
                .isEqualTo("{\"messages\":[{}],\"model\":\"a\",\"stream\":true}");
    }

    private static SentRequest sent(PluginTester tester, String json) {
        return sent(tester, "/anything", json);
    }

    private static SentRequest sent(PluginTester tester, String uri, String json) {
        try (tester) {
            TestExchange exchange = tester.upstream(Upstream.json(200, Ai.ANSWER))
                    .post(uri, json)
                    .send();
            assertThat(exchange.upstreamRequests()).as(exchange.text()).hasSize(1);
            return exchange.upstreamRequest();
        }
    }
}
