package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    private static final String STREAMED =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private static Map<String, String> environment(Map<String, String> extra) {
        Map<String, String> environment = new HashMap<>(Workplace.cleanEnvironment());
        environment.putAll(extra);
        return environment;
    }

    private static Workplace.Ran run(String name, Map<String, String> extra, String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = Workplace.launcher().toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return Workplace.run(Workplace.folderFor(name), environment(extra), Duration.ofMinutes(2), command);
    }

    /** All plugins are Kong's, with Kong's priorities, but for what the plugin interface's own order asks for. */
    private static void assertPrioritiesAreKongs(String table) throws IOException {
        Map<String, Integer> expected = new HashMap<>();
        try (InputStream in =
                requireNonNull(CommandLineIT.class.getResourceAsStream("kong-priorities.txt"), "kong-priorities.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    String[] words = line.split(" ", -1);
                    expected.put(words[0], Integer.valueOf(words[1]));
                }
            }
        }
        // they admit at Kong's 770 and act just inside of the plugins that Kong runs around them
        expected.put("ai-proxy", 764);
        expected.put("ai-proxy-advanced", 764);
        Map<String, Integer> actual = new HashMap<>();
        table.lines().skip(1).forEach(line -> {
            String[] words = line.strip().split("\\s+", -1);
            actual.put(words[0], Integer.valueOf(words[1]));
        });
        assertThat(actual).containsKeys("key-auth", "ai-proxy-advanced", "prometheus", "file-log");
        assertThat(expected).containsAllEntriesOf(actual);
    }

    @Test
    void tellsItsVersionItsPluginsAndTheirSchemas() throws Exception {
        Workplace.Ran version = run("version", Map.of(), "version");
        assertThat(version.exit()).isZero();
        assertThat(version.out()).contains("0.1.0");
        assertPrioritiesAreKongs(run("plugins", Map.of(), "plugins").out());
        assertThat(Json.read(run("schema", Map.of(), "schema", "key-auth").out())
                        .at("/properties/key_names/type")
                        .asText())
                .isEqualTo("array");
        Workplace.Ran unknown = run("schema-unknown", Map.of(), "schema", "key-aut");
        assertThat(unknown.exit()).isEqualTo(2);
        assertThat(unknown.err()).contains("key-auth");
    }

    @Test
    void saysNothingOfItsOwnWhileItReadsItsSettings() throws Exception {
        Path file = Workplace.write(Workplace.folderFor("quiet").resolve("kong.yaml"), "_format_version: \"3.0\"\n");
        Workplace.Ran ran = run("quiet-run", Map.of("KONG_DNS_RESOLVER", "127.0.0.1:9"), "validate", file.toString());
        assertThat(ran.exit()).isZero();
        assertThat(ran.err()).isEmpty();
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
            assertThat(ran.err().lines().filter(line -> !line.contains(" INFO ") && !line.contains(" WARN ")))
                    .singleElement()
                    .asString()
                    .contains(address);
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
                gateway.request("/a/v1/chat/completions", STREAMED).build(), HttpResponse.BodyHandlers.ofInputStream());
        gate.release();
        try (InputStream stream = answer.get(60, TimeUnit.SECONDS).body()) {
            gateway.terminate();
            gateway.awaitLog(0, "stopping, waits up to");
            gate.close();
            assertThat(new String(stream.readAllBytes(), StandardCharsets.UTF_8))
                    .endsWith("data: [DONE]\n\n");
        }
        assertThat(gateway.awaitEnd()).isZero();
    }

    @Test
    void runsTheQuickstartOnce() throws Exception {
        Map<String, String> ports = Map.of(
                "KONG_PROXY_LISTEN", "127.0.0.1:0", "KONG_ADMIN_LISTEN", "127.0.0.1:0", "KONG_STATUS_LISTEN", "off");
        Workplace.Ran ran = Workplace.run(
                Workplace.folderFor("quickstart"),
                environment(ports),
                Duration.ofMinutes(5),
                Workplace.unpacked().resolve("bin/gatehouse").toString(),
                "quickstart",
                "--once");
        assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
        assertThat(ran.out())
                .contains("LLMs     simulated on 127.0.0.1:")
                .contains("All figures are right.")
                .contains("kong_ai_llm_requests_total");
        assertThat(ran.out().lines().filter(line -> line.matches(" +[0-9]+  (openai|mistral)/.* 200 .* tokens")))
                .hasSize(10);
        if (Peers.has("prometheus")) {
            assertThat(ran.out())
                    .contains("Prometheus on port ")
                    .containsPattern("\\{\"status\":\"success\".*\"ai_model\":\"gpt-4.1\"");
        }
        assertThat(ran.err()).doesNotContain(" ERROR ");
    }

    @Test
    void simulatesAnLlmForLoadTestsOfOnesOwn() throws Exception {
        Path folder = Workplace.folderFor("simulate");
        Process process = new ProcessBuilder(
                        Workplace.launcher().toString(), "simulate", "--port", "0", "--behaviour", "{\"delay_ms\": 1}")
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        try {
            Matcher says = Workplace.await(
                    Workplace.SOON,
                    () -> {
                        Matcher line = Pattern.compile("LLM simulator on (\\S+), what it saw: (\\S+)\n")
                                .matcher(Workplace.read(folder.resolve("out")));
                        return line.find() ? line : null;
                    },
                    () -> Workplace.read(folder.resolve("err")));
            HttpResponse<String> answer =
                    PackagedGateway.send(HttpRequest.newBuilder(URI.create(says.group(1) + "/v1/chat/completions"))
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).contains("Simulated answer to: hi");
            assertThat(PackagedGateway.get(URI.create(says.group(2))).body()).contains("\"m\"");
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | version",
                "0 | help",
                "0 | help start",
                "0 | plugins",
                "2 | nonsense",
                "2 | start --nonsense",
                "2 | start",
                "2 | start --config nowhere.yaml",
                "2 | validate nowhere.yaml",
                "2 | validate",
                "2 | schema nonsense",
                "2 | simulate --behaviour nonsense",
                "2 | simulate --port x"
            })
    void endsWithTheExitCodeThatSaysWhy(int exit, String command) throws Exception {
        Workplace.Ran ran = run("exit", Map.of(), command.split(" ", -1));
        assertThat(ran.exit()).as(command + "\n" + ran.out() + ran.err()).isEqualTo(exit);
        assertThat(ran.out() + ran.err()).doesNotContain("\tat ");
        if (exit != 0) {
            assertThat(ran.err()).isNotBlank();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "KONG_PROXY_LISTEN,here",
        "KONG_ADMIN_LISTEN,127.0.0.1:70000",
        "KONG_STATUS_LISTEN,127.0.0.1:8100 proxy_protocol",
        "KONG_LOG_LEVEL,loud",
        "KONG_SSL_CERT,nowhere.pem",
        "GATEHOUSE_CONNECT_TO,x",
        "GATEHOUSE_DRAIN_TIMEOUT,soon"
    })
    void namesASettingThatItCannotUse(String variable, String value) throws Exception {
        Path file = Workplace.write(
                Workplace.folderFor("settings").resolve("kong.yaml"), ONE.formatted("http://127.0.0.1:1", "/"));
        Workplace.Ran ran = run("settings-run", Map.of(variable, value), "start", "--config", file.toString());
        assertThat(ran.exit()).as(ran.err()).isEqualTo(2);
        assertThat(ran.err().lines().filter(line -> line.contains(variable) && line.contains("expected")))
                .as(ran.err())
                .hasSize(1);
    }

    @Test
    void handsJavaOptsToTheJvm() throws Exception {
        Workplace.Ran own = run("java-opts", Map.of("JAVA_OPTS", "-XX:+PrintCommandLineFlags"), "version");
        assertThat(own.out()).contains("-XX:+UseSerialGC").contains("0.1.0");
        Workplace.Ran users = run(
                "java-opts", Map.of("JAVA_OPTS", "-XX:+UseParallelGC  -Xmx99m -XX:+PrintCommandLineFlags"), "version");
        assertThat(users.out())
                .contains("-XX:MaxHeapSize=" + 99 * 1024 * 1024)
                .contains("-XX:+UseParallelGC")
                .doesNotContain("-XX:+UseSerialGC");
    }

    @Test
    void takesKongsVariables() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Path folder = Workplace.folderFor("kong-variables-tls");
        Certificate certificate = Certificate.selfSigned(folder);
        PackagedGateway gateway = RUNNING.add(PackagedGateway.named("kong-variables")
                .observed()
                .kongVariables()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0 ssl")
                .env("KONG_SSL_CERT", certificate.certificate().toString())
                .env("KONG_SSL_CERT_KEY", certificate.key().toString())
                .env("KONG_LOG_LEVEL", "debug")
                .env("KONG_NGINX_WORKER_PROCESSES", "2")
                .yaml("kong.yaml", """
                        services:
                          - name: one
                            url: %s
                            routes:
                              - {name: one, paths: [/a]}
                        """.formatted(simulator.baseUrl()))
                .start());

        HttpResponse<String> answer = HttpClient.newBuilder()
                .sslContext(certificate.trusted())
                .build()
                .send(
                        HttpRequest.newBuilder(URI.create("https://localhost:" + gateway.proxyPort() + "/a/v1/models"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(PackagedGateway.get(gateway.admin("/status")).statusCode()).isEqualTo(200);
        assertThat(PackagedGateway.get(gateway.status("/status")).statusCode()).isEqualTo(200);
        assertThat(gateway.log())
                .contains(" DEBUG ")
                .contains("KONG_NGINX_WORKER_PROCESSES has no effect: Gatehouse has no such setting");
    }

    @Test
    void abortsWhatDoesNotEndInTime() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        Path file = Workplace.write(
                Workplace.folderFor("abort").resolve("kong.yaml"), ONE.formatted(simulator.baseUrl(), "/a"));
        PackagedGateway gateway = RUNNING.add(PackagedGateway.named("abort-gateway")
                .observed()
                .env("GATEHOUSE_DRAIN_TIMEOUT", "300ms")
                .config(file)
                .start());
        var gate = simulator.gate();
        CompletableFuture<HttpResponse<InputStream>> answer = PackagedGateway.CLIENT.sendAsync(
                gateway.request("/a/v1/chat/completions", STREAMED).build(), HttpResponse.BodyHandlers.ofInputStream());
        gate.release();
        try (InputStream stream = answer.get(60, TimeUnit.SECONDS).body()) {
            gateway.terminate();
            assertThatThrownBy(stream::readAllBytes).isInstanceOf(IOException.class);
        } finally {
            gate.close();
        }
        assertThat(gateway.awaitEnd()).isZero();
        assertThat(gateway.entries())
                .singleElement()
                .satisfies(
                        entry -> assertThat(entry.at("/gatehouse/end").asText()).isEqualTo("shutdown"));
    }

    private static int status(PackagedGateway gateway, String path) {
        return PackagedGateway.get(gateway.proxy(path)).statusCode();
    }
}
