package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plugin JARs of separate builds, made from the distribution's own sdk folder, in the packaged gateway. */
final class PluginJarsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String SERVICE = """
            services:
              - name: web
                url: %s
                routes:
                  - name: all
                    paths: [/]
            """;

    private static Path plugins;
    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void build() throws Exception {
        plugins = Files.createDirectories(Workplace.folderFor("plugin-jars").resolve("plugins"));
        Path fixtures = Workplace.REPOSITORY.resolve("distribution/e2e/fixtures");
        copy(built(Workplace.REPOSITORY.resolve("examples/hello-plugin")).resolve("hello-plugin-1.0.0.jar"), plugins);
        copy(onlyJar(built(fixtures.resolve("plugin-a"))), plugins);
        Path folder = Files.createDirectories(plugins.resolve("plugin-b"));
        try (Stream<Path> jars = Files.list(built(fixtures.resolve("plugin-b")).resolve("plugin-b"))) {
            for (Path jar : jars.toList()) {
                copy(jar, folder);
            }
        }
        copy(onlyJar(built(fixtures.resolve("broken-plugin"))), plugins);
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        gateway = RUNNING.add(PackagedGateway.named("plugin-jars-gateway")
                .observed()
                .plugins(plugins)
                .env("GATEHOUSE_PLUGIN_TIME_LIMIT", "500ms")
                .yaml("kong.yaml", SERVICE.formatted(simulator.baseUrl()) + """
                        plugins:
                          - name: hello
                            config: {greeting: good day}
                          - name: plugin-a
                          - name: plugin-b
                          - name: broken
                            config: {breaks_in: intercept, how: throw, only_for: intercept}
                        """)
                .start());
        gateway.planted("plugin=broken");
    }

    /** Builds a copy of a project with the Maven on the PATH; its target folder. */
    private static Path built(Path project) throws Exception {
        Path copy = Workplace.folderFor("build-" + project.getFileName());
        try (Stream<Path> files = Files.walk(project)) {
            for (Path file :
                    files.filter(f -> !f.startsWith(project.resolve("target"))).toList()) {
                Path to = copy.resolve(project.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        // a copy of the API that an earlier build left in Maven's own repository would win over the sdk folder
        Path stale = Path.of(System.getProperty("user.home"), ".m2/repository/io/gatehouse");
        if (Files.isDirectory(stale)) {
            try (Stream<Path> files = Files.walk(stale)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.remove("MAVEN_OPTS");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        Workplace.Ran ran = Workplace.run(
                copy,
                environment,
                Duration.ofMinutes(5),
                Peers.program("mvn", "PluginJarsIT").toString(),
                "-q",
                "-B",
                "-Dgatehouse.home=" + Workplace.PACKAGED,
                "package");
        assertThat(ran.exit()).as(project + "\n" + ran.out() + ran.err()).isZero();
        return copy.resolve("target");
    }

    private static Path onlyJar(Path target) throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.toString().endsWith(".jar")
                            && !file.getFileName().toString().startsWith("original-"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void copy(Path jar, Path folder) throws IOException {
        Files.copy(jar, folder.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aPluginOfAStrangerAddsItsHeaderCountsAndLogs() {
        HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/v1/models"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Hello")).hasValue("good day");
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.metrics().sum("gatehouse_plugin_hello_greetings_total") >= 1,
                () -> "no greeting was counted");
        assertThat(gateway.log()).contains("greeted route=all status=200");
    }

    @Test
    void twoPluginsUseTwoVersionsOfOneLibrary() {
        HttpResponse<String> answer = PackagedGateway.get(gateway.proxy("/v1/models"));
        List<String> a = answer.headers().allValues("X-Plugin-A-Classes");
        List<String> b = answer.headers().allValues("X-Plugin-B-Classes");
        assertThat(a).hasSize(1);
        assertThat(b).hasSize(1);
        assertThat(a).isNotEqualTo(b);
        assertThat(answer.headers().allValues("X-Plugin-A-Resources")).isEqualTo(a);
        assertThat(answer.headers().allValues("X-Plugin-B-Resources")).isEqualTo(b);
    }

    @Test
    void aBrokenPluginCostsOnlyTheRequestThatItBreaks() {
        HttpResponse<String> broken = PackagedGateway.get(gateway.proxy("/v1/models?intercept"));
        assertThat(broken.statusCode()).isEqualTo(500);
        String id = broken.headers().firstValue("X-Kong-Request-Id").orElseThrow();
        assertThat(broken.body()).contains("An unexpected error occurred").contains(id);
        assertThat(PackagedGateway.get(gateway.proxy("/v1/models")).statusCode())
                .isEqualTo(200);
        assertThat(gateway.log()).containsPattern("ERROR .*plugin=broken phase=intercept request_id=" + id);
        assertThat(gateway.metrics().sum("gatehouse_plugin_errors_total", "plugin", "broken"))
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource({"intercept,null", "intercept,failed", "intercept,never", "admit,throw", "log,throw", "item,throw"})
    void everyPhaseHasItsOutcome(String where, String how) throws Exception {
        try (PackagedGateway own = PackagedGateway.named("broken-" + where + "-" + how)
                .observed()
                .plugins(plugins)
                .env("GATEHOUSE_PLUGIN_TIME_LIMIT", "500ms")
                .yaml(
                        "kong.yaml",
                        SERVICE.formatted(simulator.baseUrl())
                                + "plugins:\n  - name: broken\n    config: {breaks_in: %s, how: \"%s\", only_for: now}\n"
                                        .formatted(where, how))
                .start()) {
            own.planted("plugin=broken");
            switch (where) {
                case "log" ->
                    assertThat(PackagedGateway.get(own.proxy("/v1/models?now")).statusCode())
                            .isEqualTo(200);
                case "item" -> {
                    try {
                        PackagedGateway.get(own.proxy("/v1/models?now"));
                        throw new IllegalStateException("the body came whole");
                    } catch (AssertionError cutOff) {
                        assertThat(cutOff).hasMessageContaining("no answer");
                    }
                }
                default ->
                    assertThat(PackagedGateway.get(own.proxy("/v1/models?now")).statusCode())
                            .isEqualTo(500);
            }
            assertThat(PackagedGateway.get(own.proxy("/v1/models")).statusCode())
                    .isEqualTo(200);
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> own.log().contains("plugin=broken phase=" + (where.equals("item") ? "transform" : where)),
                    own::log);
            Conservation.verify(own);
        }
    }

    @ParameterizedTest
    @CsvSource({"validate,throw", "create,throw", "create,null"})
    void aConfigurationWithABrokenPluginIsRefusedAtStart(String where, String how) throws Exception {
        Path folder = Workplace.folderFor("refused-" + where + "-" + how);
        Path file = Workplace.write(
                folder.resolve("kong.yaml"),
                PackagedGateway.VERSION
                        + SERVICE.formatted(simulator.baseUrl())
                        + "plugins:\n  - name: broken\n    config: {breaks_in: %s, how: \"%s\"}\n"
                                .formatted(where, how));
        Workplace.Ran ran = start(folder, file);
        assertThat(ran.exit()).as(ran.err()).isEqualTo(2);
        assertThat(ran.err() + ran.out()).contains(file + ":9:").contains("plugin broken failed in " + where);
    }

    @Test
    void aFactoryThatCannotStartRefusesTheConfiguration() throws Exception {
        Path folder = Workplace.folderFor("refused-start");
        Path file = Workplace.write(
                folder.resolve("kong.yaml"),
                PackagedGateway.VERSION + SERVICE.formatted(simulator.baseUrl())
                        + "plugins:\n  - name: broken-start\n");
        Workplace.Ran ran = start(folder, file);
        assertThat(ran.exit()).as(ran.err()).isEqualTo(2);
        assertThat(ran.err() + ran.out()).contains("plugin broken-start failed in start");
    }

    private static Workplace.Ran start(Path folder, Path file) throws Exception {
        Map<String, String> environment = new HashMap<>(Workplace.cleanEnvironment());
        environment.put("KONG_PROXY_LISTEN", "127.0.0.1:0");
        environment.put("KONG_ADMIN_LISTEN", "off");
        environment.put("KONG_STATUS_LISTEN", "off");
        return Workplace.run(
                folder,
                environment,
                Duration.ofSeconds(60),
                Workplace.PACKAGED.resolve("bin/gatehouse").toString(),
                "start",
                "--config",
                file.toString(),
                "--plugins",
                plugins.toString());
    }
}
