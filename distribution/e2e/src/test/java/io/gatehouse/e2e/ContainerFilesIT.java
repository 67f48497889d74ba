package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The files for containers, as far as that goes without a container engine: what they name is there, what they set is
 * understood, and the gateway serves with it. No container is run.
 */
final class ContainerFilesIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SUITE = "ContainerFilesIT";
    private static final Path EXAMPLES = Workplace.REPOSITORY.resolve("examples");
    private static final Path DOCKERFILE = Workplace.REPOSITORY.resolve("distribution/Dockerfile");

    @SuppressWarnings("unchecked") // what is not of this shape fails the test
    private static Map<String, Object> map(@Nullable Object node) {
        return (Map<String, Object>) requireNonNull(node);
    }

    @SuppressWarnings("unchecked") // what is not of this shape fails the test
    private static List<String> list(@Nullable Object node) {
        return (List<String>) requireNonNull(node);
    }

    private static Map<String, Object> yaml(Path file) throws IOException {
        LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
        return map(new Load(settings).loadFromString(Files.readString(file)));
    }

    private static Map<String, Object> services(String example) throws IOException {
        return map(yaml(EXAMPLES.resolve(example).resolve("compose.yaml")).get("services"));
    }

    /** What the image sets. */
    private static Map<String, String> imageEnvironment() throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        Matcher set = Pattern.compile("(GATEHOUSE_[A-Z_]+)=(\\S+)").matcher(Files.readString(DOCKERFILE));
        while (set.find()) {
            environment.put(set.group(1), set.group(2));
        }
        return environment;
    }

    @ParameterizedTest
    @ValueSource(strings = {"observe-llm-traffic", "observe-mcp-traffic"})
    void whatAComposeFileMountsAndBuildsIsThere(String example) throws IOException {
        Path folder = EXAMPLES.resolve(example);
        Map<String, Object> services = services(example);

        assertThat(services).containsOnlyKeys("gatehouse", "prometheus", "grafana");
        for (Object service : services.values()) {
            for (String volume : list(map(service).get("volumes"))) {
                assertThat(folder.resolve(volume.substring(0, volume.indexOf(':'))))
                        .as(volume)
                        .exists();
                assertThat(volume).endsWith(":ro");
            }
        }
        Map<String, Object> build = map(map(services.get("gatehouse")).get("build"));
        Path context =
                folder.resolve((String) requireNonNull(build.get("context"))).normalize();
        assertThat(context.resolve((String) requireNonNull(build.get("dockerfile")))
                        .normalize())
                .isEqualTo(DOCKERFILE);
        Matcher added = Pattern.compile("^ADD (\\S+) ", Pattern.MULTILINE).matcher(Files.readString(DOCKERFILE));
        assertThat(added.find()).isTrue();
        assertThat(context.resolve(added.group(1))).isRegularFile();
        assertThat(Files.readString(DOCKERFILE))
                .contains("ENTRYPOINT [\"/opt/" + added.group(1).replace(".tar.gz", "") + "/bin/gatehouse\"]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"observe-llm-traffic", "observe-mcp-traffic"})
    void thePrometheusOfAComposeFileScrapesItsGateway(String example) throws Exception {
        Path folder = EXAMPLES.resolve(example);
        Map<String, Object> gateway = map(services(example).get("gatehouse"));
        List<String> aliases =
                list(map(map(gateway.get("networks")).get("default")).get("aliases"));
        String admin = (String) requireNonNull(map(gateway.get("environment")).get("GATEHOUSE_ADMIN_LISTEN"));

        assertThat(Files.readString(folder.resolve("prometheus-compose.yml")))
                .contains("targets: ['" + aliases.get(0) + admin.substring(admin.indexOf(':')) + "']");
        Path promtool = Peers.program("promtool", SUITE);
        for (String file : List.of("prometheus.yml", "prometheus-compose.yml")) {
            Workplace.Ran ran = Workplace.run(
                    Workplace.folderFor("promtool"),
                    Workplace.cleanEnvironment(),
                    Workplace.SOON,
                    promtool.toString(),
                    "check",
                    "config",
                    folder.resolve(file).toString());
            assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
        }
    }

    /** The gateway in an environment as the image and the compose file make it, on free ports and with the simulator. */
    @ParameterizedTest
    @ValueSource(strings = {"observe-llm-traffic", "observe-mcp-traffic"})
    void theGatewayServesWithWhatTheContainerSets(String example) throws IOException {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Map<String, String> environment = imageEnvironment();
        Map<String, Object> gateway = map(services(example).get("gatehouse"));
        map(gateway.get("environment"))
                .forEach((name, value) -> environment.put(
                        name, String.valueOf(value).startsWith("${") ? "a-key" : String.valueOf(value)));
        String mounted = list(gateway.get("volumes")).get(0);
        assertThat(mounted).isEqualTo("./gatehouse:" + environment.remove("GATEHOUSE_CONFIG") + ":ro");
        PackagedGateway.Builder builder = PackagedGateway.named("container-" + example)
                .kongVariables()
                .config(EXAMPLES.resolve(example).resolve("gatehouse"))
                .connectTo(simulator, "api.openai.com", "api.mistral.ai");
        environment.forEach((name, value) -> builder.env(
                name,
                value.replace("/opt/gatehouse-0.1.0", Workplace.PACKAGED.toString())
                        .replaceFirst(":[0-9]+$", ":0")));
        PackagedGateway started = RUNNING.add(builder.start());

        HttpResponse<String> answer = example.contains("llm")
                ? started.post("/anything", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                : started.post("/anything/v1/responses", "{\"input\":\"hi\"}", "apikey", "hello_world");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(started.log()).doesNotContain("has no effect");
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> PackagedGateway.get(started.admin("/metrics")).body().contains("kong_ai_llm_requests_total{"),
                () -> "the request is not counted");
    }

    @Test
    void grafanaFindsTheDashboardsWhereTheyAreMounted() throws IOException {
        Path provisioning = EXAMPLES.resolve("grafana/provisioning");
        Map<String, Object> dashboards = yaml(provisioning.resolve("dashboards/gatehouse.yaml"));
        Map<String, Object> sources = yaml(provisioning.resolve("datasources/prometheus.yaml"));
        assertThat(dashboards).containsKey("providers");
        assertThat(sources).containsKey("datasources");
        String provider = Files.readString(provisioning.resolve("dashboards/gatehouse.yaml"));
        String source = Files.readString(provisioning.resolve("datasources/prometheus.yaml"));
        for (String example : List.of("observe-llm-traffic", "observe-mcp-traffic")) {
            Map<String, Object> grafana = map(services(example).get("grafana"));
            assertThat(list(grafana.get("volumes")))
                    .contains(
                            "../grafana/dashboards:/var/lib/grafana/dashboards:ro",
                            "../grafana/provisioning:/etc/grafana/provisioning:ro");
            assertThat(map(grafana.get("environment"))).containsKey("PROMETHEUS_URL");
        }
        assertThat(provider).contains("path: /var/lib/grafana/dashboards");
        assertThat(source).contains("type: prometheus", "url: ${PROMETHEUS_URL}");
        try (Stream<Path> files = Files.list(EXAMPLES.resolve("grafana/dashboards"))) {
            assertThat(files.toList())
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(
                                    Json.read(Files.readString(file)).at("/templating/list"))
                            .anySatisfy(variable -> {
                                assertThat(variable.path("name").asText()).isEqualTo("datasource");
                                assertThat(variable.path("query").asText()).isEqualTo("prometheus");
                            }));
        }
    }
}
