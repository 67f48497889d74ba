package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The how-to on MCP traffic: its blocks and its shell loop, with the credentials that must stay secret as canaries. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class SeedMcpTrafficIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "SeedMcpTrafficIT";
    private static final Path EXAMPLE = Workplace.PACKAGED.resolve("examples/observe-mcp-traffic");
    private static final String OPENAI_KEY = "sk-canary-openai-2323";
    private static final String GITHUB_PAT = "ghp_canaryPersonalAccessToken4242";
    private static final String CLIENT_KEY = "hello_world";

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    /** Answers of the gateway's own making, which must not tell secrets either. */
    private static final StringBuilder REFUSALS = new StringBuilder();

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

        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/ai-proxy-advanced.yaml")))
                .isEqualTo(blocks.get(0).getBytes(StandardCharsets.UTF_8));
        assertThat(Files.readAllBytes(EXAMPLE.resolve("gatehouse/prometheus.yaml")))
                .isEqualTo(blocks.get(1).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    @Order(2)
    void aMissingOrWrongKeyIsRefusedInKongsWords() {
        String body = "{\"input\":\"hello\",\"tools\":[{\"type\":\"mcp\",\"server_label\":\"x\",\"headers\":"
                + "{\"Authorization\":\"Bearer " + GITHUB_PAT + "\"}}]}";

        HttpResponse<String> missing = gateway.post("/anything/v1/responses", body);
        HttpResponse<String> wrong = gateway.post("/anything/v1/responses", body, "apikey", "wrong-canary-key-77");

        assertThat(missing.statusCode()).isEqualTo(401);
        assertThat(Json.read(missing.body()).path("message").asText()).isEqualTo("No API key found in request");
        assertThat(missing.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(value -> assertThat(value).startsWith("Key"));
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(Json.read(wrong.body()).path("message").asText()).isEqualTo("Unauthorized");
        assertThat(simulator.ledger().seen()).isZero();
        REFUSALS.append(missing.body()).append(wrong.body());
    }

    @Test
    @Order(3)
    void theLoopOfTheHowToRunsAsItIsPrinted() throws Exception {
        String seed = Peers.seed("004", SUITE);
        Peers.program("curl", SUITE);
        Peers.program("jq", SUITE);
        Path bash = Peers.program("bash", SUITE);
        Matcher loop = Pattern.compile("```bash\\n(for i in .*?\\ndone\\n)```", Pattern.DOTALL)
                .matcher(seed);
        assertThat(loop.find()).isTrue();
        Path script = Workplace.write(gateway.folder().resolve("loop.sh"), loop.group(1));
        Map<String, String> environment = Workplace.cleanEnvironment();
        environment.put("GITHUB_PAT", GITHUB_PAT);

        Workplace.Ran ran = Workplace.run(
                gateway.folder(),
                environment,
                Duration.ofSeconds(90),
                bash.toString(),
                "-c",
                "set -o pipefail; bash <(sed -e 's/localhost:8000/localhost:" + gateway.proxyPort()
                        + "/' -e '/^ *sleep 3$/d' " + script + ")");

        assertThat(ran.exit()).as(ran.err()).isZero();
        List<String> models = new ArrayList<>();
        for (String line : ran.out().lines().toList()) {
            assertThat(line).matches("Request #" + (models.size() + 1) + " .* Model: gpt-4(o)?(-[0-9-]+)?");
            models.add(line.replaceAll(".*Model: ", "").startsWith("gpt-4o") ? "gpt-4o" : "gpt-4");
        }
        assertThat(models).hasSize(10);
        for (int i = 2; i < 10; i++) {
            assertThat(models.get(i)).isEqualTo(models.get(i - 2)).isNotEqualTo(models.get(i - 1));
        }
        assertThat(simulator.ledger().records()).hasSize(10).allSatisfy(SeedMcpTrafficIT::isWhatTheProviderMaySee);
    }

    private static void isWhatTheProviderMaySee(LedgerRecord call) {
        assertThat(call.path()).isEqualTo("/v1/responses");
        assertThat(call.bodyText()).contains("\"Authorization\": \"Bearer " + GITHUB_PAT + "\"");
        assertThat(call.authorization()).isEqualTo("Bearer " + OPENAI_KEY);
        assertThat(call.header("apikey")).isNull();
        assertThat(call.headers().toString()).doesNotContain(CLIENT_KEY);
    }

    @Test
    @Order(4)
    void aModelThatIsNotConfiguredIsRefused() {
        HttpResponse<String> refused = gateway.post(
                "/anything/v1/responses",
                "{\"model\":\"gpt-4.1\",\"input\":\"hello\",\"tools\":[{\"type\":\"mcp\",\"authorization\":\""
                        + GITHUB_PAT + "\"}]}",
                "apikey",
                CLIENT_KEY);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("cannot use own model - must be: gpt-4, gpt-4o");
        REFUSALS.append(refused.body());
    }

    @Test
    @Order(5)
    void prometheusAnswersTheSeriesThatAreShown() throws IOException {
        Path binary = Peers.prometheus(SUITE);
        Peers.seed("004", SUITE);
        Map<String, String> expected =
                new TreeMap<>(Map.of("gpt-4o/openai", "5", "gpt-4/openai", "5", "gpt-4.1/UNSPECIFIED", "1"));
        try (PrometheusServer prometheus = PrometheusServer.scraping(binary, "prometheus-004", gateway.adminPort())) {
            List<PrometheusServer.Series> answer = prometheus.await("kong_ai_llm_requests_total", series -> {
                Map<String, String> values = new TreeMap<>();
                series.forEach(one -> values.put(
                        one.labels().get("ai_model") + "/" + one.labels().get("ai_provider"), one.value()));
                return values.equals(expected);
            });

            assertThat(answer)
                    .allSatisfy(series -> assertThat(series.labels())
                            .containsOnlyKeys(
                                    "__name__",
                                    "ai_model",
                                    "ai_provider",
                                    "instance",
                                    "job",
                                    "request_mode",
                                    "workspace")
                            .containsEntry("workspace", "default")
                            .containsEntry("job", "kong"));
        }
    }

    @Test
    @Order(6)
    void noSecretIsInAnythingTheGatewayWrote() throws IOException {
        String written = gateway.log()
                + String.join("\n", gateway.entryLines())
                + REFUSALS
                + PackagedGateway.get(gateway.admin("/metrics")).body()
                + PackagedGateway.get(gateway.status("/metrics")).body()
                + PackagedGateway.get(gateway.admin("/metrics/internal")).body()
                + PackagedGateway.get(gateway.admin("/")).body()
                + PackagedGateway.get(gateway.status("/status")).body();

        // the payloads are logged: it is only the secrets that are not
        assertThat(written).contains("tools available with github mcp");
        assertThat(written)
                .doesNotContain(GITHUB_PAT)
                .doesNotContain(OPENAI_KEY)
                .doesNotContain(CLIENT_KEY)
                .doesNotContain("wrong-canary-key-77");
    }
}
