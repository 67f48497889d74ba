package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LlmSimulator;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Plugin JARs of separate builds, made from the distribution's own sdk folder, in the packaged gateway. */
final class PluginJarsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static PackagedGateway gateway;
    private static Path folder;

    @BeforeAll
    static void build() throws Exception {
        folder = Workplace.folderFor("plugin-jars");
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        StandAloneBuild.copyJar(StandAloneBuild.of(Workplace.REPOSITORY.resolve("examples/hello-plugin")), plugins);
        StandAloneBuild.copyJar(StandAloneBuild.of(Workplace.REPOSITORY.resolve("examples/mask-plugin")), plugins);
        StandAloneBuild.copyJar(StandAloneBuild.ofFixture("plugin-a"), plugins);
        Path pluginB = Files.createDirectories(plugins.resolve("plugin-b"));
        try (Stream<Path> jars =
                Files.list(StandAloneBuild.ofFixture("plugin-b").resolve("plugin-b"))) {
            for (Path jar : jars.toList()) {
                Files.copy(jar, pluginB.resolve(jar.getFileName()));
            }
        }
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        gateway = RUNNING.add(PackagedGateway.named("plugin-jars-gateway")
                .observed()
                .plugins(plugins)
                .yaml("kong.yaml", """
                        services:
                          - name: web
                            url: %s
                            routes:
                              - name: all
                                paths: [/]
                        plugins:
                          - name: hello
                            config: {greeting: good day}
                          - name: mask
                            config: {words: [gpt-4o], mask: "(a model)"}
                          - name: plugin-a
                          - name: plugin-b
                        """.formatted(simulator.baseUrl()))
                .start());
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
        gateway.awaitLog(0, "greeted route=all status=200");
    }

    @Test
    void theSchemaOfAPluginOfAStrangerIsShownAsItsReadmeSays() throws Exception {
        String readme = Workplace.read(Workplace.REPOSITORY.resolve("examples/hello-plugin/README.md"));
        Matcher command =
                Pattern.compile("\\$home/bin/gatehouse schema [^`#\n]*").matcher(readme);
        assertThat(command.find()).isTrue();
        Workplace.Ran ran = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                Duration.ofMinutes(1),
                "sh",
                "-c",
                "home='" + Workplace.PACKAGED + "'; " + command.group());
        assertThat(ran.exit()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("\"greeting\"");
    }

    @Test
    void aPluginOfAStrangerRewritesAStream() {
        HttpResponse<String> answer = gateway.post(
                "/v1/chat/completions",
                "{\"model\":\"gpt-4o\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(answer.body())
                .contains("\"model\":\"(a model)")
                .doesNotContain("gpt-4o")
                .endsWith("data: [DONE]\n\n");
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
}
