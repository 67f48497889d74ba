package io.gatehouse.testkit;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.LlmSimulator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real gateway in the JVM of the test, on free ports, with an {@link LlmSimulator} behind it. The plugins on the test
 * class path are there as the bundled ones are. Connections to {@code https://api.openai.com} and {@code
 * https://api.mistral.ai} go to the simulator, so that configurations stay as they are in production.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final GatewayExtension gateway = GatewayExtension.of("""
 *         _format_version: "3.0"
 *         services:
 *         - {name: llm, url: "https://api.openai.com", routes: [{name: chat, paths: [/llm]}]}
 *         plugins:
 *         - {name: hello, config: {greeting: hi}}
 *         """);
 *
 * @Test
 * void greets() throws Exception {
 *     HttpResponse<String> response = gateway.get("/llm/v1/models");
 *     assertThat(response.headers().firstValue("X-Hello")).contains("hi");
 * }
 * }</pre>
 *
 * <p>A static field is one gateway for all tests of the class, an instance field one for each. After each test it waits
 * until no exchange is in flight, and fails the test when one stays, when a line was logged at ERROR that the test did not
 * announce with {@link #expectError}, or when a buffer leaked.
 *
 * <p>Thread rule: the thread of the test.
 */
public final class GatewayExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
    private static final long HANDED_OVER_MILLIS = 10_000;

    private final List<String> yaml;
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> redirects = new LinkedHashMap<>();
    private final List<Path> plugins = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();
    private UnaryOperator<Settings.Builder> settings = UnaryOperator.identity();
    private @Nullable Running running;
    private Duration idleLimit = Duration.ofSeconds(30);
    private boolean shared;

    private GatewayExtension(List<String> yaml) {
        this.yaml = yaml;
        redirects.put("https://api.openai.com", "");
        redirects.put("https://api.mistral.ai", "");
    }

    /** A gateway with these declarative files, given as texts; they are merged as files would be. */
    public static GatewayExtension of(String... yaml) {
        return new GatewayExtension(List.of(yaml));
    }

    /** Sets an environment variable that the files can refer to. */
    public GatewayExtension environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Sends connections meant for this origin, such as {@code https://llm.example}, to the simulator. */
    public GatewayExtension simulate(String origin) {
        redirects.put(origin, "");
        return this;
    }

    /** Sends connections meant for one origin to another, such as {@code http://127.0.0.1:9999}. */
    public GatewayExtension connect(String from, String to) {
        redirects.put(from, to);
        return this;
    }

    /** Adds a folder of plugin JARs. */
    public GatewayExtension plugins(Path folder) {
        plugins.add(folder);
        return this;
    }

    /** Changes the gateway's settings before it starts. */
    public GatewayExtension settings(UnaryOperator<Settings.Builder> change) {
        UnaryOperator<Settings.Builder> before = settings;
        settings = builder -> change.apply(before.apply(builder));
        return this;
    }

    /** Sets how long exchanges may take to end after a test, and announced lines to come; 30 s unless set. */
    public GatewayExtension idleLimit(Duration limit) {
        idleLimit = limit;
        return this;
    }

    /**
     * Announces ERROR lines of the running test: those that contain this text. The test fails when there is none.
     *
     * @param text part of the line, of its logger's name or of what was thrown
     */
    public void expectError(String text) {
        expected.add(text);
    }

    /** The gateway. */
    public Gateway gateway() {
        return running().gateway;
    }

    /** The LLM simulator behind it; behaviours and ledger are cleared before each test. */
    public LlmSimulator simulator() {
        return running().simulator;
    }

    /** What was logged since the gateway started. */
    public CapturedLog log() {
        return running().log;
    }

    /** A URI on the proxy port. */
    public URI uri(String pathAndQuery) {
        return URI.create("http://127.0.0.1:" + gateway().proxyPort() + pathAndQuery);
    }

    /** A client; HTTP/1.1, redirects are not followed. */
    public HttpClient client() {
        return running().client;
    }

    /** Sends a GET request to the proxy port; header names and values alternate. */
    public HttpResponse<String> get(String pathAndQuery, String... headers) throws IOException, InterruptedException {
        return send(request(pathAndQuery, headers).GET());
    }

    /** Sends a POST request with a JSON body to the proxy port; header names and values alternate. */
    public HttpResponse<String> post(String pathAndQuery, String json, String... headers)
            throws IOException, InterruptedException {
        return send(request(pathAndQuery, headers)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)));
    }

    /** Starts a request to the proxy port; header names and values alternate. */
    public HttpRequest.Builder request(String pathAndQuery, String... headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri(pathAndQuery)).timeout(Duration.ofSeconds(30));
        return headers.length == 0 ? builder : builder.headers(headers);
    }

    /** Sends a request and reads the whole answer as text. */
    public HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client().send(request.build(), BodyHandlers.ofString());
    }

    /**
     * Replaces the declarative files and reads them again.
     *
     * @return what is wrong with them, one line each; empty when they are live
     */
    public List<String> reload(String... texts) {
        Running now = running();
        try {
            now.write(List.of(texts));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return now.gateway.reload();
    }

    /** What {@code /metrics} of the Admin API shows, once all exchanges have ended. */
    public String metrics() throws IOException, InterruptedException {
        awaitIdle();
        URI uri = URI.create("http://127.0.0.1:" + gateway().adminPort() + "/metrics");
        return client().send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }

    /**
     * The sum of all series of this name that have these labels, once all exchanges have ended; 0 when there is none.
     *
     * @param labels names and values alternate; series may have more
     */
    public double metric(String name, String... labels) throws IOException, InterruptedException {
        double sum = 0;
        for (String line : metrics().split("\n", -1)) {
            int nameEnd = line.indexOf('{') < 0 ? line.indexOf(' ') : Math.min(line.indexOf('{'), line.indexOf(' '));
            if (nameEnd < 0 || !line.substring(0, nameEnd).equals(name)) {
                continue;
            }
            boolean matches = true;
            for (int i = 0; i + 1 < labels.length; i += 2) {
                String label = labels[i] + "=\"" + labels[i + 1] + '"';
                matches &= line.contains('{' + label) || line.contains(',' + label);
            }
            if (matches) {
                sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
            }
        }
        return sum;
    }

    /**
     * Waits until no exchange is in flight, so that everything is counted and logged.
     *
     * @throws AssertionError when one is still in flight after the {@linkplain #idleLimit limit}
     */
    public void awaitIdle() {
        Gateway gateway = gateway();
        if (!holds(() -> gateway.inFlight() == 0)) {
            throw new AssertionError("exchanges in flight: " + gateway.inFlight() + " (expected: 0)");
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        startForAll();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        startOne();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        endOne();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        endAll();
    }

    void startForAll() throws IOException, ConfigException {
        shared = true;
        running = new Running();
    }

    void startOne() throws IOException, ConfigException {
        expected.clear();
        if (!shared) {
            running = new Running();
        }
        simulator().clearBehaviours();
        simulator().ledger().clear();
    }

    void endOne() throws IOException {
        try {
            awaitIdle();
            if (shared) {
                check();
            } else {
                stop();
            }
        } finally {
            if (!shared) {
                abandon();
            }
        }
    }

    void endAll() throws IOException {
        expected.clear();
        try {
            stop();
        } finally {
            abandon();
        }
    }

    private Running running() {
        if (running == null) {
            throw new IllegalStateException(
                    "the gateway does not run (expected: within a test of a class that has it as a"
                            + " field with @RegisterExtension)");
        }
        return running;
    }

    private void stop() {
        Running now = running();
        now.gateway.stop(idleLimit);
        provokeLeakReports();
        check();
    }

    private void abandon() throws IOException {
        Running now = running;
        running = null;
        if (now != null) {
            now.close();
        }
    }

    /** Every ERROR line since the last check was announced, and everything announced was there or comes in time. */
    private void check() {
        Running now = running();
        holds(() -> expected.stream().allMatch(text -> now.toldSinceTheLastCheck(text)));
        List<LogLine> lines = now.log.lines();
        List<String> missing = new ArrayList<>(expected);
        List<LogLine> surprises = new ArrayList<>();
        for (LogLine line : lines.subList(now.checked, lines.size())) {
            boolean leak = isLeak(line);
            if (!leak && !isError(line)) {
                continue;
            }
            boolean announced = false;
            for (String text : expected) {
                if (!leak && tells(line, text)) {
                    announced = true;
                    missing.remove(text);
                }
            }
            if (!announced) {
                surprises.add(line);
            }
        }
        now.checked = lines.size();
        if (!surprises.isEmpty()) {
            AssertionError error = new AssertionError("the error log is not clean: " + surprises);
            error.initCause(surprises.get(0).thrown());
            throw error;
        }
        if (!missing.isEmpty()) {
            throw new AssertionError("announced, but not in the error log: " + missing);
        }
    }

    private static boolean isLeak(LogLine line) {
        return line.text().startsWith("LEAK");
    }

    private static boolean isError(LogLine line) {
        return line.level().equals("ERROR");
    }

    private static boolean tells(LogLine line, String text) {
        if (line.toString().contains(text)) {
            return true;
        }
        for (Throwable t = line.thrown(); t != null; t = t.getCause()) {
            if (t.toString().contains(text)) {
                return true;
            }
        }
        return false;
    }

    /** Netty reports a lost buffer when the next one is made after the collector has found it. */
    private static void provokeLeakReports() {
        for (int i = 0; i < 4 && isCollected(); i++) {
            ByteBufAllocator.DEFAULT.directBuffer(16).release();
        }
    }

    /** What one collection finds is handed over in any order, but before anything that the next one finds. */
    private static boolean isCollected() {
        ReferenceQueue<Object> found = new ReferenceQueue<>();
        Reference<Object> lost = new WeakReference<>(new Object(), found);
        System.gc();
        try {
            return found.remove(HANDED_OVER_MILLIS) != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            Reference.reachabilityFence(lost);
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(5);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean holds(BooleanSupplier condition) {
        long end = System.nanoTime() + idleLimit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            if (!pause()) {
                return false;
            }
        }
        return true;
    }

    /** One gateway with what belongs to it. */
    private final class Running implements AutoCloseable {
        private final CapturedLog log = CapturedLog.start();
        private final Path folder;
        private final LlmSimulator simulator;
        private final Gateway gateway;
        private final HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private int checked;

        private Running() throws IOException, ConfigException {
            if (System.getProperty("io.netty.leakDetection.level") == null) {
                ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
            }
            folder = Files.createTempDirectory("gatehouse-test-");
            simulator = LlmSimulator.startAndAwait();
            try {
                write(yaml);
                List<String> connectTo = new ArrayList<>();
                redirects.forEach((from, to) ->
                        connectTo.add(from + '=' + (to.isEmpty() ? "http://127.0.0.1:" + simulator.port() : to)));
                Settings.Builder builder = Settings.from(Map.of(), Map.of("--connect-to", connectTo)).toBuilder()
                        .configs(List.of(folder))
                        .plugins(plugins)
                        .environment(environment)
                        .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                        .adminListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                        .statusListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                        .eventLoops(2)
                        .watch(false);
                gateway = Gateway.start(settings.apply(builder).build());
            } catch (IOException | ConfigException | RuntimeException e) {
                simulator.close();
                log.close();
                delete();
                throw e;
            }
        }

        private boolean toldSinceTheLastCheck(String text) {
            List<LogLine> lines = log.lines();
            return lines.subList(checked, lines.size()).stream()
                    .anyMatch(line -> !isLeak(line) && isError(line) && tells(line, text));
        }

        private void write(List<String> texts) throws IOException {
            try (Stream<Path> old = Files.list(folder)) {
                for (Path file : old.toList()) {
                    Files.delete(file);
                }
            }
            for (int i = 0; i < texts.size(); i++) {
                Files.writeString(folder.resolve("gatehouse-" + (i + 1) + ".yaml"), texts.get(i));
            }
        }

        @Override
        public void close() throws IOException {
            gateway.close();
            simulator.close();
            log.close();
            delete();
        }

        private void delete() throws IOException {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
