package io.gatehouse.bench;

import io.gatehouse.bench.Report.Column;
import io.gatehouse.bench.Report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Gatehouse beside its peers under load, in the same run and in turns, before the same upstream. Prints throughput,
 * latency, CPU time and its ratio to nginx as tables, and writes them as JSON and Markdown. Everything is on loopback and
 * ends with the run. It never fails for a figure.
 */
public final class LoadBench {
    private static final Column CPU = new Column("cpu_us", "CPU us", 1);
    private static final Column RATIO = new Column("ratio", "to nginx", 2);
    private static final Column FAILED = new Column("failed", "failed", 0);
    private static final Column ADDED = new Column("added_us", "added to 1st token us", 0);

    private final PrintStream out = System.out;
    private final long begin = System.nanoTime();
    private final Options options;
    private final Peer.Place place;
    private final Path folder;
    private final Report report = new Report(out);
    private final List<Program> running = new ArrayList<>();
    private final Map<Peer, String> missing = new EnumMap<>(Peer.class);

    private LoadBench(Options options, Peer.Place place, Path folder) {
        this.options = options;
        this.place = place;
        this.folder = folder;
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        Path target = Path.of(System.getProperty("bench.target"));
        Options options;
        try {
            options = new Options(Path.of(System.getProperty("java.home")), target.resolve("bench.json"))
                    .parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            System.exit(2);
            return;
        }
        if (options.help) {
            System.out.print(Options.HELP);
            return;
        }
        Peer.Place place = new Peer.Place(
                Path.of(System.getProperty("gatehouse.home")),
                options.java,
                Path.of(System.getProperty("bench.wheels")),
                target.resolve("classes").toString());
        Path folder = Files.createTempDirectory("gatehouse-bench-");
        LoadBench bench = new LoadBench(options, place, folder);
        Runtime.getRuntime().addShutdownHook(new Thread(bench::stop));
        if (options.profile) {
            bench.profile(target);
        } else {
            bench.run(target);
        }
    }

    private void run(Path target) throws Exception {
        facts();
        for (Peer peer : List.copyOf(options.peers)) {
            peer.missing(place).ifPresent(why -> {
                missing.put(peer, why);
                options.peers.remove(peer);
                out.println("  left out: " + peer.title() + ": " + why);
            });
        }
        if (!missing.isEmpty()) {
            report.fact("left out", String.join("; ", missing.values()));
        }
        for (String workload : options.workloads) {
            switch (workload) {
                case "plain" -> {
                    Table table = requests("plain", "(i) Plain proxy, 900 B of JSON", Chain.NONE);
                    bound("(i) CPU per request, times nginx", table, 2.5);
                }
                case "llm-json" -> {
                    Table table = requests(
                            "llm-json",
                            "(ii) key-auth, ai-proxy-advanced, prometheus, file-log with statistics; JSON",
                            Chain.LLM);
                    bound("(ii) CPU per request, times nginx", table, 4);
                }
                case "llm-stream" -> {
                    Table table = requests("llm-stream", "(iii) The same, streamed: 100 events in one body", Chain.LLM);
                    bound("(iii) CPU per request, times nginx", table, 4);
                }
                case "everyday" -> everyday();
                case "tls" ->
                    encrypted(
                            "tls",
                            "(vii) Plain proxy over TLS: HTTP/1.1, connections that are kept, RSA of 2,048 bits");
                case "http2" -> encrypted("http2", "(viii) Plain proxy over TLS with HTTP/2: ten streams a connection");
                case "paced" -> paced();
                case "memory" -> memory();
                case "start" -> start();
                case "config" -> config();
                default -> throw new IllegalStateException(workload);
            }
        }
        report.fact("length of the run", (System.nanoTime() - begin) / 1_000_000_000 + " s");
        report.writeJson(options.json);
        Path markdown = target.resolve("bench.md");
        Files.writeString(markdown, report.markdown());
        out.println();
        progress("figures: " + options.json + ", tables: " + markdown);
        if (options.docs) {
            Path page = Path.of(System.getProperty("bench.docs"));
            Files.writeString(page, Report.inserted(Files.readString(page), report.markdown()));
            progress("written into " + page);
        }
    }

    private void bound(String what, Table table, double bound) {
        report.target(what, table.figure(Peer.GATEHOUSE.title(), "ratio"), bound, "");
    }

    // ---- workloads (i) to (iii)

    private Table requests(String name, String title, Chain chain) throws Exception {
        boolean streamed = name.equals("llm-stream");
        out.println();
        progress(title);
        Program upstream = streamed
                ? Nginx.upstream(
                        "upstream", folder.resolve("upstream-" + name), "text/event-stream", Chat.hundredEvents())
                : Nginx.upstream("upstream", folder.resolve("upstream-" + name), "application/json", Chat.ANSWER);
        started(upstream).awaitAnswer(Chat.JSON);
        Wrk wrk = new Wrk(folder, streamed ? Chat.STREAMED : Chat.JSON, options.connections);
        Map<Peer, Program> programs = startAll(name, chain, upstream.port(), streamed ? Chat.STREAMED : Chat.JSON);
        for (Peer peer : programs.keySet()) {
            warmUp(name, peer, programs.get(peer), wrk);
        }
        List<Column> columns = new ArrayList<>(List.of(
                new Column("per_second", "requests/s", 0),
                new Column("p50_ms", "p50 ms", 2),
                new Column("p99_ms", "p99 ms", 2),
                CPU,
                RATIO,
                FAILED));
        Table table = new Table(name, title, columns);
        for (int round = 1; round <= options.rounds; round++) {
            progress("round " + round + " of " + options.rounds);
            for (Peer peer : programs.keySet()) {
                Program program = programs.get(peer);
                table.add(peer.title(), turn(program, () -> wrk.turn(program, options.seconds)));
                emptyAccessLog(name);
            }
        }
        closeAll();
        if (streamed) {
            columns.add(3, ADDED);
            firstTokens(name, table);
        }
        report.add(table);
        return table;
    }

    // ---- ten everyday plugins

    /** Only Gatehouse, with and without them. */
    private void everyday() throws Exception {
        String name = "everyday";
        String title =
                "(vi) The chain of (ii), and the same with ten everyday plugins: correlation-id, bot-detection, cors,"
                        + " ip-restriction, request-size-limiting, request-validator, acl, rate-limiting, request-transformer,"
                        + " response-transformer";
        out.println();
        progress(title);
        Program upstream = started(
                Nginx.upstream("upstream", folder.resolve("upstream-" + name), "application/json", Chat.ANSWER));
        upstream.awaitAnswer(Chat.JSON);
        Wrk wrk = new Wrk(folder, Chat.JSON, options.connections);
        Map<Chain, Program> programs = new EnumMap<>(Chain.class);
        for (Chain chain : List.of(Chain.LLM, Chain.EVERYDAY)) {
            Path home = folder.resolve(name + "-" + chain + "-" + Peer.GATEHOUSE.name());
            programs.put(
                    chain,
                    started(Peer.GATEHOUSE.start(place, chain, upstream.port(), home, Map.of()))
                            .awaitAnswer(Chat.JSON));
            // two states of one program are compared, and neither is to be judged by what its compiler has left to do
            warmUp(name + "-" + chain, Peer.GATEHOUSE, programs.get(chain), wrk, 3 * options.warm);
        }
        Table table = new Table(
                name,
                title,
                List.of(
                        new Column("per_second", "requests/s", 0),
                        new Column("p50_ms", "p50 ms", 2),
                        new Column("p99_ms", "p99 ms", 2),
                        CPU,
                        FAILED));
        Map<Chain, String> rows = Map.of(Chain.LLM, "without them", Chain.EVERYDAY, "with them");
        for (int round = 1; round <= options.rounds; round++) {
            progress("round " + round + " of " + options.rounds);
            for (Chain chain : programs.keySet()) {
                Program program = programs.get(chain);
                table.add(rows.get(chain), turn(program, () -> wrk.turn(program, options.seconds)));
                emptyAccessLog(name + "-" + chain);
            }
        }
        closeAll();
        report.add(table);
        report.target(
                "(vi) CPU per request, times the chain without the ten",
                table.figure("with them", "cpu_us") / table.figure("without them", "cpu_us"),
                1.3,
                "");
    }

    // ---- TLS and HTTP/2

    /** nginx and Gatehouse with the same certificate. */
    private void encrypted(String name, String title) throws Exception {
        out.println();
        progress(title);
        Program upstream = started(
                Nginx.upstream("upstream", folder.resolve("upstream-" + name), "application/json", Chat.ANSWER));
        upstream.awaitAnswer(Chat.JSON);
        Encrypted pair = new Encrypted(place, folder.resolve(name));
        Map<Peer, Encrypted.Proxy> proxies = new EnumMap<>(Peer.class);
        proxies.put(Peer.NGINX, pair.nginx(upstream.port()));
        proxies.put(Peer.GATEHOUSE, pair.gatehouse(upstream.port()));
        for (Encrypted.Proxy proxy : proxies.values()) {
            started(proxy.program()).awaitAnswer(Chat.JSON);
        }
        Wrk wrk = new Wrk(folder, Chat.JSON, options.connections);
        encryptedTurn(name, pair, wrk, proxies.get(Peer.GATEHOUSE), options.warm);
        proxies.get(Peer.GATEHOUSE).program().awaitQuiet();
        Table table = new Table(
                name,
                title,
                name.equals("tls")
                        ? List.of(
                                new Column("per_second", "requests/s", 0),
                                new Column("p50_ms", "p50 ms", 2),
                                new Column("p99_ms", "p99 ms", 2),
                                CPU,
                                RATIO,
                                FAILED)
                        : List.of(new Column("per_second", "requests/s", 0), CPU, RATIO, FAILED));
        for (int round = 1; round <= options.rounds; round++) {
            progress("round " + round + " of " + options.rounds);
            for (Peer peer : proxies.keySet()) {
                Encrypted.Proxy proxy = proxies.get(peer);
                table.add(
                        peer.title(),
                        turn(proxy.program(), () -> encryptedTurn(name, pair, wrk, proxy, options.seconds)));
            }
        }
        closeAll();
        report.add(table);
    }

    private Map<String, Double> encryptedTurn(String name, Encrypted pair, Wrk wrk, Encrypted.Proxy proxy, int seconds)
            throws Exception {
        return name.equals("tls")
                ? wrk.turn(proxy.program(), proxy.url(), seconds)
                : pair.http2(proxy, options.connections, seconds);
    }

    /** A turn of a process that has ended, or that answers nothing, is a failed one; it is named, and the run goes on. */
    private Map<String, Double> turn(Program program, Callable<Map<String, Double>> measured) throws Exception {
        Map<String, Double> figures;
        try {
            figures = measured.call();
        } catch (IOException e) {
            if (program.alive()) {
                throw e;
            }
            figures = new LinkedHashMap<>(Map.of("per_second", 0.0, "failed", 1.0));
        }
        if (!figures.containsKey("cpu_us")) {
            progress("NO ANSWER from " + program.describe());
        }
        return figures;
    }

    /** The quiet time to the first token: one stream at a time, with and without the peer between. */
    private void firstTokens(String name, Table table) throws Exception {
        try (PacedServer server = new PacedServer(1, TimeUnit.MILLISECONDS, 3)) {
            Map<Peer, Program> programs = startAll(name + "-first", Chain.LLM, server.port(), Chat.STREAMED);
            for (Peer peer : programs.keySet()) {
                if (peer.warmsUp()) {
                    try (StreamClient client =
                            new StreamClient(programs.get(peer).port())) {
                        client.open(20, 20);
                        client.read(Math.max(1, options.warm / 3.0));
                    }
                }
            }
            double seconds = options.seconds / 3.0;
            for (int round = 0; round < options.rounds; round++) {
                double direct = firstToken(server.port(), seconds);
                for (Peer peer : programs.keySet()) {
                    table.rows
                            .get(peer.title())
                            .get(round)
                            .put("added_us", firstToken(programs.get(peer).port(), seconds) - direct);
                }
            }
            closeAll();
        }
    }

    private static double firstToken(int port, double seconds) throws IOException {
        try (StreamClient client = new StreamClient(port)) {
            client.open(1, 1);
            return client.read(seconds).firsts().micros(0.5);
        }
    }

    /** For a while, then until requests get no cheaper any more, at most four times as long as the options say. */
    private void warmUp(String name, Peer peer, Program program, Wrk wrk) throws Exception {
        warmUp(name, peer, program, wrk, options.warm);
    }

    private void warmUp(String name, Peer peer, Program program, Wrk wrk, int least) throws Exception {
        if (!peer.warmsUp()) {
            wrk.turn(program, 1);
            return;
        }
        int portion = Math.min(3, options.warm);
        int spent = 0;
        double best = Double.MAX_VALUE;
        int steady = 0;
        while (spent < least || (steady < 3 && spent < 4 * options.warm)) {
            double now = wrk.turn(program, portion).getOrDefault("cpu_us", Double.MAX_VALUE);
            steady = now < 0.95 * best ? 0 : steady + 1;
            best = Math.min(best, now);
            spent += portion;
            emptyAccessLog(name);
            program.awaitQuiet();
        }
        progress("warmed up " + peer.title() + " for " + spent + " s");
    }

    // ---- workload (iv)

    private void paced() throws Exception {
        String title = "(iv) Paced streams: " + options.streams + " at once, 100 events each at 10 ms";
        out.println();
        progress(title);
        try (PacedServer server = new PacedServer(10, TimeUnit.MILLISECONDS, 100)) {
            Map<Peer, Program> programs = startAll("paced", Chain.LLM, server.port(), Chat.STREAMED);
            for (Peer peer : programs.keySet()) {
                if (peer.warmsUp()) {
                    pacedTurn(programs.get(peer).port(), programs.get(peer), options.warm / 2.0);
                    programs.get(peer).awaitQuiet();
                    progress("warmed up " + peer.title());
                }
            }
            Table table = new Table(
                    "paced",
                    title,
                    List.of(
                            new Column("per_second", "events/s", 0),
                            new Column("p50_ms", "event p50 ms", 2),
                            new Column("p99_ms", "event p99 ms", 2),
                            ADDED,
                            new Column("cpu_us", "CPU us/event", 1),
                            RATIO,
                            FAILED));
            for (int round = 1; round <= options.rounds; round++) {
                progress("round " + round + " of " + options.rounds);
                Map<String, Double> direct = pacedTurn(server.port(), null, options.seconds);
                table.add("no proxy", direct);
                for (Peer peer : programs.keySet()) {
                    Program program = programs.get(peer);
                    Map<String, Double> figures =
                            turn(program, () -> pacedTurn(program.port(), program, options.seconds));
                    if (figures.containsKey("first_us")) {
                        figures.put("added_us", figures.get("first_us") - direct.get("first_us"));
                    }
                    table.add(peer.title(), figures);
                }
            }
            closeAll();
            report.add(table);
        }
    }

    private Map<String, Double> pacedTurn(int port, Program program, double seconds) throws Exception {
        try (StreamClient client = new StreamClient(port)) {
            // one after the other over the length of a stream, so that they do not beat in step
            client.open(options.streams, 1000);
            client.read(0.2);
            long before = program == null ? 0 : program.cpuMicros();
            StreamClient.Window window = client.read(seconds);
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("per_second", window.events() / window.seconds());
            figures.put("p50_ms", window.delays().micros(0.5) / 1000);
            figures.put("p99_ms", window.delays().micros(0.99) / 1000);
            figures.put("first_us", window.firsts().micros(0.5));
            figures.put("failed", (double) window.failed());
            if (program != null) {
                figures.put("cpu_us", (program.cpuMicros() - before) / (double) window.events());
            }
            return figures;
        }
    }

    // ---- workload (v)

    private void memory() throws Exception {
        String title = "(v) " + options.open + " open streams, two events a second each; the JVMs with -Xmx192m"
                + " -XX:MaxDirectMemorySize=64m";
        out.println();
        progress(title);
        Table table = new Table(
                "memory",
                title,
                List.of(
                        new Column("before_mb", "RSS before MB", 0),
                        new Column("with_mb", "RSS with MB", 0),
                        new Column("stream_kb", "KB/stream", 1),
                        new Column("per_second", "events/s", 0),
                        new Column("held", "held", -1)));
        String why = "";
        try (PacedServer server = new PacedServer(500, TimeUnit.MILLISECONDS, Integer.MAX_VALUE);
                PacedServer brief = new PacedServer(1, TimeUnit.MILLISECONDS, 10)) {
            for (Peer peer : options.peers) {
                progress(peer.title());
                // a few short streams first, so that code and buffers every stream shares count as "before"
                double before;
                try (Program warm = start(peer, "memory-warm", brief.port(), true)) {
                    before = held(warm.awaitAnswer(Chat.STREAMED), 20, options.hold / 2.0)
                            .get("with_mb");
                }
                try (Program program = start(peer, "memory", server.port(), true)) {
                    Map<String, Double> figures = open(program, options.open);
                    figures.put("before_mb", before);
                    figures.put("stream_kb", (figures.get("with_mb") - before) * 1024 / options.open);
                    table.add(peer.title(), figures);
                    if (figures.get("held") != 1) {
                        why = program.log();
                    }
                }
            }
        }
        report.add(table);
        List<Map<String, Double>> own = table.rows.get(Peer.GATEHOUSE.title());
        if (own != null) {
            boolean held = own.get(0).get("held") == 1;
            report.target(
                    "(v) " + options.open + " open streams in -Xmx192m -XX:MaxDirectMemorySize=64m",
                    held ? "held" : "not held",
                    "held",
                    held);
            if (!held) {
                out.println(why);
            }
        }
    }

    private Map<String, Double> held(Program program, int streams, double seconds) throws Exception {
        try (StreamClient client = new StreamClient(program.port())) {
            client.open(streams, streams);
            client.read(seconds);
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("with_mb", program.rssKb() / 1024.0);
            return figures;
        }
    }

    /** Passed is: each stream went on, none broke, memory did not run out, the process lives. */
    private Map<String, Double> open(Program program, int streams) throws Exception {
        program.awaitListening();
        try (StreamClient client = new StreamClient(program.port())) {
            client.open(streams, 2000);
            // what opening them has left behind in queues is not what keeping them open is about
            client.read(options.hold / 2.0);
            long[] before = client.eventsOfEach();
            StreamClient.Window window = client.read(options.hold);
            long[] after = client.eventsOfEach();
            boolean all =
                    window.failed() == 0 && program.alive() && !program.log().contains("OutOfMemory");
            for (int i = 0; i < streams; i++) {
                // half of them: on a busy machine they come late, which is not what this is about
                all &= after[i] - before[i] >= options.hold;
            }
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("with_mb", program.rssKb() / 1024.0);
            figures.put("per_second", window.events() / window.seconds());
            figures.put("held", all ? 1.0 : 0.0);
            return figures;
        }
    }

    // ---- start

    private void start() throws Exception {
        String title = "Start of the process to its first answer; Gatehouse with the plugins of (ii)";
        out.println();
        progress(title);
        Program upstream =
                started(Nginx.upstream("upstream", folder.resolve("upstream-start"), "application/json", Chat.ANSWER));
        upstream.awaitAnswer(Chat.JSON);
        Table table = new Table("start", title, List.of(new Column("ms", "ms", 0), new Column("cpu_ms", "CPU ms", 0)));
        for (int round = 1; round <= options.rounds; round++) {
            for (Peer peer : options.peers) {
                long before = System.nanoTime();
                try (Program program = start(peer, "start", upstream.port(), false)) {
                    program.awaitAnswer(Chat.JSON);
                    Map<String, Double> figures = new LinkedHashMap<>();
                    figures.put("ms", (System.nanoTime() - before) / 1e6);
                    figures.put("cpu_ms", program.cpuMicros() / 1000.0);
                    table.add(peer.title(), figures);
                }
            }
        }
        closeAll();
        report.add(table);
        report.target("start to first answer", table.median(Peer.GATEHOUSE.title(), "ms") / 1000, 1, " s");
    }

    // ---- configuration

    private void config() throws Exception {
        String title = "Loading a configuration: services, routes, plugins and consumers in one YAML file";
        out.println();
        progress(title);
        LargeConfig config = new LargeConfig(place, folder.resolve("config"));
        Table table = new Table(
                "config",
                title,
                List.of(
                        new Column("load_ms", "load ms", 0),
                        new Column("start_ms", "start ms", 0),
                        new Column("first_ms", "1st reload ms", 0),
                        new Column("reload_ms", "reload ms", 0),
                        new Column("heap_mb", "live heap MB", 1),
                        new Column("route_bytes", "bytes a route", 0)));
        for (int round = 1; round <= options.rounds; round++) {
            double base = 0;
            for (int routes : List.of(10, 1_000, 10_000)) {
                Map<String, Double> figures = config.measure(routes);
                double heap = figures.get("heap_mb");
                if (base == 0) {
                    base = heap;
                } else {
                    figures.put("route_bytes", (heap - base) * 1e6 / (routes - 10));
                }
                table.add(routes + " routes", figures);
            }
        }
        report.add(table);
        report.target("10,000 routes load", table.median("10000 routes", "load_ms") / 1000, 3, " s");
        report.target("10,000 routes load again", table.median("10000 routes", "reload_ms") / 1000, 1, " s");
    }

    // ---- profile

    private void profile(Path target) throws Exception {
        for (String workload : options.workloads) {
            boolean streamed = workload.equals("llm-stream");
            if (!List.of("plain", "llm-json", "llm-stream", "everyday").contains(workload)) {
                continue;
            }
            Chain chain =
                    workload.equals("plain") ? Chain.NONE : workload.equals("everyday") ? Chain.EVERYDAY : Chain.LLM;
            Program upstream = started(Nginx.upstream(
                    "upstream",
                    folder.resolve("upstream-" + workload),
                    streamed ? "text/event-stream" : "application/json",
                    streamed ? Chat.hundredEvents() : Chat.ANSWER));
            upstream.awaitAnswer(Chat.JSON);
            Path own = folder.resolve(workload + "-" + Peer.GATEHOUSE.name());
            Program program = started(Peer.GATEHOUSE.start(
                    place,
                    chain,
                    upstream.port(),
                    own,
                    Map.of(
                            "JAVA_OPTS",
                            inheritedJavaOpts() + " -XX:+UnlockDiagnosticVMOptions -XX:+DebugNonSafepoints")));
            program.awaitAnswer(streamed ? Chat.STREAMED : Chat.JSON);
            Wrk wrk = new Wrk(folder, streamed ? Chat.STREAMED : Chat.JSON, options.connections);
            progress(workload);
            warmUp(workload, Peer.GATEHOUSE, program, wrk);
            Profiler profiler = new Profiler(folder);
            profiler.start(program);
            Map<String, Double> figures = wrk.turn(program, 5 * options.seconds);
            Path file = target.resolve("profile-" + workload);
            profiler.stop(program, file);
            closeAll();
            progress(String.format(
                    Locale.ROOT,
                    "%s: %.1f us CPU per request; %s.html and .collapsed",
                    workload,
                    figures.get("cpu_us"),
                    file));
            out.print(Profiler.top(Files.readAllLines(Path.of(file + ".collapsed")), 15));
        }
    }

    // ---- processes

    private Map<Peer, Program> startAll(String name, Chain chain, int upstream, String probe) throws Exception {
        Map<Peer, Program> programs = new EnumMap<>(Peer.class);
        for (Peer peer : options.peers) {
            if (chain != Chain.NONE || peer.proxiesPlainly()) {
                programs.put(
                        peer,
                        started(peer.start(place, chain, upstream, folder.resolve(name + "-" + peer.name()), Map.of()))
                                .awaitAnswer(probe));
            } else {
                progress("without " + peer.title() + ": it has no plain proxy");
            }
        }
        return programs;
    }

    private Program start(Peer peer, String name, int upstream, boolean bounded) throws IOException {
        Map<String, String> environment = bounded && peer == Peer.GATEHOUSE
                ? Map.of("JAVA_OPTS", inheritedJavaOpts() + " -Xmx192m -XX:MaxDirectMemorySize=64m")
                : Map.of();
        return started(peer.start(place, Chain.LLM, upstream, folder.resolve(name + "-" + peer.name()), environment));
    }

    private static String inheritedJavaOpts() {
        return System.getenv().getOrDefault("JAVA_OPTS", "");
    }

    private synchronized Program started(Program program) {
        running.add(program);
        return program;
    }

    /** The last ones first, so that no proxy loses its upstream before itself. */
    private synchronized void closeAll() {
        for (int i = running.size() - 1; i >= 0; i--) {
            running.get(i).close();
        }
        running.clear();
    }

    private void stop() {
        closeAll();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            System.err.println("bench: " + folder + " is left behind: " + e.getMessage());
        }
    }

    /** Half a gigabyte of log lines a minute is not what this is about. */
    private void emptyAccessLog(String name) throws IOException {
        Path log = Peer.accessLog(folder.resolve(name + "-" + Peer.GATEHOUSE.name()));
        if (Files.exists(log)) {
            FileChannel.open(log, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)
                    .close();
        }
    }

    private void progress(String text) {
        long seconds = (System.nanoTime() - begin) / 1_000_000_000;
        out.printf(Locale.ROOT, "[%2d:%02d] %s%n", seconds / 60, seconds % 60, text);
    }

    private void facts() throws Exception {
        long busy = Math.round(100 * busyShare());
        int processors = Runtime.getRuntime().availableProcessors();
        report.fact("date", LocalDate.now().toString());
        report.fact(
                "machine",
                processors + " processors, " + processor() + ", Linux "
                        + System.getProperty("os.version").split("-", 2)[0]);
        report.fact(
                "other work just before the run",
                busy + " % of all processors" + (busy > 10 ? " (so the figures are a direction only)" : ""));
        report.fact("JDK of the gateway", jdk());
        report.fact(
                "run",
                "median of " + options.rounds + " rounds of " + options.seconds + " s, wrk with " + options.connections
                        + " connections");
        List<String> versions = new ArrayList<>();
        for (Peer peer : options.peers) {
            if (peer.missing(place).isEmpty()) {
                String version = peer.versionLine(place);
                if (!version.isEmpty()) {
                    versions.add(peer.title() + ": " + version);
                }
            }
        }
        report.fact("versions", String.join("; ", versions));
        out.println("Gatehouse and its peers under load: " + processors + " processors, " + busy + " % busy, " + jdk());
    }

    /** The share of all processors that was busy over two seconds, 0 to 1. */
    private static double busyShare() throws IOException, InterruptedException {
        long[] before = processorTimes();
        Thread.sleep(2000);
        long[] after = processorTimes();
        return 1.0 - (after[1] - before[1]) / (double) Math.max(1, after[0] - before[0]);
    }

    /** Ticks since the start of the machine: of all kinds, and idle or waiting for a disk. */
    private static long[] processorTimes() throws IOException {
        String[] ticks = Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+");
        long all = 0;
        for (int i = 1; i < ticks.length; i++) {
            all += Long.parseLong(ticks[i]);
        }
        return new long[] {all, Long.parseLong(ticks[4]) + Long.parseLong(ticks[5])};
    }

    private static String processor() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }

    private String jdk() throws IOException {
        Map<String, String> release = new LinkedHashMap<>();
        for (String line : Files.readAllLines(options.java.resolve("release"), StandardCharsets.UTF_8)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                release.put(
                        line.substring(0, equals), line.substring(equals + 1).replace("\"", ""));
            }
        }
        return release.getOrDefault("IMPLEMENTOR", "") + " "
                + release.getOrDefault("JAVA_RUNTIME_VERSION", release.get("JAVA_VERSION"));
    }
}
