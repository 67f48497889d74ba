package io.gatehouse.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A gateway with a configuration of many routes: how long it takes to load, and how much memory a route costs. Every ten
 * routes have a service with key-auth and a consumer; every fifth route has a key-auth of its own and every fifth a host.
 */
final class LargeConfig {
    private static final Pattern LIVE = Pattern.compile("configuration is live: .* load_ms=(\\d+)");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
    private static final int RELOADS = 8;

    private final Peer.Place place;
    private final Path folder;

    LargeConfig(Peer.Place place, Path folder) {
        this.place = place;
        this.folder = folder;
    }

    /** The file; versions differ in the path of one route. */
    static String yaml(int routes, int version) {
        StringBuilder text = new StringBuilder("_format_version: \"3.0\"\nservices:\n");
        int services = Math.max(1, routes / 10);
        for (int s = 0; s < services; s++) {
            text.append("  - name: service-")
                    .append(s)
                    .append("\n    url: http://127.0.0.1:9/base-")
                    .append(s);
            text.append("\n    tags: [team-").append(s % 50).append("]\n    plugins:\n      - name: key-auth\n");
            text.append("        config: {key_names: [apikey, x-key-")
                    .append(s % 7)
                    .append("]}\n    routes:\n");
            for (int r = 0; r < Math.min(10, routes); r++) {
                text.append("      - name: route-").append(s).append('-').append(r);
                text.append("\n        paths: [/api/").append(s).append("/v").append(r);
                text.append(s == 0 && r == 0 ? "-" + version : "").append("]\n        methods: [GET, POST]\n");
                if (r % 5 == 0) {
                    text.append("        hosts: [host-").append(s % 100).append(".example.com]\n");
                } else if (r % 5 == 1) {
                    text.append("        plugins:\n          - name: key-auth\n");
                    text.append("            config: {key_names: [route-key], hide_credentials: true}\n");
                }
            }
        }
        text.append("consumers:\n");
        for (int s = 0; s < services; s++) {
            text.append("  - username: user-").append(s).append("\n    keyauth_credentials: [{key: key-of-");
            text.append(s).append("}]\n");
        }
        return text.append("plugins:\n  - name: prometheus\n    config: {status_code_metrics: true}\n")
                .toString();
    }

    /** Starts a gateway, reads the configuration again a few times, and ends it. */
    Map<String, Double> measure(int routes) throws IOException, InterruptedException {
        Path file = Files.writeString(
                Files.createDirectories(folder).resolve("routes-" + routes + ".yaml"), yaml(routes, 0));
        long begin = System.nanoTime();
        try (Program program = Program.start(
                "Gatehouse",
                Program.freePort(),
                List.of(
                        place.packaged().resolve("bin/gatehouse").toString(),
                        "start",
                        "--config",
                        file.toString(),
                        "--proxy-listen",
                        "127.0.0.1:0",
                        "--admin-listen",
                        "off",
                        "--status-listen",
                        "off"),
                Map.of(
                        "GATEHOUSE_EVENT_LOOPS",
                        "1",
                        "GATEHOUSE_WATCH",
                        "off",
                        "GATEHOUSE_JAVA_HOME",
                        place.java().toString()),
                folder.resolve("routes-" + routes + ".log"))) {
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("load_ms", loads(program, 1).get(0));
            figures.put("start_ms", (System.nanoTime() - begin) / 1e6);
            program.awaitQuiet();
            for (int i = 1; i <= RELOADS; i++) {
                Files.writeString(file, yaml(routes, i));
                run("kill", "-HUP", Long.toString(program.pid()));
                loads(program, i + 1);
            }
            List<Double> reloads = loads(program, RELOADS + 1).subList(1, RELOADS + 1);
            figures.put("first_ms", reloads.get(0));
            figures.put("reload_ms", reloads.stream().sorted().toList().get(RELOADS / 2));
            figures.put("heap_mb", liveBytes(program) / 1e6);
            return figures;
        }
    }

    private static List<Double> loads(Program program, int count) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (true) {
            List<Double> loads = new ArrayList<>();
            Matcher live = LIVE.matcher(program.log());
            while (live.find()) {
                loads.add(Double.parseDouble(live.group(1)));
            }
            if (loads.size() >= count) {
                return loads;
            }
            if (!program.alive() || System.nanoTime() > deadline) {
                throw new IOException("no configuration is live: " + program.describe());
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    /** What lives after a full collection. */
    private double liveBytes(Program program) throws IOException, InterruptedException {
        Matcher total = TOTAL.matcher(
                run(place.java().resolve("bin/jcmd").toString(), Long.toString(program.pid()), "GC.class_histogram"));
        if (!total.find()) {
            throw new IOException("jcmd tells no total");
        }
        return Double.parseDouble(total.group(1));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + text);
        }
        return text;
    }
}
