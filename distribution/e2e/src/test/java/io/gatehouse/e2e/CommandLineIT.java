package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The packaged launcher: its commands, exit codes, signals and reloads. */
final class CommandLineIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String ONE = """
            _format_version: "3.0"
            services:
              - name: one
                url: %s
                routes:
                  - {name: one, paths: [%s]}
            """;

    private static Workplace.Ran run(String name, Map<String, String> extra, String... arguments) throws Exception {
        Map<String, String> environment = new HashMap<>(Workplace.cleanEnvironment());
        environment.putAll(extra);
        String[] command = new String[arguments.length + 1];
        command[0] = Workplace.PACKAGED.resolve("bin/gatehouse").toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Workplace.run(Workplace.folderFor(name), environment, Duration.ofSeconds(60), command);
    }

    @Test
    void tellsItsVersionItsPluginsAndTheirSchemas() throws Exception {
        Workplace.Ran version = run("version", Map.of(), "version");
        assertThat(version.exit()).isZero();
        assertThat(version.out()).contains("0.1.0");
        assertThat(run("plugins", Map.of(), "plugins").out())
                .contains("key-auth")
                .contains("ai-proxy-advanced")
                .contains("prometheus")
                .contains("file-log");
        assertThat(Json.read(run("schema", Map.of(), "schema", "key-auth").out())
                        .at("/properties/key_names/type")
                        .asText())
                .isEqualTo("array");
        Workplace.Ran unknown = run("schema-unknown", Map.of(), "schema", "key-aut");
        assertThat(unknown.exit()).isEqualTo(2);
        assertThat(unknown.err()).contains("key-auth");
    }

    @Test
    void namesTwelveFaultsAtTheirPlaces() throws Exception {
        Path file = Workplace.write(Workplace.folderFor("faults").resolve("kong.yaml"), """
                _format_version: "3.0"
                services:
                  - name: a b
                    host: one.example
                    port: 70000
                    retrys: 3
                    routes:
                      - name: r
                        paths: [nope]
                  - name: two
                    url: ftp://two.example
                routes:
                  - name: lost
                    service: nobody
                    paths: [/x]
                  - name: empty
                consumers:
                  - tags: [x]
                plugins:
                  - name: key-oauth
                  - name: key-auth
                    config:
                      key_names: yes please
                      hide_credential: true
                upstream: []
                """);
        for (String command : List.of("validate", "start")) {
            Workplace.Ran ran = command.equals("validate")
                    ? run("faults-validate", Map.of(), "validate", file.toString())
                    : run("faults-start", Map.of(), "start", "--config", file.toString());
            assertThat(ran.exit()).as(ran.err()).isEqualTo(2);
            List<String> places = (ran.err() + ran.out())
                    .lines()
                    .filter(line -> line.startsWith(file + ":"))
                    .map(line -> line.substring(file.toString().length() + 1))
                    .map(line -> line.substring(0, line.indexOf(": ")))
                    .toList();
            assertThat(places)
                    .as(ran.err() + ran.out())
                    .containsExactlyInAnyOrder(
                            "3:11 services[0].name",
                            "5:11 services[0].port",
                            "6:5 services[0].retrys",
                            "9:17 services[0].routes[0].paths[0]",
                            "11:10 services[1].url",
                            "14:14 routes[0].service",
                            "16:5 routes[1]",
                            "18:5 consumers[0]",
                            "20:11 plugins[0].name",
                            "23:18 plugins[1].config.key_names",
                            "24:7 plugins[1].config.hide_credential",
                            "25:1 upstream");
            assertThat(ran.err() + ran.out()).contains("did you mean 'retries'?", "did you mean 'key-auth'?");
        }
    }

    @Test
    void namesABusyPortInOneLine() throws Exception {
        Path file = Workplace.write(
                Workplace.folderFor("busy").resolve("kong.yaml"), ONE.formatted("http://127.0.0.1:1", "/"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            Workplace.Ran ran =
                    run("busy-start", Map.of("KONG_PROXY_LISTEN", address), "start", "--config", file.toString());
            assertThat(ran.exit()).as(ran.err()).isEqualTo(1);
            assertThat(ran.err().lines().filter(line -> line.contains(address))).hasSize(1);
        }
    }

    @Test
    void readsTheConfigurationAgainOnSighupAndWhenAFileChanges() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Path file = Workplace.write(
                Workplace.folderFor("reload").resolve("kong.yaml"), ONE.formatted(simulator.baseUrl(), "/old"));
        PackagedGateway gateway = RUNNING.add(
                PackagedGateway.named("reload-gateway").observed().config(file).start());
        assertThat(status(gateway, "/old/v1/models")).isEqualTo(200);
        Files.writeString(file, ONE.formatted(simulator.baseUrl(), "/new"));
        Workplace.awaitTrue(
                Workplace.SOON, () -> status(gateway, "/new/v1/models") == 200, () -> "the change is not seen");
        assertThat(status(gateway, "/old/v1/models")).isEqualTo(404);
        int before = gateway.log().length();
        Files.writeString(file, "services: [");
        gateway.awaitLog(before, Pattern.quote(file.toString()) + ":\\d+:\\d+");
        gateway.awaitLog(before, "the old one stays live");
        assertThat(status(gateway, "/new/v1/models")).isEqualTo(200);
        before = gateway.log().length();
        gateway.hangUp();
        gateway.awaitLog(before, "the old one stays live");
        Files.writeString(file, ONE.formatted(simulator.baseUrl(), "/last"));
        Workplace.awaitTrue(
                Workplace.SOON, () -> status(gateway, "/last/v1/models") == 200, () -> "the change is not seen");
    }

    @Test
    void letsAnOpenStreamEndOnSigterm() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Path file = Workplace.write(
                Workplace.folderFor("drain").resolve("kong.yaml"), ONE.formatted(simulator.baseUrl(), "/a"));
        PackagedGateway gateway = RUNNING.add(
                PackagedGateway.named("drain-gateway").observed().config(file).start());
        var gate = simulator.gate();
        CompletableFuture<HttpResponse<InputStream>> answer = PackagedGateway.CLIENT.sendAsync(
                gateway.request(
                                "/a/v1/chat/completions",
                                "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        gate.release();
        try (InputStream stream = answer.get(20, TimeUnit.SECONDS).body()) {
            gateway.terminate();
            gateway.awaitLog(0, "stopping, waits up to");
            gate.close();
            assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                    .endsWith("data: [DONE]\n\n");
        }
        assertThat(gateway.awaitEnd()).isZero();
    }

    @Test
    void runsTheQuickstartOnceWhereItsPortsAreFree() throws Exception {
        for (int port : new int[] {8000, 8001, 8100}) {
            try (ServerSocket free = new ServerSocket(port)) {
                assertThat(free.isBound()).isTrue();
            } catch (IOException e) {
                org.junit.jupiter.api.Assumptions.abort("port " + port + " is taken: " + e.getMessage());
            }
        }
        Workplace.Ran ran = run("quickstart", Map.of(), "quickstart", "--once");
        assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out()).contains("All figures are right.").contains("kong_ai_llm_requests_total");
    }

    private static int status(PackagedGateway gateway, String path) {
        return PackagedGateway.get(gateway.proxy(path)).statusCode();
    }
}
