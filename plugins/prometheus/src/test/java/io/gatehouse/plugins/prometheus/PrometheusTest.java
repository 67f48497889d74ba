package io.gatehouse.plugins.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeCompletion;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.FakeRoute;
import io.gatehouse.testkit.FakeService;
import io.gatehouse.testkit.PluginTester;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrometheusTest {
    private static final Consumer ALICE = new Consumer("c-1", "alice", null, List.of());
    private static final Consumer NAMELESS = new Consumer("c-2", null, "custom-7", List.of());

    private final FakeExchange exchange = new FakeExchange(new FakeClock())
            .route(FakeRoute.named("http-route", "/"))
            .service(FakeService.named("mock-service"));

    @Test
    void collectsNothingByDefault() {
        try (PluginTester tester = tester(false, false, false, false, false)) {
            exchange.add(call().build());
            tester.log(FakeCompletion.of(exchange).bytes(10, 10).build());

            assertThat(tester.metrics().series()).isEmpty();
        }
    }

    @Test
    void countsARequestThatTheUpstreamAnswered() {
        try (PluginTester tester = tester(false, true, false, false, false)) {
            tester.log(FakeCompletion.of(exchange).build());
            tester.log(FakeCompletion.of(exchange).build());

            assertThat(tester.metrics().series())
                    .containsExactly("kong_http_requests_total{service=\"mock-service\",route=\"http-route\","
                            + "code=\"200\",source=\"service\",type=\"\",workspace=\"default\",consumer=\"\"} 2.0");
        }
    }

    @Test
    void namesTheGatewayAsSourceOfWhatNoUpstreamAnswered() {
        try (PluginTester tester = tester(false, true, false, false, false)) {
            tester.log(FakeCompletion.of(exchange)
                    .status(401)
                    .source(ResponseSource.PLUGIN)
                    .build());
            tester.log(FakeCompletion.of(exchange)
                    .status(502)
                    .source(ResponseSource.GATEWAY)
                    .build());
            tester.log(FakeCompletion.of(exchange)
                    .status(404)
                    .source(ResponseSource.CACHE)
                    .build());
            tester.log(FakeCompletion.of(exchange).status(502).build());
            tester.log(FakeCompletion.of(exchange)
                    .status(499)
                    .source(ResponseSource.GATEWAY)
                    .outcome(Outcome.Kind.CLIENT_GONE, "closed")
                    .build());

            assertThat(requests(tester, "401", "kong")).isEqualTo(1);
            assertThat(requests(tester, "404", "kong")).isEqualTo(1);
            assertThat(requests(tester, "502", "kong")).isEqualTo(1);
            assertThat(requests(tester, "502", "service")).isEqualTo(1);
            assertThat(requests(tester, "499", "kong")).isEqualTo(1);
        }
    }

    @Test
    void recordsNothingWithoutAMatchedRoute() {
        try (PluginTester tester = tester(true, true, true, true, true)) {
            tester.log(FakeCompletion.of(new FakeExchange(new FakeClock()))
                    .status(404)
                    .source(ResponseSource.GATEWAY)
                    .bytes(10, 10)
                    .timings(new Timings(1, 1, -1, 0, 0, 1))
                    .build());

            assertThat(tester.metrics().series()).isEmpty();
        }
    }

    @Test
    void leavesTheServiceEmptyForARouteWithoutOneAndUsesIdAndHostForWhatHasNoName() {
        try (PluginTester tester = tester(false, true, false, false, false)) {
            FakeRoute nameless = new FakeRoute("0a1b", null, List.of(), Map.of());
            tester.log(FakeCompletion.of(new FakeExchange(new FakeClock()).route(nameless))
                    .source(ResponseSource.PLUGIN)
                    .build());
            tester.log(FakeCompletion.of(new FakeExchange(new FakeClock())
                            .route(nameless)
                            .service(new FakeService(
                                    "s", null, Target.to("http", "api.test", 80).build(), Map.of())))
                    .build());

            assertThat(tester.metrics().series())
                    .containsExactlyInAnyOrder(
                            "kong_http_requests_total{service=\"\",route=\"0a1b\",code=\"200\",source=\"kong\","
                                    + "type=\"\",workspace=\"default\",consumer=\"\"} 1.0",
                            "kong_http_requests_total{service=\"api.test\",route=\"0a1b\",code=\"200\","
                                    + "source=\"service\",type=\"\",workspace=\"default\",consumer=\"\"} 1.0");
        }
    }

    @Test
    void followsARouteThatIsRenamedUnderItsId() {
        try (PluginTester tester = tester(false, true, false, false, false)) {
            for (String name : List.of("old", "new", "old")) {
                tester.log(FakeCompletion.of(new FakeExchange(new FakeClock())
                                .route(new FakeRoute("0a1b", name, List.of(), Map.of())))
                        .build());
            }

            assertThat(tester.counter("kong_http_requests_total", "", "old", "200", "service", "", "default", ""))
                    .isEqualTo(2);
            assertThat(tester.counter("kong_http_requests_total", "", "new", "200", "service", "", "default", ""))
                    .isEqualTo(1);
        }
    }

    @Test
    void fillsInTheConsumerOnlyWhenAskedTo() {
        exchange.consumer(ALICE);
        try (PluginTester tester = tester(false, true, true, false, true)) {
            exchange.add(call().build());
            tester.log(FakeCompletion.of(exchange).bytes(10, 20).build());
            assertThat(tester.metrics().series()).noneMatch(line -> line.contains("alice"));
        }
        try (PluginTester tester = tester(true, true, true, false, true)) {
            tester.log(FakeCompletion.of(exchange).bytes(10, 20).build());
            exchange.consumer(NAMELESS);
            tester.log(FakeCompletion.of(exchange).bytes(10, 20).build());

            assertThat(tester.metrics().series())
                    .contains(
                            "kong_bandwidth_bytes{service=\"mock-service\",route=\"http-route\",direction=\"ingress\","
                                    + "workspace=\"default\",consumer=\"alice\"} 10.0",
                            "kong_bandwidth_bytes{service=\"mock-service\",route=\"http-route\",direction=\"egress\","
                                    + "workspace=\"default\",consumer=\"custom-7\"} 20.0",
                            "kong_ai_llm_requests_total{ai_provider=\"openai\",ai_model=\"gpt-4.1\",cache_status=\"\","
                                    + "vector_db=\"\",embeddings_provider=\"\",embeddings_model=\"\","
                                    + "workspace=\"default\",consumer=\"alice\",request_mode=\"oneshot\"} 1.0");
        }
    }

    @Test
    void countsBytesOnlyWhenThereAreSome() {
        try (PluginTester tester = tester(false, false, true, false, false)) {
            tester.log(FakeCompletion.of(exchange).bytes(120, 0).build());

            assertThat(tester.metrics().series())
                    .containsExactly("kong_bandwidth_bytes{service=\"mock-service\",route=\"http-route\","
                            + "direction=\"ingress\",workspace=\"default\",consumer=\"\"} 120.0");
        }
    }

    @Test
    void observesTimesInMillisecondsAndSkipsThoseThatNeverCame() {
        try (PluginTester tester = tester(false, false, false, true, false)) {
            tester.log(FakeCompletion.of(exchange)
                    .timings(new Timings(119_500_000, 0, 100_000_000, 3_000_000, 0, 250_000))
                    .build());
            tester.log(FakeCompletion.of(exchange)
                    .status(401)
                    .source(ResponseSource.PLUGIN)
                    .timings(new Timings(2_000_000, 2_000_000, -1, 0, 0, 2_000_000))
                    .build());
            tester.log(FakeCompletion.of(exchange)
                    .source(ResponseSource.CACHE)
                    .timings(new Timings(1_000_000, 1_000_000, 0, 0, 0, 1_000_000))
                    .build());

            String[] labels = {"mock-service", "http-route", "default"};
            assertThat(tester.metrics().observations("kong_kong_latency_ms", labels))
                    .containsExactly(0.0, 2.0, 1.0);
            assertThat(tester.metrics().observations("kong_upstream_latency_ms", labels))
                    .containsExactly(100.0, 0.0);
            assertThat(tester.metrics().observations("kong_request_latency_ms", labels))
                    .containsExactly(119.5, 2.0, 1.0);
            assertThat(tester.metrics().observations("kong_kong_internal_latency_ms", labels))
                    .containsExactly(0.25, 2.0, 1.0);
        }
    }

    @Test
    void recordsAnLlmCallUnderTheRequestedModel() {
        exchange.add(call().responseModel("gpt-4.1-2025-04-14")
                .latencyMillis(1029)
                .timeToFirstTokenMillis(1029)
                .usage(usage(25, 12, 37))
                .cost(0.00037)
                .build());
        try (PluginTester tester = tester(false, false, false, false, true)) {
            tester.log(FakeCompletion.of(exchange).build());
            tester.log(FakeCompletion.of(exchange).build());

            String a = "{ai_provider=\"openai\",ai_model=\"gpt-4.1\",cache_status=\"\",vector_db=\"\","
                    + "embeddings_provider=\"\",embeddings_model=\"\",";
            String call = a + "workspace=\"default\",consumer=\"\",request_mode=\"oneshot\"} ";
            assertThat(tester.metrics().series())
                    .containsExactlyInAnyOrder(
                            "kong_ai_llm_requests_total" + call + "2.0",
                            "kong_ai_llm_cost_total" + call + "7.4E-4",
                            "kong_ai_llm_tokens_total" + a
                                    + "token_type=\"prompt_tokens\",workspace=\"default\",consumer=\"\"} 50.0",
                            "kong_ai_llm_tokens_total" + a
                                    + "token_type=\"completion_tokens\",workspace=\"default\",consumer=\"\"} 24.0",
                            "kong_ai_llm_tokens_total" + a
                                    + "token_type=\"total_tokens\",workspace=\"default\",consumer=\"\"} 74.0",
                            "kong_ai_llm_provider_latency_ms" + call + "2058.0",
                            "kong_ai_llm_ttft_latency_ms" + call + "2058.0",
                            "kong_ai_llm_tpot_latency_ms" + call + "171.5");
        }
    }

    @Test
    void countsARefusedCallAsUnspecifiedAndNothingElseOfIt() {
        exchange.add(AiCall.builder("proxy", "p", AiCall.UNSPECIFIED, "gpt-9")
                .statistics(true)
                .build());
        try (PluginTester tester = tester(false, false, false, false, true)) {
            tester.log(FakeCompletion.of(exchange)
                    .status(400)
                    .source(ResponseSource.PLUGIN)
                    .build());

            assertThat(tester.metrics().series())
                    .containsExactly("kong_ai_llm_requests_total{ai_provider=\"UNSPECIFIED\",ai_model=\"gpt-9\","
                            + "cache_status=\"\",vector_db=\"\",embeddings_provider=\"\",embeddings_model=\"\","
                            + "workspace=\"default\",consumer=\"\",request_mode=\"oneshot\"} 1.0");
        }
    }

    @Test
    void hasNoTimePerTokenWithoutTokensAndNoTokensWhereThereWereNone() {
        exchange.add(
                call().mode("stream").latencyMillis(10).usage(usage(5, 0, 5)).build());
        try (PluginTester tester = tester(false, false, false, false, true)) {
            tester.log(FakeCompletion.of(exchange).build());

            assertThat(tester.metrics().series())
                    .hasSize(4)
                    .noneMatch(line -> line.contains("tpot") || line.contains("completion_tokens"))
                    .anyMatch(line -> line.contains("request_mode=\"stream\""));
        }
    }

    @Test
    void leavesOutCallsWithoutStatistics() {
        exchange.add(AiCall.builder("proxy", "p", "openai", "gpt-4.1")
                .usage(usage(1, 1, 2))
                .build());
        try (PluginTester tester = tester(false, false, false, false, true)) {
            tester.log(FakeCompletion.of(exchange).build());

            assertThat(tester.metrics().series()).isEmpty();
        }
    }

    @Test
    void countsEveryCallOfAnExchange() {
        exchange.add(call().build());
        exchange.add(AiCall.builder("ai-llm-as-judge", "p", "mistral", "mistral-tiny")
                .statistics(true)
                .build());
        try (PluginTester tester = tester(false, false, false, false, true)) {
            Completion completion = FakeCompletion.of(exchange).build();
            tester.log(completion);

            assertThat(tester.metrics().series()).hasSize(2);
        }
    }

    @Test
    void standsWhereKongsDoes() {
        assertThat(new PrometheusFactory().name()).isEqualTo("prometheus");
        assertThat(new PrometheusFactory().priority()).isEqualTo(13);
    }

    private static double requests(PluginTester tester, String code, String source) {
        return tester.counter(
                "kong_http_requests_total", "mock-service", "http-route", code, source, "", "default", "");
    }

    private static AiCall.Builder call() {
        return AiCall.builder("proxy", "p", "openai", "gpt-4.1").statistics(true);
    }

    private static TokenUsage usage(long prompt, long completion, long total) {
        return new TokenUsage(prompt, completion, total, TokenUsage.Provenance.REPORTED, Map.of(), Map.of(), false);
    }

    private static PluginTester tester(
            boolean perConsumer, boolean statusCodes, boolean bandwidth, boolean latency, boolean ai) {
        return PluginTester.of(
                new PrometheusFactory(),
                new PrometheusConfig(perConsumer, statusCodes, ai, latency, bandwidth, false, null));
    }
}
