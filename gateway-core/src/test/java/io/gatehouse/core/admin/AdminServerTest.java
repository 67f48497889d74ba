package io.gatehouse.core.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gatehouse.core.LogLevels;
import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.service.FixedNodeFacts;
import io.gatehouse.core.service.InternalMetrics;
import io.gatehouse.core.service.MetricsRegistry;
import io.gatehouse.core.service.NodeFacts;
import io.gatehouse.core.service.NodeMemory;
import io.gatehouse.core.service.Scraper;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class AdminServerTest {
    private final MetricsRegistry registry = new MetricsRegistry();
    private final InternalMetrics internal = new InternalMetrics();
    private final Vertx vertx = internal.vertxBuilder(new VertxOptions().setPreferNativeTransport(true))
            .build();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final FixedView view = new FixedView();

    @AfterEach
    void close() {
        vertx.close().await();
        internal.close();
    }

    @Test
    void servesMetricsOnBothPortsUnderKongsExactContentType() throws Exception {
        registry.add(view.node());
        for (int port : new int[] {admin(null), status()}) {
            HttpResponse<String> response = get(port, "/metrics");

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().allValues("Content-Type")).containsExactly("text/plain; charset=UTF-8");
            assertThat(response.headers().allValues("Transfer-Encoding")).containsExactly("chunked");
            assertThat(response.body()).contains("\nkong_nginx_metric_errors_total 0\n");
            assertThat(response.body().lines()).allMatch(line -> "#kong".indexOf(line.charAt(0)) >= 0);
        }
    }

    @Test
    void servesLongMetricsWholeToEveryone() throws Exception {
        for (int i = 0; i < 5000; i++) {
            registry.node().counter("kong_many", "M.", "x").with("value-" + i).add(1);
        }
        int port = status();

        assertThat(get(port, "/metrics").body()).isEqualTo(registry.text()).hasSizeGreaterThan(100_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1",
                "HEAD /status HTTP/1.1",
                "GET /nothing HTTP/1.1",
                "GET http:// HTTP/1.1",
                "what is this"
            })
    void everyAnswerHasADate(String line) throws Exception {
        for (int port : new int[] {admin(null), status()}) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream()
                        .write((line + "\r\nHost: x\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.")
                        .containsOnlyOnce("\r\nDate: ");
            }
        }
    }

    @Test
    void aClientThatLeavesDuringAScrapeIsNoErrorOfOurs() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            registry.node().counter("kong_many", "M.", "x").with("value-" + i).add(1);
        }
        int port = status();
        Logger logger = (Logger) LoggerFactory.getLogger("io.gatehouse.core.admin");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            for (int i = 0; i < 20; i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream()
                            .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    assertThat(socket.getInputStream().read()).isEqualTo('H');
                    socket.setSoLinger(true, 0); // closes with a reset
                }
                assertThat(get(port, "/metrics").statusCode()).isEqualTo(200);
            }
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list).isEmpty();
    }

    private static final String FORM = String.join(
            "\r\n",
            "POST /services HTTP/1.1",
            "Host: localhost",
            "Connection: close",
            "Content-Type: application/x-www-form-urlencoded",
            "");

    private static Stream<Arguments> wrongRequests() {
        return Stream.of(
                arguments(form("tags=%zz"), "400", "Cannot parse form body"),
                arguments(form("=x"), "400", "Cannot parse form body"),
                arguments(form("x=1&".repeat(1000)), "503", "no configuration"),
                arguments(form("x=1&".repeat(1001)), "400", "Too many arguments"),
                arguments("PUT /consumers/canary HTTP/1.1\r\nConnection: close\r\n\r\n", "400", "Host"),
                arguments(FORM + "Content-Length: 100\r\n\r\nx=", "", ""));
    }

    private static String form(String body) {
        return FORM + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @ParameterizedTest
    @MethodSource("wrongRequests")
    void whatAClientDoesWrongIsToldToItAndIsNoErrorOfOurs(String request, String status, String told) throws Exception {
        int port = admin(null);
        Logger logger = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        logger.addAppender(log);
        try {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                if (status.isEmpty()) {
                    socket.setSoLinger(true, 0); // closes with a reset
                } else {
                    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                            .startsWith("HTTP/1.1 " + status)
                            .contains(told);
                }
            }
            assertThat(get(port, "/status").statusCode()).isEqualTo(200);
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.INFO)
                        && !event.getLoggerName().startsWith("io.micrometer."))
                .allMatch(event -> event.getLoggerName().equals(LogLevels.AUDIT)
                        && event.getMessage().startsWith("refused"));
    }

    @Test
    void servesVertxAndJvmMetricsOnTheirOwnPath() throws Exception {
        int port = status();
        get(port, "/status");

        assertThat(get(port, "/metrics/internal").body())
                .contains("vertx_http_server_requests_total{", "jvm_memory_used_bytes{", "process_uptime_seconds");
        assertThat(get(port, "/metrics").body()).doesNotContain("jvm_", "vertx_", "process_uptime");
    }

    @Test
    void showsStatusInKongsShape() throws Exception {
        JsonObject status = new JsonObject(get(status(), "/status").body());

        assertThat(status.getJsonObject("server"))
                .isEqualTo(new JsonObject()
                        .put("connections_accepted", 12)
                        .put("connections_active", 5)
                        .put("connections_handled", 12)
                        .put("connections_reading", 0)
                        .put("connections_waiting", 3)
                        .put("connections_writing", 2)
                        .put("total_requests", 40));
        assertThat(status.getString("configuration_hash")).isEqualTo(view.configurationHash());
        assertThat(status.getJsonArray("connect_to"))
                .isEqualTo(new JsonArray().add("https://api.openai.com=http://127.0.0.1:9999"));
        JsonObject memory = status.getJsonObject("memory");
        assertThat(memory.getJsonArray("workers_lua_vms").getJsonObject(0).getString("http_allocated_gc"))
                .matches("[0-9]+\\.[0-9]{2} MiB");
        assertThat(memory.getJsonObject("lua_shared_dicts")
                        .getJsonObject("jvm_heap")
                        .getString("capacity"))
                .matches("[0-9]+\\.[0-9]{2} MiB");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ?unit=k         | [0-9]+\\.[0-9]{2} KiB
            ?unit=G&scale=3 | 0\\.[0-9]{3} GiB
            ?scale=0        | [0-9]+ MiB
            ?scale=x        | [0-9]+\\.[0-9]{2} MiB
            ?unit=b&scale=9 | [0-9]+""")
    void showsBytesAsAsked(String query, String shown) throws Exception {
        Object bytes = new JsonObject(get(status(), "/status" + query).body())
                .getJsonObject("memory")
                .getJsonArray("workers_lua_vms")
                .getJsonObject(0)
                .getValue("http_allocated_gc");
        assertThat(bytes).asString().matches(shown);
        assertThat(bytes instanceof Number).isEqualTo(query.contains("unit=b"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ?unit=V    | invalid unit 'V' (expected 'k/K', 'm/M', or 'g/G')
            ?scale=-1  | scale must be equal or greater than 0
            ?scale=100 | scale must be at most 99""")
    void tellsHowBytesCanBeShown(String query, String told) throws Exception {
        HttpResponse<String> refused = get(status(), "/status" + query);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(new JsonObject(refused.body()).getString("message")).isEqualTo(told);
    }

    @Test
    void isReadyOnlyWhileAConfigurationIsLiveAndTheNodeIsNotDraining() throws Exception {
        int port = status();
        assertThat(get(port, "/status/ready").body()).isEqualTo("{\"message\":\"ready\"}");

        view.readiness = AdminView.Readiness.NO_CONFIGURATION;
        HttpResponse<String> empty = get(port, "/status/ready");
        assertThat(empty.statusCode()).isEqualTo(503);
        assertThat(empty.body())
                .isEqualTo("{\"message\":\"no configuration available (empty configuration present)\"}");

        view.readiness = AdminView.Readiness.DRAINING;
        HttpResponse<String> draining = get(port, "/status/ready");
        assertThat(draining.statusCode()).isEqualTo(503);
        assertThat(draining.body()).isEqualTo("{\"message\":\"draining\"}");
    }

    @Test
    void saysThatItGoesAwayWhenItIsTold() throws Exception {
        for (int port : new int[] {admin(null), status()}) {
            view.readiness = AdminView.Readiness.READY;
            assertThat(ready(port, "status=going")).isEqualTo(400);
            assertThat(ready(port, "")).isEqualTo(400);
            assertThat(ready(port, "status=draining", "Origin", "http://evil.test"))
                    .isEqualTo(403);
            assertThat(get(port, "/status/ready").statusCode()).isEqualTo(200);

            assertThat(ready(port, "status=draining")).isEqualTo(204);
            assertThat(get(port, "/status/ready").statusCode()).isEqualTo(503);
        }
        assertThat(send(status(), "PUT", "/status/ready").statusCode()).isEqualTo(405);
    }

    private int ready(int port, String form, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/status/ready"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void saysWhatItIs() throws Exception {
        HttpResponse<String> response = get(admin(null), "/");
        JsonObject root = new JsonObject(response.body());

        assertThat(root.getString("version")).isEqualTo("3.15.0");
        assertThat(root.getString("gatehouse_version")).isEqualTo("0.1.0");
        assertThat(root.getString("lua_version")).isEqualTo("none");
        assertThat(root.getString("node_id")).isEqualTo(FixedNodeFacts.ID);
        assertThat(root.getString("hostname")).isNotEmpty();
        assertThat(root.getJsonObject("plugins")).isEqualTo(new JsonObject("""
                                {"available_on_server": {"file-log": {"version": "0.1.0", "priority": 9},
                                  "prometheus": {"version": "0.1.0", "priority": 13}},
                                 "enabled_in_cluster": ["prometheus"]}"""));
        assertThat(root.getJsonObject("configuration").getString("proxy_listen"))
                .isEqualTo("0.0.0.0:8000");
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json; charset=utf-8");
        assertThat(response.headers().firstValue("Server")).hasValue("gatehouse/0.1.0");
        assertThat(response.headers().firstValue("X-Kong-Admin-Request-ID").orElseThrow())
                .matches("[0-9a-f]{32}");
        assertThat(response.headers().firstValue("X-Kong-Admin-Latency").orElseThrow())
                .matches("[0-9]+");
    }

    @Test
    void answersWhatIsNotThereAsKongDoes() throws Exception {
        int port = admin(null);
        HttpResponse<String> missing = get(port, "/nothing");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.body()).isEqualTo("{\"message\":\"Not found\"}");

        HttpResponse<String> method = send(port, "DELETE", "/status");
        assertThat(method.statusCode()).isEqualTo(405);
        assertThat(method.body()).isEqualTo("{\"message\":\"Method not allowed\"}");
        assertThat(method.headers().firstValue("Allow")).hasValue("GET, HEAD, OPTIONS");
        assertThat(send(port, "HEAD", "/metrics").statusCode()).isEqualTo(200);
        assertThat(send(port, "OPTIONS", "/status").statusCode()).isEqualTo(204);
    }

    @Test
    void theStatusApiShowsNothingAboutTheConfiguration() throws Exception {
        int port = status();

        assertThat(get(port, "/").statusCode()).isEqualTo(404);
        assertThat(send(port, "POST", "/services").statusCode()).isEqualTo(404);
        assertThat(get(port, "/status").headers().firstValue("X-Kong-Status-Request-ID"))
                .isPresent();
    }

    @Test
    void asksForTheTokenWhenThereIsOne() throws Exception {
        int port = admin("let-me-in");

        assertThat(get(port, "/metrics").statusCode()).isEqualTo(401);
        assertThat(get(port, "/nothing", "Kong-Admin-Token", "wrong").statusCode())
                .isEqualTo(401);
        assertThat(get(port, "/metrics", "Kong-Admin-Token", "let-me-in").statusCode())
                .isEqualTo(200);
        assertThat(get(port, "/metrics", "Authorization", "Bearer let-me-in").statusCode())
                .isEqualTo(200);
    }

    private int admin(@Nullable String token) {
        return AdminServer.listen(
                        vertx.getOrCreateContext(),
                        "127.0.0.1",
                        0,
                        token,
                        null,
                        view,
                        new NodeMemory(registry, view.node()),
                        new Scraper(vertx, registry::write),
                        new Scraper(vertx, internal::write))
                .await()
                .port();
    }

    private int status() {
        return StatusServer.listen(
                        vertx.getOrCreateContext(),
                        "127.0.0.1",
                        0,
                        view,
                        new NodeMemory(registry, view.node()),
                        new Scraper(vertx, registry::write),
                        new Scraper(vertx, internal::write))
                .await()
                .port();
    }

    private HttpResponse<String> get(int port, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> send(int port, String method, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static final class FixedView implements AdminView {
        private final FixedNodeFacts node = new FixedNodeFacts();
        private volatile Readiness readiness = Readiness.READY;

        @Override
        public @Nullable Snapshot live() {
            return null;
        }

        @Override
        public ConfigStore store() {
            throw new IllegalStateException("nothing is live");
        }

        @Override
        public boolean mayEdit() {
            return true;
        }

        @Override
        public LogLevel logLevel() {
            return LogLevel.NOTICE;
        }

        @Override
        public boolean logLevel(LogLevel level) {
            return false;
        }

        @Override
        public NodeFacts node() {
            return node;
        }

        @Override
        public Readiness readiness() {
            return readiness;
        }

        @Override
        public void drain() {
            readiness = Readiness.DRAINING;
        }

        @Override
        public String configurationHash() {
            return "0123456789abcdef0123456789abcdef";
        }

        @Override
        public Map<String, AvailablePlugin> availablePlugins() {
            return Map.of("prometheus", new AvailablePlugin("0.1.0", 13), "file-log", new AvailablePlugin("0.1.0", 9));
        }

        @Override
        public Set<String> enabledPlugins() {
            return Set.of("prometheus");
        }

        @Override
        public Map<String, Object> settings() {
            return Map.of("proxy_listen", "0.0.0.0:8000");
        }

        @Override
        public @Nullable Balancer upstream(String idOrName) {
            return null;
        }

        @Override
        public List<String> connectTo() {
            return List.of("https://api.openai.com=http://127.0.0.1:9999");
        }
    }
}
