package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The how-to on MCP traffic: its blocks unchanged, its shell loop as printed, and what a real Prometheus then answers. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SeedMcpTrafficIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "SeedMcpTrafficIT";
    private static final Path EXAMPLE = Workplace.PACKAGED.resolve("examples/observe-mcp-traffic");
    private static final String OPENAI_KEY = "sk-canary-openai-0042";
    private static final String GITHUB_PAT = "ghp_canary4711";
    private static final String CLIENT_KEY = "hello_world";
    private static final String PATH = "/anything/v1/responses";
    private static final String INPUT = "{\"input\":\"tools available with github mcp\"}";

    // OpenAI answers with the dated name of a model, and the simulator does as it does
    private static final String GPT_4 = "gpt-4-0613";
    private static final String GPT_4O = "gpt-4o-2024-08-06";

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(
                SimulatorOptions.builder().keyFor("api.openai.com", OPENAI_KEY).build()));
        gateway = RUNNING.add(PackagedGateway.named("seed-004")
                .config(EXAMPLE.resolve("gatehouse"))
                .env("OPENAI_API_KEY", OPENAI_KEY)
                .connectTo(simulator, "api.openai.com")
                .start());
    }

    @Test
    @Order(1)
    void theBlocksAreThoseOfTheHowTo() throws IOException {
        List<String> blocks = SeedLlmTrafficIT.blocks(Peers.seed("004", SUITE));

        assertThat(blocks).hasSize(2);
        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/ai-proxy-advanced.yaml")))
                .isEqualTo(blocks.get(0).getBytes(StandardCharsets.UTF_8));
        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/prometheus.yaml")))
                .isEqualTo(blocks.get(1).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @Order(2)
    void aMissingOrWrongKeyIsRefusedInKongsWords() {
        HttpResponse<String> missing = gateway.post(PATH, INPUT);
        HttpResponse<String> wrong = gateway.post(PATH, INPUT, "apikey", "hello_nobody");

        assertThat(missing.statusCode()).isEqualTo(401);
        assertThat(Json.read(missing.body()).path("message").asText()).isEqualTo("No API key found in request");
        assertThat(missing.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Key"));
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(Json.read(wrong.body()).path("message").asText()).isEqualTo("Unauthorized");
        for (HttpResponse<String> answer : List.of(missing, wrong)) {
            assertThat(Json.read(answer.body()).path("request_id").asText())
                    .isEqualTo(answer.headers().firstValue("X-Kong-Request-Id").orElse("no header"));
        }
        assertThat(simulator.ledger().seen()).isZero();
    }

    @Test
    @Order(3)
    void theShellLoopOfTheHowToPrintsBothModelsInTurn() throws Exception {
        Path bash = Peers.program("bash", SUITE);
        Peers.program("curl", SUITE);
        Peers.program("jq", SUITE);
        String loop = shellLoop(Peers.seed("004", SUITE));
        Path script = Workplace.write(gateway.folder().resolve("loop.sh"), loop);
        Map<String, String> environment = Workplace.cleanEnvironment();
        environment.put("GITHUB_PAT", GITHUB_PAT);

        Workplace.Ran ran =
                Workplace.run(gateway.folder(), environment, Duration.ofMinutes(2), bash.toString(), script.toString());

        assertThat(ran.err()).isEmpty();
        assertThat(ran.exit()).isZero();
        List<String> models = ran.out()
                .lines()
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
        assertThat(models).as(ran.out()).hasSize(10);
        for (int i = 0; i < models.size(); i++) {
            assertThat(models.get(i)).isEqualTo(models.get(i % 2));
        }
        assertThat(models.subList(0, 2)).containsExactlyInAnyOrder(GPT_4, GPT_4O);
        assertThat(ran.out().lines()).element(9).asString().startsWith("Request #10 ");
        assertThat(simulator.ledger().seen()).isEqualTo(10);
        assertThat(simulator.ledger().records()).allSatisfy(call -> {
            assertThat(call.host()).isEqualTo("api.openai.com");
            assertThat(call.path()).isEqualTo("/v1/responses");
            assertThat(call.authorization()).isEqualTo("Bearer " + OPENAI_KEY);
            JsonNode body = Json.read(call.bodyText());
            assertThat(body.path("input").asText()).isEqualTo("tools available with github mcp");
            assertThat(body.path("max_output_tokens").asInt()).isEqualTo(512);
        });
        assertThat(simulator.ledger().model("gpt-4")).hasSize(5);
        assertThat(simulator.ledger().model("gpt-4o")).hasSize(5);
    }

    /** The loop as it is printed, without its wait and with this gateway's port. */
    private static String shellLoop(String seed) {
        String begin = "```bash\nfor i in ";
        int at = seed.indexOf(begin);
        assertThat(at).as("the loop of the how-to").isNotNegative();
        int end = seed.indexOf("\n```", at);
        String loop = seed.substring(at + "```bash\n".length(), end) + "\n";
        assertThat(loop).containsOnlyOnce("  sleep 3\n").containsOnlyOnce("localhost:8000/");
        return loop.replace("  sleep 3\n", "").replace("localhost:8000/", "localhost:" + gateway.proxyPort() + "/");
    }

    /** A body as the how-to's, secret included; for what is tried beside its loop, or without it. */
    private static String body(String members) {
        return """
                {"tools":[{"type":"mcp","server_label":"gitmcp","require_approval":"never",
                  "server_url":"https://api.githubcopilot.com/mcp/x/repos",
                  "headers":{"Authorization":"Bearer %s"}}],
                 "input":"tools available with github mcp"%s}""".formatted(GITHUB_PAT, members);
    }

    /** Where the text of the how-to is not at hand its loop was skipped; what comes after it needs its requests. */
    private static void afterTheLoop() {
        if (simulator.ledger().seen() == 0) {
            for (int i = 0; i < 10; i++) {
                assertThat(gateway.post(PATH, body(""), "apikey", CLIENT_KEY).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    @Order(4)
    void aModelThatIsNotConfiguredIsRefusedBeforeATargetIsChosen() {
        afterTheLoop();
        long before = simulator.ledger().seen();

        HttpResponse<String> answer = gateway.post(PATH, body(",\"model\":\"gpt-4.1\""), "apikey", CLIENT_KEY);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("cannot use own model - must be: gpt-4, gpt-4o")
                .doesNotContain(GITHUB_PAT);
        assertThat(simulator.ledger().seen()).isEqualTo(before);
    }

    @Test
    @Order(5)
    void prometheusAnswersThePrintedSeries() throws IOException {
        Path binary = Peers.prometheus(SUITE);
        // given
        Map<String, String> expected = new TreeMap<>();
        for (String model : List.of("gpt-4", "gpt-4o")) {
            expected.put(
                    "openai/" + model,
                    Integer.toString(simulator.ledger().model(model).size()));
        }
        expected.put("UNSPECIFIED/gpt-4.1", "1");
        // when
        try (PrometheusServer prometheus = PrometheusServer.scraping(binary, "prometheus-004", gateway.adminPort())) {
            List<PrometheusServer.Series> answer = prometheus.await(
                    "kong_ai_llm_requests_total", series -> values(series).equals(expected));
            // then
            assertThat(answer)
                    .hasSize(3)
                    .allSatisfy(series -> assertThat(series.labels())
                            .containsOnlyKeys(
                                    "__name__",
                                    "ai_model",
                                    "ai_provider",
                                    "instance",
                                    "job",
                                    "request_mode",
                                    "workspace")
                            .containsEntry("instance", "127.0.0.1:" + gateway.adminPort())
                            .containsEntry("job", "kong")
                            .containsEntry("request_mode", "oneshot")
                            .containsEntry("workspace", "default"));
            for (String type : List.of("prompt_tokens", "completion_tokens", "total_tokens")) {
                long ledger = simulator.ledger().records().stream()
                        .mapToLong(call -> tokens(call, type))
                        .sum();
                // a scrape that comes too late leaves no series until the next one
                prometheus.awaitValue(
                        "sum(kong_ai_llm_tokens_total{token_type=\"" + type + "\"})", Long.toString(ledger));
            }
            Map<String, String> codes = new TreeMap<>();
            prometheus
                    .await("sum by (code) (kong_http_requests_total)", series -> !series.isEmpty())
                    .forEach(series -> codes.put(series.labels().getOrDefault("code", ""), series.value()));
            assertThat(codes).isEqualTo(Map.of("200", "10", "400", "1", "401", "2"));
        }
    }

    private static long tokens(LedgerRecord call, String type) {
        return switch (type) {
            case "prompt_tokens" -> call.promptTokens();
            case "completion_tokens" -> call.completionTokens();
            default -> call.totalTokens();
        };
    }

    private static Map<String, String> values(List<PrometheusServer.Series> series) {
        Map<String, String> values = new TreeMap<>();
        series.forEach(one ->
                values.put(one.labels().get("ai_provider") + "/" + one.labels().get("ai_model"), one.value()));
        return values;
    }

    @Test
    @Order(6)
    void theSecretsReachTheProviderOnlyAndNothingThatTheGatewayWrote() {
        List<LedgerRecord> calls = simulator.ledger().records();
        HttpResponse<String> malformed = gateway.post(PATH, body("} nonsense"), "apikey", CLIENT_KEY);
        assertThat(malformed.statusCode()).isEqualTo(400);
        assertThat(malformed.body()).doesNotContain(GITHUB_PAT);
        gateway.entry(malformed.headers().firstValue("X-Kong-Request-Id").orElseThrow());
        String written = gateway.log()
                + String.join("\n", gateway.entryLines())
                + PackagedGateway.get(gateway.admin("/metrics")).body()
                + PackagedGateway.get(gateway.status("/metrics")).body()
                + PackagedGateway.get(gateway.admin("/metrics/internal")).body()
                + PackagedGateway.get(gateway.admin("/")).body()
                + PackagedGateway.get(gateway.status("/status")).body();

        assertThat(calls).hasSize(10).allSatisfy(call -> {
            assertThat(Json.read(call.bodyText())
                            .at("/tools/0/headers/Authorization")
                            .asText())
                    .isEqualTo("Bearer " + GITHUB_PAT);
            assertThat(call.headers().toString() + call.query()).doesNotContain(GITHUB_PAT);
            assertThat(call.header("apikey")).isNull();
            assertThat(call.headers().toString() + call.query() + call.bodyText())
                    .doesNotContain(CLIENT_KEY);
        });
        assertThat(written)
                .doesNotContain(GITHUB_PAT)
                .doesNotContain(OPENAI_KEY)
                .doesNotContain(CLIENT_KEY)
                .doesNotContain("hello_nobody");
        // the payloads are logged all the same: it is the secret in them that is not
        assertThat(gateway.entries().stream().map(entry -> entry.path("ai").toString()))
                .filteredOn(ai -> ai.contains("tools available with github mcp"))
                .hasSizeGreaterThanOrEqualTo(10)
                .allMatch(ai -> !ai.contains(GITHUB_PAT));
    }
}
