package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A plugin JAR that breaks in every phase, in every way: what the client gets, what the log says, and that others go on.
 * That nothing stays in flight and that each request is counted and logged is checked after every test.
 */
final class BrokenPluginIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final String TIME_LIMIT = "4s";
    private static final String PATH = "/v1/models";

    /** Everything that breaks while a request runs. */
    private static final List<String> SCENARIOS = List.of(
            "admit-throw",
            "admit-error",
            "admit-null",
            "admit-failed",
            "admit-never",
            "admit-overflow",
            "intercept-overflow",
            "intercept-twice",
            "intercept-block",
            "intercept-throw",
            "intercept-error",
            "intercept-null",
            "intercept-failed",
            "intercept-never",
            "item-throw",
            "item-error",
            "hold-never",
            "end-throw",
            "end-error",
            "end-null",
            "closed-throw",
            "closed-error",
            "log-throw",
            "log-error");

    private static Path plugins;
    private static LlmSimulator simulator;
    private static PackagedGateway gateway;
    private static PackagedGateway reloading;

    @BeforeAll
    static void start() throws Exception {
        plugins = Files.createDirectories(Workplace.folderFor("broken").resolve("plugins"));
        StandAloneBuild.copyJar(StandAloneBuild.ofFixture("broken-plugin"), plugins);
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        StringBuilder yaml = new StringBuilder(services());
        for (String scenario : SCENARIOS) {
            yaml.append(broken(scenario));
        }
        gateway = RUNNING.add(PackagedGateway.named("broken-gateway")
                .observed()
                .plugins(plugins)
                .env("GATEHOUSE_PLUGIN_TIME_LIMIT", TIME_LIMIT)
                .env("GATEHOUSE_EVENT_LOOPS", "1")
                .yaml("kong.yaml", yaml.toString())
                .start());
        gateway.planted("plugin=broken");
        reloading = RUNNING.add(own("broken-reloading", plugins, ""));
    }

    /** A service with a route that nothing breaks; {@link #broken} adds others. */
    private static String services() {
        return """
                services:
                  - name: web
                    url: %s
                    routes:
                      - {name: healthy, paths: [/healthy]}
                """.formatted(simulator.baseUrl());
    }

    private static String broken(String scenario) {
        int dash = scenario.indexOf('-');
        return """
                      - name: %s
                        paths: [/%s]
                        plugins:
                          - name: broken
                            config: {breaks_in: %s, how: "%s"}
                """.formatted(scenario, scenario, scenario.substring(0, dash), scenario.substring(dash + 1));
    }

    private static void othersGoOn(PackagedGateway gateway) {
        assertThat(PackagedGateway.get(gateway.proxy("/healthy" + PATH)).statusCode())
                .isEqualTo(200);
    }

    private static long failures(String phase) {
        return gateway.metrics().sum("gatehouse_plugin_errors_total", "plugin", "broken", "phase", phase);
    }

    @ParameterizedTest
    @CsvSource({
        "admit,throw",
        "admit,error",
        "admit,null",
        "admit,failed",
        "admit,never",
        "admit,overflow",
        "intercept,overflow",
        "intercept,throw",
        "intercept,error",
        "intercept,null",
        "intercept,failed",
        "intercept,never"
    })
    void anAnswerThatFailsIsA500(String phase, String how) {
        long before = failures(phase);

        HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/" + phase + "-" + how + PATH));

        assertThat(answer.statusCode()).isEqualTo(500);
        String id = answer.headers().firstValue("X-Kong-Request-Id").orElseThrow();
        JsonNode body = Json.read(answer.body());
        assertThat(body.path("message").asText()).isEqualTo("An unexpected error occurred");
        assertThat(body.path("request_id").asText()).isEqualTo(id);
        assertThat(answer.body()).doesNotContain("planted");
        gateway.awaitLog(0, " ERROR .*plugin failed: plugin=broken phase=" + phase + " request_id=" + id);
        assertThat(failures(phase)).isEqualTo(before + 1);
        othersGoOn(gateway);
    }

    @ParameterizedTest
    @CsvSource({"item,throw", "item,error", "end,throw", "end,error", "end,null", "closed,throw", "closed,error"})
    void aBodyThatFailsIsCutNotEnded(String method, String how) {
        int from = gateway.log().length();

        assertThatThrownBy(() -> PackagedGateway.get(gateway.proxy("/" + method + "-" + how + PATH)))
                .hasMessageContaining("no answer");

        gateway.awaitLog(
                from, " ERROR .*plugin failed: plugin=broken phase=transform culprit=com.example.broken.*\\." + method);
        JsonNode entry = entryOf(method + "-" + how);
        assertThat(entry.at("/gatehouse/end").asText()).isNotEqualTo("sent");
        othersGoOn(gateway);
    }

    @Test
    void aRequestThatIsSentOnTwiceIsAnsweredOnce() {
        int seen = simulator.ledger().records().size();

        HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/intercept-twice" + PATH));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(entryOf("intercept-twice").path("tries")).hasSize(2);
        assertThat(simulator.ledger().records()).hasSizeBetween(seen + 1, seen + 2);
        othersGoOn(gateway);
    }

    @Test
    void aPluginThatBlocksItsLoopIsNamedAndNothingIsLost() throws Exception {
        int from = gateway.log().length();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        answers.add(PackagedGateway.CLIENT.sendAsync(
                HttpRequest.newBuilder(gateway.proxy("/intercept-block" + PATH)).build(),
                HttpResponse.BodyHandlers.ofString()));
        for (int i = 0; i < 20; i++) {
            answers.add(PackagedGateway.CLIENT.sendAsync(
                    HttpRequest.newBuilder(gateway.proxy("/healthy" + PATH)).build(),
                    HttpResponse.BodyHandlers.ofString()));
        }
        gateway.awaitLog(from, " WARN .*an event loop is blocked: plugin=broken phase=intercept thread=");
        assertThat(gateway.metrics().sum("gatehouse_event_loop_blocked_total", "plugin", "broken"))
                .isEqualTo(1);
        assertThat(answers.get(0)).as("metrics do not wait for requests").isNotDone();
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        gateway.awaitLog(from, "at .*com\\.example\\.broken\\.Broken\\.intercept");
    }

    @Test
    void aProcessThatHasNoMemoryLeftEnds() throws Exception {
        try (PackagedGateway own = own("broken-memory", plugins, broken("intercept-out_of_memory"))) {
            assertThatThrownBy(() -> PackagedGateway.get(own.proxy("/intercept-out_of_memory" + PATH)))
                    .hasMessageContaining("no answer");

            assertThat(own.awaitEnd()).isEqualTo(3);
            own.kill();
            assertThat(own.log()).contains("Terminating due to java.lang.OutOfMemoryError");
        }
    }

    /** The entry of the only request to a route. */
    private static JsonNode entryOf(String route) {
        return Workplace.await(
                Workplace.SOON,
                () -> gateway.entries().stream()
                        .filter(entry -> entry.at("/route/name").asText().equals(route))
                        .findFirst()
                        .orElse(null),
                () -> "no log entry of " + route);
    }

    @Test
    void aBodyThatIsHeldForEverEndsWithItsClient() throws Exception {
        HttpResponse<InputStream> answer = PackagedGateway.CLIENT
                .sendAsync(
                        HttpRequest.newBuilder(gateway.proxy("/hold-never" + PATH))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .get(60, TimeUnit.SECONDS);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(gateway.metrics().sum("gatehouse_exchanges_in_flight")).isEqualTo(1);
        othersGoOn(gateway);

        answer.body().close();

        assertThat(entryOf("hold-never").at("/gatehouse/end").asText()).isEqualTo("client_gone");
    }

    @ParameterizedTest
    @CsvSource({"throw", "error"})
    void aLogThatFailsCostsTheClientNothing(String how) {
        long before = failures("log");

        HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/log-" + how + PATH));

        assertThat(answer.statusCode()).isEqualTo(200);
        String id = answer.headers().firstValue("X-Kong-Request-Id").orElseThrow();
        gateway.awaitLog(0, " ERROR .*plugin failed: plugin=broken phase=log request_id=" + id);
        assertThat(gateway.entry(id).at("/response/status").asInt()).isEqualTo(200);
        assertThat(failures("log")).isEqualTo(before + 1);
        othersGoOn(gateway);
    }

    /** A gateway of its own, which is told when to reload. */
    private static PackagedGateway own(String name, Path folder, String yaml) throws IOException {
        PackagedGateway own = PackagedGateway.named(name)
                .observed()
                .plugins(folder)
                .env("GATEHOUSE_PLUGIN_TIME_LIMIT", TIME_LIMIT)
                .env("GATEHOUSE_WATCH", "off")
                .yaml("kong.yaml", services() + yaml)
                .start();
        return own.planted("plugin=broken");
    }

    private static Path kong(PackagedGateway own) {
        return own.folder().resolve("kong.yaml");
    }

    private static List<String> errors(PackagedGateway own, int from) {
        return own.log()
                .substring(from)
                .lines()
                .filter(line -> line.contains(" ERROR "))
                .toList();
    }

    @Test
    void instancesThatCannotCloseAreLoggedAndTheNewConfigurationIsLive() throws Exception {
        try (PackagedGateway own =
                own("broken-close", plugins, broken("close-throw") + broken("close-error") + broken("close-never"))) {
            assertThat(PackagedGateway.get(own.proxy("/close-throw" + PATH)).statusCode())
                    .isEqualTo(200);
            int from = own.log().length();

            Workplace.write(kong(own), PackagedGateway.VERSION + services());
            own.hangUp();

            Workplace.awaitTrue(Workplace.SOON, () -> errors(own, from).size() == 3, own::log);
            assertThat(errors(own, from)).allMatch(line -> line.endsWith("plugin failed: plugin=broken phase=close"));
            own.awaitLog(from, "planted in CLOSE");
            own.awaitLog(from, "no return within 4000 ms");
            assertThat(PackagedGateway.get(own.proxy("/close-throw" + PATH)).statusCode())
                    .isEqualTo(404);
            othersGoOn(own);
        }
    }

    @ParameterizedTest
    @CsvSource({"throw", "error", "never"})
    void aFactoryThatCannotStopDoesNotKeepTheGatewayFromStopping(String how) throws Exception {
        try (PackagedGateway own = own("broken-stop-" + how, plugins, broken("stop-" + how))) {
            assertThat(PackagedGateway.get(own.proxy("/stop-" + how + PATH)).statusCode())
                    .isEqualTo(200);
            Conservation.verify(own);

            own.terminate();

            assertThat(own.awaitEnd()).isZero();
            assertThat(errors(own, 0)).singleElement().asString().endsWith("plugin failed: plugin=broken phase=stop");
        }
    }

    @Test
    void aFactoryWhoseJarIsTakenAwayMayFailToStop() throws Exception {
        Path folder =
                Files.createDirectories(Workplace.folderFor("broken-removed").resolve("plugins"));
        StandAloneBuild.copyJar(StandAloneBuild.ofFixture("broken-plugin"), folder);
        try (PackagedGateway own = own("broken-removed-gateway", folder, broken("stop-throw"))) {
            Workplace.write(kong(own), PackagedGateway.VERSION + services());
            try (Stream<Path> jars = Files.list(folder)) {
                for (Path jar : jars.toList()) {
                    Files.delete(jar);
                }
            }
            own.hangUp();

            own.awaitLog(0, " ERROR .*plugin failed: plugin=broken phase=stop");
            othersGoOn(own);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "validate,throw",
        "validate,error",
        "validate,never",
        "start,throw",
        "create,throw",
        "create,error",
        "create,null",
        "create,never"
    })
    void aReloadWithABrokenPluginIsRefusedAndTheOldConfigurationStays(String phase, String how) throws Exception {
        int from = reloading.log().length();
        long refused = refusals();
        Workplace.write(
                kong(reloading), PackagedGateway.VERSION + services().replace("/healthy", "/other") + one(phase, how));

        reloading.hangUp();

        reloading.awaitLog(from, " WARN .*the configuration was refused, the old one stays live: problems=1");
        assertThat(errors(reloading, from))
                .singleElement()
                .asString()
                .endsWith("plugin failed: plugin=" + named(phase) + " phase=" + phase);
        reloading.awaitLog(
                from,
                Pattern.quote(kong(reloading) + ":8:") + "\\d+ plugins\\[0].*: plugin " + named(phase) + " failed in "
                        + phase);
        othersGoOn(reloading);
        assertThat(PackagedGateway.get(reloading.proxy("/other" + PATH)).statusCode())
                .isEqualTo(404);
        assertThat(refusals()).isEqualTo(refused + 1);
    }

    private static long refusals() {
        return reloading.metrics().sum("gatehouse_config_reloads_total", "result", "failure");
    }

    @Test
    void aGoodConfigurationIsTakenAfterABrokenOne() throws Exception {
        try (PackagedGateway own = own("broken-then-good", plugins, "")) {
            Workplace.write(kong(own), PackagedGateway.VERSION + services() + one("create", "throw"));
            own.hangUp();
            own.awaitLog(0, "the old one stays live");

            Workplace.write(kong(own), PackagedGateway.VERSION + services().replace("/healthy", "/other"));
            own.hangUp();

            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> PackagedGateway.get(own.proxy("/other" + PATH)).statusCode() == 200,
                    own::log);
        }
    }

    /** The plugin that breaks in a phase; there is no config yet that could tell one to break in its start. */
    private static String named(String phase) {
        return phase.equals("start") ? "broken-start" : "broken";
    }

    /** A global plugin that breaks, on the line after {@link #services}. */
    private static String one(String phase, String how) {
        return "plugins:\n  - name: %s\n".formatted(named(phase))
                + (phase.equals("start") ? "" : "    config: {breaks_in: %s, how: \"%s\"}\n".formatted(phase, how));
    }

    @ParameterizedTest
    @CsvSource({
        "validate,throw",
        "validate,error",
        "validate,never",
        "start,throw",
        "start,error",
        "start,never",
        "create,throw",
        "create,error",
        "create,null",
        "create,never"
    })
    void aStartWithABrokenPluginIsRefused(String phase, String how) throws Exception {
        Path folder = Workplace.folderFor("refused-" + phase + "-" + how);
        Path file =
                Workplace.write(folder.resolve("kong.yaml"), PackagedGateway.VERSION + services() + one(phase, how));
        Map<String, String> environment = new HashMap<>(Workplace.cleanEnvironment());
        environment.put("KONG_PROXY_LISTEN", "127.0.0.1:0");
        environment.put("KONG_ADMIN_LISTEN", "off");
        environment.put("KONG_STATUS_LISTEN", "off");
        environment.put("GATEHOUSE_PLUGIN_TIME_LIMIT", TIME_LIMIT);
        environment.put("JAVA_OPTS", "-Dbroken.start=" + how);

        Workplace.Ran ran = Workplace.run(
                folder,
                environment,
                Duration.ofMinutes(2),
                Workplace.launcher().toString(),
                "start",
                "--config",
                file.toString(),
                "--plugins",
                plugins.toString());

        assertThat(ran.exit()).as(ran.err()).isEqualTo(2);
        assertThat((ran.err() + ran.out()).lines().filter(line -> line.startsWith(file + ":8:")))
                .singleElement()
                .asString()
                .contains("plugin " + named(phase) + " failed in " + phase);
    }
}
