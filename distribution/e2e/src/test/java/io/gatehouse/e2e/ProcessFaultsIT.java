package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows 28, 29, 31 and 32 of the fault plan: what happens to the process itself while it serves. */
final class ProcessFaultsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int CLIENTS = 4;
    private static final ExecutorService POOL = Executors.newCachedThreadPool();
    /** Kong's name of it. */
    private static final String A_GAUGE = "kong_nginx_connections_total";

    private static final String MODELS = Wire.request("GET", "/web/v1/models", "");

    @AfterAll
    static void end() {
        POOL.shutdownNow();
    }

    private static PackagedGateway.Builder gateway(String name, LlmSimulator simulator) {
        return PackagedGateway.named(name)
                .observed()
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                services:
                  - name: web
                    url: %s
                    routes:
                      - {name: web, paths: [/web]}
                  - name: llm
                    url: https://api.openai.com
                    routes:
                      - {name: llm, paths: [/llm]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          targets:
                            - route_type: llm/v1/chat
                              model: {provider: openai, name: one}
                              auth: {header_name: Authorization, header_value: Bearer key}
                              logging: {log_statistics: true}
                """.formatted(simulator.baseUrl()));
    }

    /** Clients that send one request after the other; how many were served, and how many were not. */
    private static final class Load {
        final AtomicInteger served = new AtomicInteger();
        final AtomicInteger failed = new AtomicInteger();
        final AtomicBoolean enough = new AtomicBoolean();
        final List<Future<?>> clients = new ArrayList<>();

        Load(PackagedGateway gateway) {
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                clients.add(POOL.submit(() -> {
                    String request = number == 0
                            ? Wire.request("POST", "/llm", Fault.STREAM.formatted("one"))
                            : number == 1 ? Wire.request("POST", "/llm", Fault.CHAT.formatted("one")) : MODELS;
                    while (!enough.get()) {
                        call(gateway.proxyPort(), request);
                    }
                }));
            }
        }

        private void call(int port, String request) {
            try {
                Wire.Answer answer = Wire.call(port, request);
                boolean good = answer.status() == 200 && answer.end() == Wire.End.WHOLE;
                (good ? served : failed).incrementAndGet();
            } catch (IOException e) {
                failed.incrementAndGet();
            }
        }

        void end() throws Exception {
            enough.set(true);
            for (Future<?> client : clients) {
                Object unused = client.get(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void scrapesUnderLoadAreWholeAndNeverFall() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        StringBuilder yaml = new StringBuilder("services:\n");
        int services = 120;
        for (int i = 0; i < services; i++) {
            yaml.append("""
                      - name: s%1$d
                        url: %2$s
                        routes:
                          - {name: r%1$d, paths: [/s%1$d]}
                    """.formatted(i, simulator.baseUrl()));
        }
        PackagedGateway gateway = RUNNING.add(
                gateway("scraped", simulator).yaml("many.yaml", yaml.toString()).start());
        for (int i = 0; i < services; i++) {
            assertThat(Wire.call(gateway.proxyPort(), Wire.request("GET", "/s" + i + "/v1/models", ""))
                            .status())
                    .isEqualTo(200);
        }
        Load load = new Load(gateway);
        Map<String, Double> before = new HashMap<>();
        int series = 0;
        try {
            for (int scrape = 0; scrape < Effort.times(50); scrape++) {
                Metrics metrics = gateway.metrics();
                series = metrics.samples().size();
                checkScrape(metrics, before);
            }
        } finally {
            load.end();
        }
        assertThat(series).as("series of a scrape").isGreaterThan(5_000);
        assertThat(load.failed.get()).isZero();
        assertThat(load.served.get()).isPositive();
    }

    /** Counters do not fall from scrape to scrape, and buckets add up. Sorted labels have one text. */
    private static void checkScrape(Metrics metrics, Map<String, Double> before) {
        Map<String, Double> infinite = new HashMap<>();
        for (Metrics.Sample sample : metrics.samples()) {
            String name = sample.name();
            boolean counter = name.endsWith("_total") || name.endsWith("_count") || name.endsWith("_bucket");
            if (counter && !name.equals(A_GAUGE)) {
                Double was = before.put(name + new TreeMap<>(sample.labels()), sample.value());
                assertThat(sample.value()).as("%s", sample).isGreaterThanOrEqualTo(was == null ? 0 : was);
            }
            if (sample.label("le").equals("+Inf")) {
                Map<String, String> labels = new TreeMap<>(sample.labels());
                labels.remove("le");
                infinite.put(name.replace("_bucket", "_count") + labels, sample.value());
            }
        }
        for (Metrics.Sample sample : metrics.samples()) {
            if (sample.name().endsWith("_count")) {
                assertThat(infinite).containsEntry(sample.name() + new TreeMap<>(sample.labels()), sample.value());
            }
        }
    }

    @Test
    void aKilledGatewayStartsAgainAndItsLogIsWhole() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        PackagedGateway gateway = RUNNING.add(gateway("killed", simulator).start());
        Load load = new Load(gateway);
        int before;
        try {
            Workplace.awaitTrue(Workplace.SOON, () -> load.served.get() > 200, () -> load.served + " served");
            assertThat(load.failed.get()).isZero();
            before = load.served.get();
            gateway.kill();
        } finally {
            load.end();
        }
        List<String> lines = gateway.entryLines();
        long begin = System.nanoTime();
        PackagedGateway again = gateway.again();
        System.out.println("started again after " + (System.nanoTime() - begin) / 1_000_000 + " ms");

        try (again) {
            assertThat(lines).hasSizeGreaterThan(before / 2);
            for (String line : lines.subList(0, lines.size() - 1)) {
                assertThat(Json.read(line).has("request")).isTrue();
            }
            for (int i = 0; i < 20; i++) {
                assertThat(Wire.call(again.proxyPort(), MODELS).status()).isEqualTo(200);
            }
            Workplace.awaitTrue(
                    Workplace.SOON, () -> again.entryLines().size() == lines.size() + 20, () -> "not all is logged");
            for (String line : again.entryLines().subList(lines.size(), lines.size() + 20)) {
                assertThat(Json.read(line).has("request")).isTrue();
            }
            again.terminate();
            assertThat(again.awaitEnd()).isZero();
        }
    }

    @Test
    void aClockThatJumpsHurtsNobody() throws Exception {
        Path faketime = Peers.program("faketime", "the clock that jumps");
        Path folder = Workplace.folderFor("clock");
        Workplace.Ran preload = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                Workplace.SOON,
                faketime.toString(),
                "-m",
                "-f",
                "+0",
                "sh",
                "-c",
                "printf %s \"$LD_PRELOAD\"");
        Path offset = Workplace.write(folder.resolve("offset"), "+0\n");
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        PackagedGateway gateway = RUNNING.add(gateway("clock-gateway", simulator)
                .env("LD_PRELOAD", preload.out().trim())
                .env("FAKETIME_TIMESTAMP_FILE", offset.toString())
                .env("FAKETIME_CACHE_DURATION", "1")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .start());
        Load load = new Load(gateway);
        try {
            for (String jump : List.of("+2h", "-2h", "+0")) {
                int before = load.served.get();
                Workplace.write(offset, jump + "\n");
                Workplace.awaitTrue(
                        Workplace.SOON, () -> load.served.get() > before + 100, () -> load.served + " served");
            }
        } finally {
            load.end();
        }
        assertThat(load.failed.get()).isZero();
        long earliest = Long.MAX_VALUE;
        long latest = 0;
        Conservation.verify(gateway);
        for (JsonNode entry : gateway.entries()) {
            for (JsonNode latency : entry.path("latencies")) {
                assertThat(latency.asLong()).as("%s", entry).isBetween(-1L, 60_000L);
            }
            earliest = Math.min(earliest, entry.path("started_at").asLong());
            latest = Math.max(latest, entry.path("started_at").asLong());
        }
        assertThat(latest - earliest)
                .as("the clock did jump, as the gateway saw it")
                .isGreaterThan(Duration.ofHours(3).toMillis());
    }

    @Test
    void outOfFileDescriptorsItWaitsAndDoesNotSpin() throws Exception {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        PackagedGateway gateway =
                RUNNING.add(gateway("descriptors", simulator).descriptors(256).start());
        Vitals vitals = new Vitals(gateway.pid());
        assertThat(Wire.call(gateway.proxyPort(), MODELS).status()).isEqualTo(200);
        List<Wire> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                idle.add(Wire.to(gateway.proxyPort()));
            }
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> vitals.descriptors().size() >= 250,
                    () -> vitals.descriptors().size() + " descriptors are used");
            Duration before = vitals.cpu();
            TimeUnit.SECONDS.sleep(2);
            Duration used = vitals.cpu().minus(before);
            System.out.println("without descriptors: " + used.toMillis() + " ms of processor time in 2 s");
            assertThat(used).isLessThan(Duration.ofSeconds(2));
        } finally {
            for (Wire wire : idle) {
                wire.leave();
            }
        }
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> Wire.call(gateway.proxyPort(), MODELS).status() == 200,
                () -> "no connection is accepted any more");
    }
}
