package io.gatehouse.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gatehouse beside its peers under load: nginx's {@code proxy_pass} and a bare Vert.x pipe, in the same run and in turns,
 * before the same upstream (nginx that answers by itself). Prints throughput, latency, CPU per request and its ratio to
 * nginx; writes the same as JSON. Everything is on loopback and ends with the run.
 *
 * <p>Options: {@code --rounds N} (5), {@code --seconds N} (5) a turn, {@code --warm N} (20) seconds for each JVM,
 * {@code --connections N} (32).
 */
public final class LoadBench {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LATENCY = Pattern.compile("\\s(50|99)%\\s+([0-9.]+)(us|ms|s)");
    private static final String KEY = "bench-key";

    private final Path folder = Files.createTempDirectory("gatehouse-bench-");
    private final Path packaged = Path.of(System.getProperty("gatehouse.home"));
    private final String jvm =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final String classPath = System.getProperty("java.class.path");
    private final List<Process> started = new ArrayList<>();
    private final int rounds;
    private final int seconds;
    private final int warm;
    private final int connections;

    private LoadBench(Map<String, Integer> options) throws IOException {
        rounds = options.get("--rounds");
        seconds = options.get("--seconds");
        warm = options.get("--warm");
        connections = options.get("--connections");
    }

    /** What is measured: a name, the process and its port. */
    private record Peer(String name, long pid, int port) {}

    /** One turn of a peer. */
    private record Turn(double perSecond, double p50, double p99, double cpuMicros, long failed) {}

    private record Workload(String name, String title, int upstream, String config, String body) {}

    /** Runs it. */
    public static void main(String[] args) throws Exception {
        Map<String, Integer> options = new LinkedHashMap<>();
        options.put("--rounds", 5);
        options.put("--seconds", 5);
        options.put("--warm", 20);
        options.put("--connections", 32);
        for (int i = 0; i < args.length; i += 2) {
            if (!options.containsKey(args[i]) || i + 1 == args.length) {
                System.err.println("bench: " + args[i] + " (expected: " + options.keySet() + ", each with a number)");
                System.exit(2);
            }
            options.put(args[i], Integer.parseInt(args[i + 1]));
        }
        LoadBench bench = new LoadBench(options);
        try {
            bench.run();
        } finally {
            bench.stop();
        }
    }

    private void run() throws Exception {
        String answer = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
                + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"" + "word ".repeat(125) + "\"},\"finish_reason\":\"stop\"}],"
                + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":125,\"total_tokens\":135}}";
        StringBuilder events = new StringBuilder();
        for (int i = 0; i < 99; i++) {
            events.append("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                    + "\"model\":\"gpt-4o-2024-08-06\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},"
                    + "\"finish_reason\":null}]}\n\n");
        }
        events.append("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":"
                + "{\"prompt_tokens\":10,\"completion_tokens\":99,\"total_tokens\":109}}\n\ndata: [DONE]\n\n");
        int json = upstream("json", "application/json", answer);
        int stream = upstream("stream", "text/event-stream", events.toString());
        String chat =
                "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello there, how are you\"}]}";
        String streamed =
                "{\"stream\":true,\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        List<Workload> workloads = List.of(
                new Workload("plain", "(i) plain proxy, 900 B of JSON", json, plain(json), chat),
                new Workload(
                        "llm-json",
                        "(ii) key-auth, ai-proxy-advanced, prometheus, file-log; JSON",
                        json,
                        llm(json),
                        chat),
                new Workload("llm-stream", "(iii) the same, 100 events", stream, llm(stream), streamed));
        ObjectNode report = JSON.createObjectNode();
        report.put("jdk", System.getProperty("java.vendor.version") + " " + System.getProperty("java.version"));
        report.put("processors", Runtime.getRuntime().availableProcessors());
        report.put("rounds", rounds).put("seconds", seconds).put("connections", connections);
        ArrayNode results = report.putArray("workloads");
        for (Workload workload : workloads) {
            measure(workload, results.addObject());
        }
        Path file = Path.of(System.getProperty("bench.report", "bench.json"));
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
        System.out.println("\nas JSON: " + file);
    }

    private void measure(Workload workload, ObjectNode result) throws Exception {
        System.out.println("\n" + workload.title());
        Path script = folder.resolve(workload.name() + ".lua");
        Files.writeString(
                script,
                "wrk.method = \"POST\"\nwrk.body = '" + workload.body()
                        + "'\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.headers[\"apikey\"] = \"" + KEY
                        + "\"\n");
        List<Peer> peers = List.of(nginx(workload), barePipe(workload), gatehouse(workload));
        for (Peer peer : peers.subList(1, peers.size())) {
            System.out.printf(Locale.ROOT, "  warming up %s for %d s%n", peer.name(), warm);
            turn(peer, script, warm);
        }
        Map<String, List<Turn>> turns = new LinkedHashMap<>();
        for (int round = 1; round <= rounds; round++) {
            System.out.printf(Locale.ROOT, "  round %d of %d%n", round, rounds);
            for (Peer peer : peers) {
                turns.computeIfAbsent(peer.name(), name -> new ArrayList<>()).add(turn(peer, script, seconds));
            }
        }
        double base = median(turns.get("nginx"), Turn::cpuMicros);
        System.out.printf(
                Locale.ROOT,
                "  %-12s %10s %9s %9s %9s %9s %8s %7s%n",
                "",
                "req/s",
                "p50 ms",
                "p99 ms",
                "CPU us",
                "to nginx",
                "RSS MB",
                "failed");
        result.put("name", workload.name()).put("title", workload.title());
        for (Peer peer : peers) {
            List<Turn> all = turns.get(peer.name());
            double cpu = median(all, Turn::cpuMicros);
            long failed = all.stream().mapToLong(Turn::failed).sum();
            System.out.printf(
                    Locale.ROOT,
                    "  %-12s %10.0f %9.2f %9.2f %9.1f %9.2f %8d %7d%n",
                    peer.name(),
                    median(all, Turn::perSecond),
                    median(all, Turn::p50),
                    median(all, Turn::p99),
                    cpu,
                    cpu / base,
                    rss(peer.pid()),
                    failed);
            result.putObject(peer.name())
                    .put("requests_per_second", median(all, Turn::perSecond))
                    .put("p50_ms", median(all, Turn::p50))
                    .put("p99_ms", median(all, Turn::p99))
                    .put("cpu_us_per_request", cpu)
                    .put("ratio_to_nginx", cpu / base)
                    .put("rss_mb", rss(peer.pid()))
                    .put("failed", failed);
        }
        stopPeers();
    }

    private Turn turn(Peer peer, Path script, int length) throws Exception {
        long before = cpuTicks(peer.pid());
        Process wrk = new ProcessBuilder(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + length + "s",
                        "--latency",
                        "-s",
                        script.toString(),
                        "http://127.0.0.1:" + peer.port() + "/v1/chat/completions")
                .redirectErrorStream(true)
                .start();
        String out = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        wrk.waitFor();
        long ticks = cpuTicks(peer.pid()) - before;
        long requests = number(out, "(\\d+) requests in");
        if (requests == 0) {
            throw new IOException(peer.name() + " answered nothing:\n" + out);
        }
        Matcher latency = LATENCY.matcher(out);
        double[] found = new double[2];
        while (latency.find()) {
            double value = Double.parseDouble(latency.group(2))
                    * switch (latency.group(3)) {
                        case "us" -> 0.001;
                        case "ms" -> 1;
                        default -> 1000;
                    };
            found[latency.group(1).equals("50") ? 0 : 1] = value;
        }
        long failed = number(out, "Non-2xx or 3xx responses: (\\d+)");
        return new Turn((double) requests / length, found[0], found[1], ticks * 10_000.0 / requests, failed);
    }

    private static long number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private static double median(List<Turn> turns, ToDoubleFunction<Turn> figure) {
        double[] sorted = turns.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    // ---- processes

    private int upstream(String name, String type, String body) throws IOException, InterruptedException {
        int port = freePort();
        // nginx takes at most 4096 characters at a time
        StringBuilder parts = new StringBuilder();
        StringBuilder whole = new StringBuilder();
        for (int at = 0, i = 0; at < body.length(); at += 3000, i++) {
            parts.append("set $part").append(i).append(" '");
            parts.append(body, at, Math.min(at + 3000, body.length())).append("';\n");
            whole.append("${part").append(i).append('}');
        }
        nginx(
                name,
                "server { listen 127.0.0.1:" + port + "; location / { default_type " + type + ";\n" + parts
                        + "return 200 \"" + whole + "\"; } }",
                port,
                false);
        return port;
    }

    private Peer nginx(Workload workload) throws IOException, InterruptedException {
        int port = freePort();
        Process process = nginx(
                "proxy-" + workload.name(),
                "upstream u { server 127.0.0.1:" + workload.upstream()
                        + "; keepalive 64; keepalive_requests 100000000; }\n"
                        + "server { listen 127.0.0.1:" + port + "; location / { proxy_pass http://u;"
                        + " proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; } }",
                port,
                true);
        return new Peer("nginx", process.pid(), port);
    }

    private Process nginx(String name, String servers, int port, boolean peer)
            throws IOException, InterruptedException {
        Path home = Files.createDirectory(folder.resolve("nginx-" + name));
        Path config = home.resolve("nginx.conf");
        // one process, so that its CPU time is that of the worker
        Files.writeString(
                config,
                "daemon off; master_process off; pid " + home + "/pid; error_log " + home + "/error.log;\n"
                        + "events { worker_connections 4096; }\nhttp { access_log off; keepalive_requests 100000000;\n"
                        + "client_body_temp_path " + home + "/b; proxy_temp_path " + home + "/p; fastcgi_temp_path "
                        + home
                        + "/f; uwsgi_temp_path " + home + "/u; scgi_temp_path " + home + "/s;\n" + servers + "\n}\n");
        return start(peer, port, name, List.of("nginx", "-c", config.toString()));
    }

    private Peer barePipe(Workload workload) throws IOException, InterruptedException {
        int port = freePort();
        Process process = start(
                true,
                port,
                "vertx-" + workload.name(),
                List.of(
                        jvm,
                        "-XX:+UseSerialGC",
                        "-Xmx256m",
                        "-cp",
                        classPath,
                        BarePipe.class.getName(),
                        Integer.toString(port),
                        Integer.toString(workload.upstream())));
        return new Peer("bare Vert.x", process.pid(), port);
    }

    private Peer gatehouse(Workload workload) throws IOException, InterruptedException {
        int port = freePort();
        Path config = folder.resolve(workload.name() + ".yaml");
        Files.writeString(config, workload.config());
        Process process = start(
                true,
                port,
                "gatehouse-" + workload.name(),
                List.of(
                        packaged.resolve("bin/gatehouse").toString(),
                        "start",
                        "--config",
                        config.toString(),
                        "--proxy-listen",
                        "127.0.0.1:" + port,
                        "--admin-listen",
                        "off",
                        "--status-listen",
                        "off"));
        return new Peer("Gatehouse", process.pid(), port);
    }

    private Process start(boolean peer, int port, String name, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name + ".log").toFile());
        Process process = builder.start();
        if (peer) {
            started.add(process);
        } else {
            started.add(0, process);
            upstreams++;
        }
        for (int i = 0; i < 600; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
                return process;
            } catch (IOException e) {
                if (!process.isAlive()) {
                    throw new IOException(name + " ended: " + Files.readString(folder.resolve(name + ".log")), e);
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        throw new IOException(name + " does not listen on port " + port);
    }

    private int upstreams;

    private void stopPeers() throws InterruptedException {
        while (started.size() > upstreams) {
            Process process = started.remove(started.size() - 1);
            process.destroy();
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    private void stop() throws InterruptedException {
        upstreams = 0;
        stopPeers();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** User and system time of a process in hundredths of a second. */
    private static long cpuTicks(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static long rss(long pid) throws IOException {
        return Arrays.stream(
                        Files.readString(Path.of("/proc/" + pid + "/status")).split("\n", -1))
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    private static String plain(int upstream) {
        return """
                _format_version: "3.0"
                services:
                  - name: upstream
                    url: http://127.0.0.1:%d
                    routes:
                      - name: all
                        paths: [/]
                """.formatted(upstream);
    }

    private String llm(int upstream) {
        return plain(upstream) + """
                consumers:
                  - username: bench
                    keyauth_credentials: [{key: %s}]
                plugins:
                  - name: key-auth
                  - name: prometheus
                    config: {status_code_metrics: true, latency_metrics: true, bandwidth_metrics: true, ai_metrics: true}
                  - name: file-log
                    config: {path: %s}
                  - name: ai-proxy-advanced
                    config:
                      targets:
                        - route_type: llm/v1/chat
                          model:
                            provider: openai
                            name: gpt-4o
                            options: {upstream_url: "http://127.0.0.1:%d/v1/chat/completions"}
                          auth: {header_name: Authorization, header_value: Bearer bench-upstream-key}
                          logging: {log_statistics: true}
                """.formatted(KEY, folder.resolve("access-" + upstream + ".log"), upstream);
    }
}
