package io.gatehouse.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What is measured: Gatehouse and those beside it. Each may use one thread for requests: one nginx worker, one event
 * loop, one Envoy worker, one Tokio worker, {@code GOMAXPROCS=1}.
 */
enum Peer {
    /** The measure of the others: {@code proxy_pass}, HTTP/1.1 and keep-alive to the upstream, no buffering, no log. */
    NGINX("nginx") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException {
            return Nginx.launch(
                    folder,
                    "upstream u { server 127.0.0.1:" + upstream + "; keepalive 1024; keepalive_requests 100000000; }\n"
                            + "server { listen 127.0.0.1:" + port
                            + " backlog=4096; location / { proxy_pass http://u; proxy_http_version 1.1;"
                            + " proxy_set_header Connection \"\"; proxy_buffering off; proxy_read_timeout 300s; } }");
        }

        @Override
        List<String> version(Place place) {
            return List.of("nginx", "-v");
        }
    },

    /** The least that Vert.x can do, on the Vert.x, Netty and transport of the package. */
    VERTX("bare Vert.x") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) {
            return new Launch(
                    List.of(
                            place.java().resolve("bin/java").toString(),
                            "-XX:+UseSerialGC",
                            "-Xmx192m",
                            "-XX:MaxDirectMemorySize=64m",
                            "-cp",
                            place.classes() + ":" + place.packaged() + "/lib/*",
                            BarePipe.class.getName(),
                            Integer.toString(port),
                            Integer.toString(upstream)),
                    Map.of());
        }

        @Override
        List<String> version(Place place) {
            return List.of();
        }
    },

    /** The package, as its launcher starts it. */
    GATEHOUSE("Gatehouse") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException {
            Path config = folder.resolve("gatehouse.yaml");
            Files.writeString(
                    config,
                    switch (chain) {
                        case NONE -> plainConfig(upstream);
                        case LLM -> plainConfig(upstream) + llmConfig(upstream, folder);
                        case EVERYDAY -> plainConfig(upstream) + llmConfig(upstream, folder) + EVERYDAY_PLUGINS;
                    });
            return new Launch(
                    List.of(
                            place.packaged().resolve("bin/gatehouse").toString(),
                            "start",
                            "--config",
                            config.toString(),
                            "--proxy-listen",
                            "127.0.0.1:" + port,
                            "--admin-listen",
                            "off",
                            "--status-listen",
                            "off"),
                    Map.of(
                            "GATEHOUSE_EVENT_LOOPS",
                            "1",
                            "GATEHOUSE_JAVA_HOME",
                            place.java().toString()));
        }

        @Override
        List<String> version(Place place) {
            return List.of(place.packaged().resolve("bin/gatehouse").toString(), "version");
        }

        private String plainConfig(int upstream) {
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

        /** None of them ends the request, and each has something to do for it. */
        private static final String EVERYDAY_PLUGINS = """
                  - name: correlation-id
                    config: {header_name: X-Correlation-Id, generator: uuid#counter, echo_downstream: true}
                  - name: bot-detection
                  - name: cors
                    config: {origins: ["https://app.example"], credentials: true}
                  - name: ip-restriction
                    config: {allow: [127.0.0.0/8]}
                  - name: request-size-limiting
                    config: {allowed_payload_size: 8}
                  - name: request-validator
                    config:
                      version: draft7
                      body_schema: '{"type": "object", "required": ["messages"]}'
                  - name: acl
                    config: {allow: [bench]}
                  - name: rate-limiting
                    config: {minute: 1000000000, policy: local}
                  - name: request-transformer
                    config: {add: {headers: ["X-Team:bench"]}, remove: {headers: [X-Debug]}}
                  - name: response-transformer
                    config: {add: {headers: ["X-Served-By:gatehouse"]}}
                """;

        private String llmConfig(int upstream, Path folder) {
            return """
                    consumers:
                      - username: bench
                        keyauth_credentials: [{key: %s}]
                        acls: [{group: bench}]
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
                    """.formatted(Chat.KEY, accessLog(folder), upstream);
        }
    },

    /** Envoy with the router filter and nothing else. */
    ENVOY("Envoy") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException {
            Path config = folder.resolve("envoy.yaml");
            Files.writeString(config, """
                    static_resources:
                      listeners:
                        - name: bench
                          address: {socket_address: {address: 127.0.0.1, port_value: %d}}
                          filter_chains:
                            - filters:
                                - name: envoy.filters.network.http_connection_manager
                                  typed_config:
                                    "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                                    stat_prefix: bench
                                    codec_type: HTTP1
                                    generate_request_id: false
                                    stream_idle_timeout: 0s
                                    route_config:
                                      virtual_hosts:
                                        - name: all
                                          domains: ["*"]
                                          routes: [{match: {prefix: "/"}, route: {cluster: upstream, timeout: 0s}}]
                                    http_filters:
                                      - name: envoy.filters.http.router
                                        typed_config:
                                          "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                                          suppress_envoy_headers: true
                      clusters:
                        - name: upstream
                          type: STATIC
                          circuit_breakers:
                            thresholds: [{max_connections: 4096, max_pending_requests: 4096, max_requests: 4096}]
                          load_assignment:
                            cluster_name: upstream
                            endpoints:
                              - lb_endpoints:
                                  - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
                    """.formatted(port, upstream));
            return new Launch(
                    List.of(
                            place.wheel("envoy"),
                            "-c",
                            config.toString(),
                            "--concurrency",
                            "1",
                            "--log-level",
                            "warning",
                            "--disable-hot-restart"),
                    Map.of());
        }

        @Override
        List<String> version(Place place) {
            return List.of(place.wheel("envoy"), "--version");
        }
    },

    /** An AI gateway in Rust, with its own key check; its queue of eight requests at once is opened for the load. */
    ROLTER("rolter") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException {
            Path config = folder.resolve("rolter.toml");
            Files.writeString(config, """
                    [server]
                    host = "127.0.0.1"
                    port = %d
                    [queue]
                    capacity = 4096
                    workers = 4096
                    [[providers.readonly]]
                    name = "upstream"
                    kind = "openai_compatible"
                    api_base = "http://127.0.0.1:%d"
                    [[routes]]
                    model = "gpt-4o"
                    strategy = "round_robin"
                    [[routes.targets]]
                    provider = "upstream"
                    model = "gpt-4o"
                    [[virtual_keys]]
                    key = "%s"
                    name = "bench"
                    models = []
                    """.formatted(port, upstream, Chat.KEY));
            return new Launch(
                    List.of(place.wheel("rolter"), "gateway", "--config", config.toString()),
                    Map.of("TOKIO_WORKER_THREADS", "1", "RUST_LOG", "warn", "ROLTER_TELEMETRY_ENABLED", "false"));
        }

        @Override
        List<String> version(Place place) {
            return List.of(place.wheel("rolter"), "--version");
        }
    },

    /** An AI gateway in Go; its limit of requests a client is off, and it checks no key. */
    FERROGW("ferrogw") {
        @Override
        Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException {
            Path config = folder.resolve("ferrogw.yaml");
            Files.writeString(config, """
                    strategy: {mode: single}
                    targets: [{virtual_key: openai}]
                    """);
            return new Launch(
                    List.of(place.wheel("ferrogw"), "serve"),
                    Map.of(
                            "GATEWAY_CONFIG", config.toString(),
                            "PORT", Integer.toString(port),
                            "OPENAI_API_KEY", "bench-upstream-key",
                            "OPENAI_BASE_URL", "http://127.0.0.1:" + upstream + "/v1",
                            "MASTER_KEY", "fgw_" + Chat.KEY,
                            "ALLOW_UNAUTHENTICATED_PROXY", "true",
                            "LOG_LEVEL", "error",
                            "RATE_LIMIT_RPS", "0",
                            "GOMAXPROCS", "1"));
        }

        @Override
        List<String> version(Place place) {
            return List.of(place.wheel("ferrogw"), "version");
        }
    };

    private final String title;

    Peer(String title) {
        this.title = title;
    }

    /** Where things are: the package, the JDK for JVM peers, the folder with the peers' wheels, own classes. */
    record Place(Path packaged, Path java, Path wheels, String classes) {
        String wheel(String program) {
            return wheels.resolve(program).toString();
        }
    }

    /** A command and its environment. */
    record Launch(List<String> command, Map<String, String> environment) {}

    abstract Launch launch(Place place, Chain chain, int upstream, int port, Path folder) throws IOException;

    /** The command that tells its version, empty when there is none. */
    abstract List<String> version(Place place);

    String title() {
        return title;
    }

    /** Whether it is a JVM, which is slow until its code is compiled. */
    boolean warmsUp() {
        return this == VERTX || this == GATEHOUSE;
    }

    /** Whether it can do without an LLM request. */
    boolean proxiesPlainly() {
        return this != ROLTER && this != FERROGW;
    }

    /** Why it cannot take part, empty when it can. */
    Optional<String> missing(Place place) {
        boolean wheel = this == ENVOY || this == ROLTER || this == FERROGW;
        String program = name().toLowerCase(java.util.Locale.ROOT);
        return wheel && !Files.isExecutable(place.wheels().resolve(program))
                ? Optional.of("no " + program + " in " + place.wheels())
                : Optional.empty();
    }

    /** Starts it; files go to a folder of its own. */
    Program start(Place place, Chain chain, int upstream, Path folder, Map<String, String> environment)
            throws IOException {
        int port = Program.freePort();
        Files.createDirectories(folder);
        Launch launch = launch(place, chain, upstream, port, folder);
        Map<String, String> all = new java.util.HashMap<>(launch.environment());
        all.putAll(environment);
        return Program.start(title, port, launch.command(), all, folder.resolve("output.log"));
    }

    /** Where Gatehouse's file-log writes. */
    static Path accessLog(Path folder) {
        return folder.resolve("access.log");
    }

    /** The first line of what a version command prints, without the program's own path. */
    String versionLine(Place place) throws IOException, InterruptedException {
        List<String> command = version(place);
        if (command.isEmpty()) {
            return "";
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return text.lines()
                .map(String::strip)
                .map(line -> line.startsWith(command.get(0))
                        ? line.substring(command.get(0).length()).strip()
                        : line)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElse("");
    }
}
