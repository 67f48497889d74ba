package io.gatehouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LlmSimulator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A gateway that {@code bin/gatehouse start} started, in a process of its own, on free ports. Everything it writes is
 * in its folder: {@code gateway.log}, and {@code access.log} of a global file-log that is added to the configuration.
 *
 * <p>Netty tracks every buffer, so that a leak shows as a line in the log. For one thread.
 */
final class PackagedGateway implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(90);
    private static final Pattern SERVES =
            Pattern.compile("serves: proxy=\\[(\\d+)(?:, (\\d+))?] admin=\\[(\\d+)] status=\\[(\\d+)]");
    static final String VERSION = "_format_version: \"3.0\"\n";
    private static final String STATUS_CODES = """
            plugins:
              - name: prometheus
                config:
                  status_code_metrics: true
                  latency_metrics: true
                  bandwidth_metrics: true
                  ai_metrics: true
            """;

    static {
        // sooner than the gateway does: a connection that it closes just when it is used again costs a request
        System.setProperty("jdk.httpclient.keepalive.timeout", "20");
    }

    static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Workplace.SOON)
            .build();

    private final Builder builder;
    private final String name;
    private final Path folder;
    private final List<Pattern> planted = new ArrayList<>();
    private final List<LlmSimulator> simulators;
    private final boolean conserved;
    private final Process process;
    private final AccessLog accessLog;
    private final Vitals vitals;
    private final Vitals.Held atStart;
    private final int proxyPort;
    private final int secondProxyPort;
    private final int adminPort;
    private final int statusPort;
    private boolean stopped;

    private PackagedGateway(Builder builder) throws IOException {
        this.builder = builder;
        name = builder.name;
        folder = builder.folder;
        conserved = builder.conserved;
        simulators = List.copyOf(builder.simulators);
        accessLog = new AccessLog(builder.accessLog);
        int from = log().length();
        process = launch();
        vitals = new Vitals(process.pid());
        Matcher serves = Workplace.await(
                START_LIMIT,
                () -> {
                    Matcher matcher = SERVES.matcher(log().substring(from));
                    if (!matcher.find()) {
                        if (process.isAlive()) {
                            return null;
                        }
                        throw new AssertionError(
                                name + " ended with " + process.exitValue() + " before it served:\n" + log());
                    }
                    return matcher;
                },
                () -> name + " does not serve:\n" + log());
        proxyPort = Integer.parseInt(serves.group(1));
        secondProxyPort = serves.group(2) == null ? -1 : Integer.parseInt(serves.group(2));
        adminPort = Integer.parseInt(serves.group(3));
        statusPort = Integer.parseInt(serves.group(4));
        atStart = vitals.held();
    }

    private Process launch() throws IOException {
        List<String> command = new ArrayList<>();
        if (builder.descriptors > 0) {
            command.addAll(List.of("sh", "-c", "ulimit -n " + builder.descriptors + "; exec \"$0\" \"$@\""));
        }
        command.add(Workplace.launcher().toString());
        command.addAll(builder.arguments());
        ProcessBuilder process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        process.environment().clear();
        process.environment().putAll(builder.environment());
        Process started = process.start();
        started.getOutputStream().close();
        return started;
    }

    static Builder named(String name) {
        return new Builder(name);
    }

    /** Says what is started. */
    static final class Builder {
        private final String name;
        private final Path folder;
        private final List<Path> configs = new ArrayList<>();
        private final List<Path> plugins = new ArrayList<>();
        private final List<String> connectTo = new ArrayList<>();
        private final List<LlmSimulator> simulators = new ArrayList<>();
        private final Map<String, String> extra = new LinkedHashMap<>();
        private boolean conserved = true;
        private boolean statusCodes;
        private boolean kongVariables;
        private int descriptors;
        private int outlets;
        private Path accessLog;

        private Builder(String name) {
            this.name = name;
            this.folder = Workplace.folderFor(name);
            this.accessLog = folder.resolve("access.log");
        }

        Path folder() {
            return folder;
        }

        Builder config(Path... files) {
            configs.addAll(List.of(files));
            return this;
        }

        /** A configuration file with this text, after the line with the format's version, in the gateway's folder. */
        Builder yaml(String file, String text) {
            return config(Workplace.write(folder.resolve(file), VERSION + text));
        }

        /** Adds a global prometheus with everything on; for configurations that bring none. */
        Builder observed() {
            statusCodes = true;
            return this;
        }

        /** In a long run, which judges times, nothing looks for leaked buffers: that takes several times as long. */
        Builder timed() {
            return Effort.isLong() ? env("JAVA_OPTS", "-Xmx256m") : this;
        }

        /** For configurations that count only some requests: the sums over all of them are not compared. */
        Builder countedInPart() {
            conserved = false;
            return this;
        }

        /** The configuration's files are named in Kong's variable, not in options. */
        Builder kongVariables() {
            kongVariables = true;
            return this;
        }

        Builder env(String variable, String value) {
            extra.put(variable, value);
            return this;
        }

        /** The file-log writes to another file. */
        Builder accessLog(Path file) {
            accessLog = file;
            return this;
        }

        /** So many of its plugins write datagrams, each to a socket that it keeps. */
        Builder outlets(int count) {
            outlets = count;
            return this;
        }

        /** It gets no more file descriptors than these. */
        Builder descriptors(int most) {
            descriptors = most;
            return this;
        }

        Builder plugins(Path directory) {
            plugins.add(directory);
            return this;
        }

        /** Connections to these hosts go to the simulator, and its ledger is compared with the figures. */
        Builder connectTo(LlmSimulator simulator, String... hosts) {
            simulators.add(simulator);
            for (String host : hosts) {
                connectTo.add("https://" + host + "=" + simulator.baseUrl());
            }
            return this;
        }

        private List<Path> files() {
            List<Path> files = new ArrayList<>(configs);
            files.add(Workplace.write(folder.resolve("file-log.yaml"), VERSION + """
                    plugins:
                      - name: file-log
                        config:
                          path: %s
                    """.formatted(accessLog)));
            if (statusCodes) {
                files.add(Workplace.write(folder.resolve("observed.yaml"), VERSION + STATUS_CODES));
            }
            return files;
        }

        private List<String> arguments() {
            List<String> arguments = new ArrayList<>(List.of("start"));
            if (kongVariables) {
                extra.put(
                        "KONG_DECLARATIVE_CONFIG",
                        files().stream().map(Path::toString).collect(Collectors.joining(",")));
            } else {
                files().forEach(file -> arguments.addAll(List.of("--config", file.toString())));
            }
            plugins.forEach(directory -> arguments.addAll(List.of("--plugins", directory.toString())));
            connectTo.forEach(redirect -> arguments.addAll(List.of("--connect-to", redirect)));
            return arguments;
        }

        private Map<String, String> environment() {
            Map<String, String> environment = Workplace.cleanEnvironment();
            environment.put("KONG_PROXY_LISTEN", "127.0.0.1:0");
            environment.put("KONG_ADMIN_LISTEN", "127.0.0.1:0");
            environment.put("KONG_STATUS_LISTEN", "127.0.0.1:0");
            environment.put("JAVA_OPTS", "-Xmx256m -Dio.netty.leakDetection.level=paranoid");
            environment.putAll(extra);
            return environment;
        }

        PackagedGateway start() throws IOException {
            return new PackagedGateway(this);
        }
    }

    String name() {
        return name;
    }

    Path folder() {
        return folder;
    }

    Path logFile() {
        return folder.resolve("gateway.log");
    }

    /** Everything the process has written so far. */
    String log() {
        return Workplace.read(logFile());
    }

    /** The entries of the file-log so far, one a line; a line that is still being written is not among them. */
    List<String> entryLines() {
        return Workplace.wholeLines(Workplace.read(builder.accessLog)).lines().toList();
    }

    List<JsonNode> entries() {
        return entryLines().stream().map(Json::read).toList();
    }

    /** The entries of a route among those that came behind this many bytes, as soon as there are so many. */
    List<JsonNode> entriesSince(long from, String route, int count) {
        return Workplace.await(
                Workplace.SOON,
                () -> {
                    List<JsonNode> found = accessLog.since(from, route);
                    return found.size() < count ? null : found;
                },
                () -> accessLog.since(from, route).size() + " log entries of " + route + " (expected: " + count + ")");
    }

    AccessLog accessLog() {
        return accessLog;
    }

    /** The entry of the request with this id, as soon as it is there. */
    JsonNode entry(String requestId) {
        return Workplace.await(
                Workplace.SOON,
                () -> entries().stream()
                        .filter(entry -> entry.at("/request/id").asText().equals(requestId))
                        .findFirst()
                        .orElse(null),
                () -> "no log entry of " + requestId);
    }

    List<LlmSimulator> simulators() {
        return simulators;
    }

    /** Whether its configuration counts every matched request. */
    boolean conserved() {
        return conserved;
    }

    int proxyPort() {
        return proxyPort;
    }

    /** The port of the second listener, where there is one. */
    int secondProxyPort() {
        return secondProxyPort;
    }

    int adminPort() {
        return adminPort;
    }

    int statusPort() {
        return statusPort;
    }

    long pid() {
        return process.pid();
    }

    Vitals vitals() {
        return vitals;
    }

    /** Threads, descriptors and connections that it should have let go of by now. */
    List<String> left() {
        return vitals.leftSince(atStart, builder.outlets);
    }

    URI proxy(String path) {
        return URI.create("http://127.0.0.1:" + proxyPort + path);
    }

    URI admin(String path) {
        return URI.create("http://127.0.0.1:" + adminPort + path);
    }

    URI status(String path) {
        return URI.create("http://127.0.0.1:" + statusPort + path);
    }

    Metrics metrics() {
        return Metrics.parse(get(status("/metrics")).body());
    }

    static HttpResponse<String> get(URI uri) {
        return send(HttpRequest.newBuilder(uri));
    }

    /** Sends a request and waits for the whole answer. */
    static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return CLIENT.send(request.timeout(Duration.ofSeconds(60)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("no answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** A POST of JSON. Headers alternate name and value. */
    HttpResponse<String> post(String path, String json, String... headers) {
        return send(request(path, json, headers));
    }

    HttpRequest.Builder request(String path, String json, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(proxy(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request;
    }

    /** From now on an ERROR line that this pattern is found in is one that the test planted. */
    PackagedGateway planted(String pattern) {
        planted.add(Pattern.compile(pattern));
        return this;
    }

    boolean isPlanted(String line) {
        return planted.stream().anyMatch(pattern -> pattern.matcher(line).find());
    }

    /** Waits for a line of the log; {@code from} is what the log's length was before it was caused. */
    String awaitLog(int from, String pattern) {
        Pattern wanted = Pattern.compile(pattern);
        return Workplace.await(
                Workplace.SOON,
                () -> Workplace.wholeLines(log().substring(from))
                        .lines()
                        .filter(line -> wanted.matcher(line).find())
                        .findFirst()
                        .orElse(null),
                () -> "no line with " + pattern + " in:\n" + log().substring(from));
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Has the garbage collected and sends requests that no route matches, so that Netty's leak detector, which looks when
     * a buffer is made, tells what was lost. What it says is in the log, which {@link Conservation} looks at.
     */
    void lookForLeaks() throws IOException, InterruptedException {
        for (int round = 0; round < 3; round++) {
            String unused = jcmd("GC.run");
            for (int i = 0; i < 100; i++) {
                HttpResponse<String> answer = get(proxy("/no-such-route"));
                if (answer.statusCode() != 404) {
                    throw new AssertionError("status: " + answer.statusCode() + " (expected: 404)");
                }
            }
        }
    }

    /** How many objects of a class are reachable. */
    long instancesOf(String type) throws IOException, InterruptedException {
        return jcmd("GC.class_histogram")
                .lines()
                .map(line -> line.trim().split(" +", -1))
                .filter(fields -> fields.length > 3 && fields[3].equals(type))
                .mapToLong(fields -> Long.parseLong(fields[1]))
                .sum();
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Workplace.Ran ran = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                Workplace.SOON,
                Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                Long.toString(pid()),
                command);
        if (ran.exit() != 0) {
            throw new AssertionError(ran.out() + ran.err());
        }
        return ran.out();
    }

    /** Sends SIGHUP. */
    void hangUp() throws IOException, InterruptedException {
        Workplace.Ran ran = Workplace.run(
                folder, Map.of("PATH", "/usr/bin:/bin"), Workplace.SOON, "sh", "-c", "kill -HUP " + pid());
        if (ran.exit() != 0) {
            throw new AssertionError(ran.err());
        }
    }

    /** Sends SIGTERM and returns at once. */
    void terminate() {
        stopped = true;
        process.destroy();
    }

    /** Ends it without any warning, and waits until it is gone. */
    void kill() {
        stopped = true;
        process.destroyForcibly().onExit().join();
    }

    /** Starts another one like it in the same folder. */
    PackagedGateway again() throws IOException {
        return new PackagedGateway(builder);
    }

    /** Waits for the end; the exit code. */
    int awaitEnd() {
        try {
            if (process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        throw new AssertionError(name + ": still running " + STOP_LIMIT + " after SIGTERM\n" + log());
    }

    /** Whether it was told to stop. */
    boolean stopped() {
        return stopped;
    }

    /** Balances the books, stops the gateway, and looks at what it wrote until then. */
    @Override
    public void close() {
        try {
            if (!stopped) {
                Conservation.verify(this);
                terminate();
                int exit = awaitEnd();
                if (exit != 0) {
                    throw new AssertionError(name + ": exit code " + exit + " (expected: 0)\n" + log());
                }
            }
        } finally {
            stopped = true;
            process.destroyForcibly();
        }
        Conservation.verify(this);
    }
}
