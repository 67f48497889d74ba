package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LlmSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows 28, 29, 31 and 32 of the fault plan: what happens to the process itself while it serves. */
final class ProcessFaultsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final long SCRAPE_PERIOD = 1_000_000_000L / 50;

    /** Kong's name of it. */
    private static final String A_GAUGE = "kong_nginx_connections_total";

    private static final String MODELS = Wire.request("GET", "/web/v1/models", "");

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

    private static Load load(PackagedGateway gateway) {
        return new Load(
                gateway,
                Effort.clients(),
                Wire.request("POST", "/llm", Fault.STREAM.formatted("one")),
                MODELS,
                Wire.request("POST", "/llm", Fault.STREAM.formatted("one")),
                Wire.request("POST", "/llm", Fault.CHAT.formatted("one")));
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
        Load load = load(gateway);
        Map<String, Double> before = new HashMap<>();
        int series = 0;
        double alone;
        double scraped;
        int rate;
        try {
            load.awaitServed(Effort.times(200)); // warm
            int begin = load.served();
            load.awaitServed(Effort.times(200));
            alone = load.p99Millis(begin);
            begin = load.served();
            long start = System.nanoTime();
            int scrapes = Effort.times(50);
            for (int scrape = 0; scrape < scrapes; scrape++) {
                String text = PackagedGateway.get(gateway.admin("/metrics")).body();
                if (scrape % 10 == 0) { // to read them all would be another load
                    Metrics metrics = Metrics.parse(text);
                    series = metrics.samples().size();
                    checkScrape(metrics, before);
                }
                TimeUnit.NANOSECONDS.sleep(start + (scrape + 1) * SCRAPE_PERIOD - System.nanoTime());
            }
            rate = (int) (scrapes * 1_000_000_000L / (System.nanoTime() - start));
            scraped = load.p99Millis(begin);
        } finally {
            load.end();
        }
        System.out.printf(
                "%d series: 99 %% of requests took at most %.1f ms, with %d scrapes a second %.1f ms%n",
                series, alone, rate, scraped);
        assertThat(series).as("series of a scrape").isGreaterThan(5_000);
        load.assertUnharmed();
        if (Effort.isLong()) {
            assertThat(scraped).isLessThan(10 * alone + 100);
        }
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
        Load load = load(gateway);
        int before;
        try {
            load.awaitServed(200);
            load.assertUnharmed();
            before = load.served();
            Workplace.awaitTrue(
                    Workplace.SOON, () -> gateway.entryLines().size() > before / 2, () -> "not even half is logged");
            gateway.kill();
        } finally {
            load.end();
        }
        // of the last one it may have written a part
        List<String> lines =
                Workplace.read(gateway.folder().resolve("access.log")).lines().toList();
        long begin = System.nanoTime();
        PackagedGateway again = gateway.again();
        long millis = (System.nanoTime() - begin) / 1_000_000;
        System.out.println("started again after " + millis + " ms");
        if (Effort.isLong()) {
            assertThat(millis).as("milliseconds until it served again").isLessThan(15_000);
        }

        try (again) {
            assertThat(lines).hasSizeGreaterThan(before / 2);
            for (String line : lines.subList(0, lines.size() - 1)) {
                assertThat(Json.read(line).has("request")).isTrue();
            }
            assertThat(PackagedGateway.get(again.status("/status/ready")).statusCode())
                    .isEqualTo(200);
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
        Load load = load(gateway);
        try {
            for (String jump : List.of("+2h", "-2h", "+0")) {
                Workplace.write(offset, jump + "\n");
                load.awaitServed(300); // longer than the clock is cached
            }
        } finally {
            load.end();
        }
        load.assertUnharmed();
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
        PackagedGateway gateway = RUNNING.add(gateway("descriptors", simulator)
                .descriptors(256)
                .env("GATEHOUSE_CLIENT_MAX_CONNECTIONS", "0") // else half of them
                .start());
        Vitals vitals = gateway.vitals();
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
