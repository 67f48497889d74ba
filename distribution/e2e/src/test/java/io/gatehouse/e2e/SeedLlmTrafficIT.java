package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.Scope;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The how-to on LLM traffic: its blocks unchanged, ten chat requests, and what a real Prometheus then answers. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SeedLlmTrafficIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "SeedLlmTrafficIT";
    private static final Path EXAMPLE = Workplace.PACKAGED.resolve("examples/observe-llm-traffic");
    private static final String OPENAI_KEY = "sk-canary-openai-4711";
    private static final String MISTRAL_KEY = "canary-mistral-0815";
    private static final String QUESTION = "{\"messages\":[{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}]}";
    private static final String STREAMED =
            "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Why is the sky blue?\"}]}";

    /** Queries of the dashboard that answer nothing here, with the reason. */
    private static final Map<String, String> LEGITIMATELY_EMPTY = Map.of(
            "kong_ai_llm_cost_total", "the how-to configures no prices, so there is no cost and Kong shows no series");

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder()
                .keyFor("api.openai.com", OPENAI_KEY)
                .keyFor("api.mistral.ai", MISTRAL_KEY)
                .build()));
        simulator.behaviour(
                Scope.all().host("api.mistral.ai"),
                Behaviour.builder().usage(Behaviour.Usage.LAST_CHUNK).build());
        gateway = RUNNING.add(PackagedGateway.named("seed-000")
                .config(EXAMPLE.resolve("gatehouse"))
                .env("OPENAI_API_KEY", OPENAI_KEY)
                .env("MISTRAL_API_KEY", MISTRAL_KEY)
                .connectTo(simulator, "api.openai.com", "api.mistral.ai")
                .start());
    }

    @Test
    @Order(1)
    void theBlocksAreThoseOfTheHowTo() throws IOException {
        List<String> blocks = blocks(Peers.seed("000", SUITE));

        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/ai-proxy-advanced.yaml")))
                .isEqualTo(blocks.get(0).getBytes(StandardCharsets.UTF_8));
        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/prometheus.yaml")))
                .isEqualTo(blocks.get(1).getBytes(StandardCharsets.UTF_8));
    }

    /** What stands between the markers of a how-to's configuration blocks. */
    static List<String> blocks(String seed) {
        List<String> blocks = new ArrayList<>();
        String begin = "{% entity_examples %}\n";
        int at = seed.indexOf(begin);
        while (at >= 0) {
            int end = seed.indexOf("{% endentity_examples %}", at);
            blocks.add(seed.substring(at + begin.length(), end));
            at = seed.indexOf(begin, end);
        }
        return blocks;
    }

    @Test
    @Order(2)
    void tenRequestsAlternateAndEachProviderSeesItsOwnKeyOnly() {
        List<String> models = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            HttpResponse<String> answer = gateway.post("/anything", QUESTION);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(Json.read(answer.body()).at("/choices/0/message/content").asText())
                    .isEqualTo("Simulated answer to: Why is the sky blue?");
            models.add(answer.headers().firstValue("X-Kong-LLM-Model").orElse(""));
        }

        for (int i = 0; i < models.size(); i++) {
            assertThat(models.get(i)).isEqualTo(models.get(i % 2));
        }
        assertThat(models.subList(0, 2)).containsExactlyInAnyOrder("openai/gpt-4.1", "mistral/mistral-tiny");
        assertThat(simulator.ledger().host("api.openai.com")).hasSize(5).allSatisfy(call -> {
            assertThat(call.path()).isEqualTo("/v1/chat/completions");
            assertThat(call.model()).isEqualTo("gpt-4.1");
            assertThat(call.authorization()).isEqualTo("Bearer " + OPENAI_KEY);
            assertThat(call.headers().toString() + call.bodyText()).doesNotContain(MISTRAL_KEY);
            JsonNode body = Json.read(call.bodyText());
            assertThat(body.path("max_tokens").asInt()).isEqualTo(512);
            assertThat(body.path("temperature").asDouble()).isEqualTo(1.0);
        });
        assertThat(simulator.ledger().host("api.mistral.ai")).hasSize(5).allSatisfy(call -> {
            assertThat(call.path()).isEqualTo("/v1/chat/completions");
            assertThat(call.model()).isEqualTo("mistral-tiny");
            assertThat(call.authorization()).isEqualTo("Bearer " + MISTRAL_KEY);
            assertThat(call.headers().toString() + call.bodyText()).doesNotContain(OPENAI_KEY);
        });
        assertThat(simulator.ledger().seen()).isEqualTo(10);
    }

    @ParameterizedTest
    @Order(3)
    @ValueSource(strings = {"admin", "status"})
    void prometheusAnswersWhatTheLedgerSays(String listener) throws IOException {
        Path binary = Peers.prometheus(SUITE);
        int target = listener.equals("admin") ? gateway.adminPort() : gateway.statusPort();
        // given
        Map<String, String> expected = new TreeMap<>();
        for (LedgerRecord call : simulator.ledger().records()) {
            expected.merge(
                    (call.host().equals("api.openai.com") ? "openai/" : "mistral/") + call.model(),
                    "1",
                    (a, b) -> Integer.toString(Integer.parseInt(a) + Integer.parseInt(b)));
        }
        // when
        try (PrometheusServer prometheus = PrometheusServer.scraping(binary, "prometheus-000-" + listener, target)) {
            List<PrometheusServer.Series> answer = prometheus.await(
                    "kong_ai_llm_requests_total", series -> values(series).equals(expected));
            // then
            assertThat(answer).allSatisfy(series -> {
                assertThat(series.labels())
                        .containsOnlyKeys(
                                "__name__", "ai_model", "ai_provider", "instance", "job", "request_mode", "workspace");
                assertThat(series.labels())
                        .containsEntry("instance", "127.0.0.1:" + target)
                        .containsEntry("job", "kong")
                        .containsEntry("request_mode", "oneshot")
                        .containsEntry("workspace", "default");
            });
            // a scrape that comes too late leaves no series until the next one
            assertThat(prometheus.await("kong_ai_llm_tokens_total", series -> !series.isEmpty()))
                    .allSatisfy(series -> assertThat(series.labels())
                            .containsOnlyKeys(
                                    "__name__",
                                    "ai_model",
                                    "ai_provider",
                                    "instance",
                                    "job",
                                    "token_type",
                                    "workspace"));
            for (String type : List.of("prompt_tokens", "completion_tokens", "total_tokens")) {
                long ledger = simulator.ledger().records().stream()
                        .mapToLong(call -> switch (type) {
                            case "prompt_tokens" -> call.promptTokens();
                            case "completion_tokens" -> call.completionTokens();
                            default -> call.totalTokens();
                        })
                        .sum();
                prometheus.awaitValue(
                        "sum(kong_ai_llm_tokens_total{token_type=\"" + type + "\"})", Long.toString(ledger));
            }
            assertThat(prometheus.await("kong_http_requests_total", series -> !series.isEmpty()))
                    .singleElement()
                    .satisfies(series -> {
                        assertThat(series.labels())
                                .containsOnlyKeys(
                                        "__name__",
                                        "code",
                                        "instance",
                                        "job",
                                        "route",
                                        "service",
                                        "source",
                                        "workspace")
                                .containsEntry("code", "200")
                                .containsEntry("source", "service");
                        assertThat(series.value()).isEqualTo("10");
                    });
        }
    }

    private static Map<String, String> values(List<PrometheusServer.Series> series) {
        Map<String, String> values = new TreeMap<>();
        series.forEach(one ->
                values.put(one.labels().get("ai_provider") + "/" + one.labels().get("ai_model"), one.value()));
        return values;
    }

    @Test
    @Order(4)
    void theExpositionHasEveryLabelInKongsOrder() {
        String page = PackagedGateway.get(gateway.status("/metrics")).body();

        assertThat(page.lines().filter(line -> line.startsWith("kong_ai_llm_requests_total{")))
                .hasSize(2)
                .allMatch(
                        line -> line.matches("kong_ai_llm_requests_total\\{ai_provider=\"[a-z]+\",ai_model=\"[^\"]+\","
                                + "cache_status=\"\",vector_db=\"\",embeddings_provider=\"\",embeddings_model=\"\","
                                + "workspace=\"default\",consumer=\"\",request_mode=\"oneshot\"} 5"));
        // all that stands on this page is Kong's or ours: no names of the JVM's or of libraries
        assertThat(page.lines().filter(line -> !line.matches("(# (HELP|TYPE) )?(kong|gatehouse)_.*")))
                .isEmpty();
    }

    @Test
    @Order(5)
    void everyQueryOfTheDashboardAnswersData() throws IOException {
        Path binary = Peers.prometheus(SUITE);
        Path folder = Workplace.PACKAGED.resolve("examples/grafana/dashboards");
        Set<String> queries = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                JsonNode dashboard = Json.read(Files.readString(file));
                dashboard.findValuesAsText("expr").forEach(queries::add);
                for (JsonNode variable : dashboard.at("/templating/list")) {
                    String query = variable.at("/query/query").asText();
                    if (query.startsWith("label_values(")) {
                        int comma = query.lastIndexOf(',');
                        queries.add("count by ("
                                + query.substring(comma + 1, query.length() - 1).trim() + ") ("
                                + query.substring("label_values(".length(), comma) + ")");
                    }
                }
            }
        }
        assertThat(queries).as("queries of the dashboards in " + folder).hasSizeGreaterThan(10);
        try (PrometheusServer prometheus =
                PrometheusServer.scraping(binary, "prometheus-dashboard", gateway.statusPort())) {
            // a rate needs a series that grows between two scrapes
            traffic();
            prometheus.awaitScrapes(3);
            traffic();
            prometheus.awaitScrapes(3);
            List<String> wrong = new ArrayList<>();
            for (String query : queries) {
                String concrete = query.replace("$__rate_interval", "1m")
                        .replace("$__range", "5m")
                        .replace("$__interval", "15s")
                        .replaceAll("\\$\\{?(instance|ai_provider|ai_model|service|route|datasource)}?", ".*");
                boolean mayBeEmpty = LEGITIMATELY_EMPTY.keySet().stream().anyMatch(query::contains);
                if (!mayBeEmpty && !hasData(prometheus.query(concrete))) {
                    traffic(); // a scrape may have come too late, and that leaves no series
                    prometheus.awaitScrapes(3);
                    List<PrometheusServer.Series> series = prometheus.query(concrete);
                    if (!hasData(series)) {
                        wrong.add(concrete + " -> " + series);
                    }
                }
            }
            assertThat(wrong).isEmpty();
        }
    }

    private static boolean hasData(List<PrometheusServer.Series> series) {
        return series.stream().anyMatch(one -> !one.value().equals("NaN"));
    }

    private static void traffic() {
        for (int i = 0; i < 4; i++) {
            assertThat(gateway.post("/anything", QUESTION).statusCode()).isEqualTo(200);
            assertThat(gateway.post("/anything", STREAMED).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.post("/anything", "{\"model\":\"nobodys\",\"messages\":[]}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(gateway.post("/nowhere", "{}").statusCode()).isEqualTo(404);
    }

    @Test
    @Order(6)
    void noKeyIsInAnythingTheGatewayWrote() {
        String written = gateway.log()
                + String.join("\n", gateway.entryLines())
                + PackagedGateway.get(gateway.admin("/metrics")).body()
                + PackagedGateway.get(gateway.admin("/")).body()
                + PackagedGateway.get(gateway.status("/status")).body();

        assertThat(written).doesNotContain(OPENAI_KEY).doesNotContain(MISTRAL_KEY);
    }
}
