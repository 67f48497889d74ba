package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.Gate;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.Scope;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Rows 19 and 20 of the fault plan: configurations, good and bad, and JARs of plugins are replaced while requests and
 * streams run. That every request is counted and logged once, and every token of the ledger is in metrics and log, is
 * checked at the end as after every test.
 */
final class ReloadIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int GOOD = Effort.times(100);
    private static final int REQUESTS = Effort.times(10_000);
    private static final int CLIENTS = Effort.clients();
    private static final int STREAMS = 50;

    /** Permits that are never used up: they tell the clients to end. */
    private static final int ENOUGH = 1 << 30;

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;
    private static Path file;
    private static Path jar;

    /** What differs from one configuration to the next. */
    private static final class Version {
        private int weight = 1;
        private int key;
        private int route;

        String yaml() {
            return PackagedGateway.VERSION + """
                    services:
                      - name: web
                        url: %s
                        routes:
                          - {name: web, paths: [/web, /moving%d]}
                      - name: llm
                        url: https://api.openai.com
                        routes:
                          - {name: llm, paths: [/llm]}
                        plugins:
                          - name: key-auth
                          - name: ai-proxy-advanced
                            config:
                              targets:
                                - route_type: llm/v1/chat
                                  weight: %d
                                  model: {provider: openai, name: one, model_alias: any}
                                  auth: {header_name: Authorization, header_value: Bearer key}
                                  logging: {log_statistics: true}
                                - route_type: llm/v1/chat
                                  weight: 1
                                  model: {provider: openai, name: two, model_alias: any}
                                  auth: {header_name: Authorization, header_value: Bearer key}
                                  logging: {log_statistics: true}
                                - route_type: llm/v1/chat
                                  model: {provider: openai, name: held}
                                  auth: {header_name: Authorization, header_value: Bearer key}
                                  logging: {log_statistics: true}
                    consumers:
                      - username: steady
                        keyauth_credentials: [{key: steady}]
                      - username: changing
                        keyauth_credentials: [{key: changing%d}]
                    plugins:
                      - name: plugin-a
                    """.formatted(simulator.baseUrl(), route, weight, key);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        simulator.behaviour(
                Scope.all().model("held"), Behaviour.builder().gate("held").build());
        Path folder = Workplace.folderFor("reload-files");
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        jar = plugins.resolve("plugin-a.jar");
        replaceJar(0);
        file = Workplace.write(folder.resolve("kong.yaml"), new Version().yaml());
        gateway = RUNNING.add(PackagedGateway.named("reload-under-load")
                .observed()
                .env("GATEHOUSE_WATCH", "off")
                .env("JAVA_OPTS", "-Xmx256m")
                .plugins(plugins)
                .connectTo(simulator, "api.openai.com")
                .config(file)
                .start());
    }

    @Test
    void dropsNothingAndForgetsNothing() throws Exception {
        Gate held = simulator.gate("held");
        Version version = new Version();
        AtomicInteger sent = new AtomicInteger();
        Semaphore permits = new Semaphore(0);
        ExecutorService pool = Executors.newFixedThreadPool(CLIENTS);
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Random random = new Random(Effort.seed() + i);
            clients.add(pool.submit(() -> {
                traffic(random, sent, permits);
                return null;
            }));
        }
        List<Wire> streams = new ArrayList<>();
        try {
            for (int n = 0; n < GOOD; n++) {
                if (n % (GOOD / STREAMS) == 0 && streams.size() < STREAMS) {
                    streams.add(openStream());
                }
                String before = instance();
                permits.release(REQUESTS / GOOD / 2);
                if (n % 2 == 0) {
                    reload("success");
                    assertThat(instance())
                            .as("an identical configuration keeps its instances")
                            .isEqualTo(before);
                } else {
                    change(version, n / 2);
                }
                permits.release(REQUESTS / GOOD / 2);
                offerABadOne(version, n);
                for (Future<?> client : clients) {
                    assertThat(client.isDone()).as("a client has given up").isFalse();
                }
            }
            Workplace.awaitTrue(
                    Workplace.SOON.multipliedBy(6), () -> sent.get() >= REQUESTS, () -> sent + " requests sent");
        } finally {
            permits.release(ENOUGH);
            for (Future<?> client : clients) {
                Object unused = client.get(120, TimeUnit.SECONDS);
            }
            pool.shutdown();
        }
        held.close();
        for (Wire stream : streams) {
            assertThat(stream.answer().text()).endsWith("data: [DONE]\n\n");
            stream.close();
        }
        System.out.println(sent + " requests and " + streams.size() + " streams during " + GOOD + " reloads");
        Metrics metrics = gateway.metrics();
        assertThat(metrics.sum("gatehouse_config_reloads_total", "result", "success"))
                .isEqualTo(GOOD);
        assertThat(metrics.sum("gatehouse_config_reloads_total", "result", "failure"))
                .isEqualTo(GOOD);
        assertThat(metrics.sum("gatehouse_exchanges_aborted_total")).isZero();
        Conservation.verify(gateway);
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.instancesOf("io.gatehouse.core.plugin.PluginLoader") == 1,
                () -> gateway.instancesOf("io.gatehouse.core.plugin.PluginLoader") + " loaders of plugins live");
    }

    private static Wire openStream() throws IOException {
        Wire stream = Wire.to(gateway.proxyPort());
        return stream.send(Wire.request("POST", "/llm", Fault.STREAM.formatted("held"), "apikey: steady"));
    }

    /** Sends requests as they are permitted, most on a connection that stays; each of them must be served whole. */
    private static void traffic(Random random, AtomicInteger sent, Semaphore permits) throws Exception {
        Wire wire = Wire.to(gateway.proxyPort());
        try {
            for (permits.acquire(); permits.availablePermits() < ENOUGH / 2; permits.acquire()) {
                int kind = random.nextInt(20);
                String request = kind == 0
                        ? Wire.request("POST", "/llm", Fault.STREAM.formatted("any"), "apikey: steady")
                        : kind < 4
                                ? Wire.request("POST", "/llm", Fault.CHAT.formatted("any"), "apikey: steady")
                                : Wire.request("GET", "/web/v1/models", "");
                Wire.Answer answer = wire.send(request).answer();
                sent.incrementAndGet();
                assertThat(answer.status())
                        .as("%s, -De2e.seed=%s", answer, Effort.seed())
                        .isEqualTo(200);
                assertThat(answer.end())
                        .as("%s, -De2e.seed=%s", answer, Effort.seed())
                        .isEqualTo(Wire.End.WHOLE);
                if (answer.header("connection").equals("close") || random.nextInt(100) == 0) {
                    wire.close();
                    wire = Wire.to(gateway.proxyPort());
                }
            }
        } finally {
            wire.close();
        }
    }

    private static void reload(String result) throws Exception {
        long before = gateway.metrics().sum("gatehouse_config_reloads_total", "result", result);
        gateway.hangUp();
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.metrics().sum("gatehouse_config_reloads_total", "result", result) == before + 1,
                gateway::log);
    }

    private static String instance() throws IOException {
        return Wire.call(gateway.proxyPort(), Wire.request("GET", "/web/v1/models", ""))
                .header("x-plugin-a-instance");
    }

    private static int status(String request) throws IOException {
        return Wire.call(gateway.proxyPort(), request).status();
    }

    private static String keyed(int key) {
        return Wire.request("POST", "/llm", Fault.CHAT.formatted("any"), "apikey: changing" + key);
    }

    private static void change(Version version, int n) throws Exception {
        String before = instance();
        switch (n % 4) {
            case 0 -> {
                version.weight = 1 + n % 7;
                Workplace.write(file, version.yaml());
                reload("success");
            }
            case 1 -> {
                version.key++;
                Workplace.write(file, version.yaml());
                reload("success");
                assertThat(status(keyed(version.key - 1))).as("the revoked key").isEqualTo(401);
                assertThat(status(keyed(version.key))).as("the new key").isEqualTo(200);
            }
            case 2 -> {
                version.route++;
                Workplace.write(file, version.yaml());
                reload("success");
                assertThat(status(Wire.request("GET", "/moving" + (version.route - 1) + "/v1/models", "")))
                        .isEqualTo(404);
                assertThat(status(Wire.request("GET", "/moving" + version.route + "/v1/models", "")))
                        .isEqualTo(200);
            }
            default -> {
                replaceJar(n);
                reload("success");
                assertThat(instance()).as("of a JAR that was replaced").isNotEqualTo(before);
                return;
            }
        }
        assertThat(instance()).as("a plugin that did not change").isEqualTo(before);
    }

    /** Puts a JAR with other bytes in the place of the one that is loaded. */
    private static void replaceJar(int n) throws IOException {
        Path folder = Workplace.folderFor("reload-jar");
        StandAloneBuild.copyJar(StandAloneBuild.ofFixture("plugin-a"), folder);
        Path copy = folder.resolve("copy.jar");
        try (var built = Files.newDirectoryStream(folder, "*.jar")) {
            Files.move(built.iterator().next(), copy);
        }
        try (FileSystem inside = FileSystems.newFileSystem(URI.create("jar:" + copy.toUri()), Map.of())) {
            Files.writeString(inside.getPath("build.txt"), "build " + n);
        }
        Files.move(copy, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A configuration with a fault changes nothing. */
    private static void offerABadOne(Version version, int n) throws Exception {
        String good = version.yaml();
        String bad = switch (n % 5) {
            case 0 -> "services: [";
            case 1 -> good + "  - name: no-such-plugin\n";
            case 2 -> good.replace("[/web,", "[\"~/(web\", /web,");
            case 3 -> good.substring(0, good.length() / 2 + n % 50);
            default -> good.replace("username: steady", "user_name: steady");
        };
        Workplace.write(file, bad);
        int from = gateway.log().length();
        reload("failure");
        // the result is counted before the last line is out
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.log().indexOf("the old one stays live", from) >= 0,
                () -> gateway.log().substring(from));
        assertThat(gateway.log().substring(from)).contains(file + ":");
        Workplace.write(file, good);
    }
}
