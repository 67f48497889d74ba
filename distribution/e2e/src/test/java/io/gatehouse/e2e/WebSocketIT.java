package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WebSockets of real clients to real servers, and Autobahn's clients that try whatever the protocol knows. */
final class WebSocketIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final String SUITE = "WebSocketIT";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration AUTOBAHN_LIMIT = Duration.ofMinutes(15);
    private static final Pattern LISTENING = Pattern.compile("listening (\\d+)");

    private static Path folder;
    private static int node;
    private static PackagedGateway gateway;

    /** A server in a process of its own. */
    private record Server(Process process) implements AutoCloseable {
        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        folder = Workplace.folderFor("websocket-peers");
        node = server(Peers.node("ws", SUITE), "websocket.js");
        int python = server(Peers.python("websockets", SUITE), "websocket.py");
        Certificate certificate = Certificate.selfSigned(folder);
        int secure = server(
                Peers.python("websockets", SUITE),
                "websocket.py",
                certificate.certificate().toString(),
                certificate.key().toString());
        gateway = RUNNING.add(PackagedGateway.named("websocket")
                .observed()
                .env("KONG_PROXY_LISTEN", "127.0.0.1:0, 127.0.0.1:0 ssl")
                .env("KONG_SSL_CERT", certificate.certificate().toString())
                .env("KONG_SSL_CERT_KEY", certificate.key().toString())
                .yaml("kong.yaml", """
                        services:
                          - name: node
                            url: http://127.0.0.1:%d
                            routes: [{name: node, paths: [/node]}]
                          - name: python
                            url: http://127.0.0.1:%d
                            routes: [{name: python, paths: [/python]}]
                          - name: secure
                            url: https://127.0.0.1:%d
                            tls_verify: false
                            routes: [{name: secure, paths: [/secure]}]
                        plugins:
                          - {name: key-auth}
                          - {name: response-transformer, config: {add: {headers: ["X-Added:yes"]}}}
                        consumers:
                          - {username: anna, keyauth_credentials: [{key: anna-key}]}
                        """.formatted(node, python, secure))
                .start());
    }

    private static int server(Path program, String script, String... files) throws IOException {
        Path log = Files.createTempFile(folder, script, ".log");
        List<String> command =
                new ArrayList<>(List.of(program.toString(), script(script).toString(), "server"));
        command.addAll(List.of(files));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        RUNNING.add(new Server(process));
        return Integer.parseInt(Workplace.await(
                LIMIT,
                () -> {
                    Matcher listening = LISTENING.matcher(Workplace.read(log));
                    return listening.find() ? listening.group(1) : null;
                },
                () -> Workplace.read(log)));
    }

    private static Path script(String name) throws IOException {
        try (InputStream text = requireNonNull(WebSocketIT.class.getResourceAsStream("/clients/" + name), name)) {
            return Workplace.write(folder.resolve(name), new String(text.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static JsonNode client(String language, String uri) throws Exception {
        boolean inNode = language.equals("node");
        Workplace.Ran ran = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                LIMIT,
                (inNode ? Peers.node("ws", SUITE) : Peers.python("websockets", SUITE)).toString(),
                script(inNode ? "websocket.js" : "websocket.py").toString(),
                "client",
                uri);
        assertThat(ran.exit()).as(ran.err()).isZero();
        return Json.read(ran.out());
    }

    @ParameterizedTest
    @CsvSource({"node,node,ws", "node,secure,wss", "python,node,wss", "python,python,ws", "python,secure,ws"})
    void realPeersTalk(String client, String server, String scheme) throws Exception {
        long logged = gateway.accessLog().size();

        JsonNode got = client(client, uri(scheme, server) + "?apikey=anna-key");

        assertThat(got.path("echoed").asBoolean()).isTrue();
        assertThat(got.path("compressed").asBoolean()).isTrue();
        assertThat(got.path("protocol").asText()).isEqualTo("chat.v2");
        assertThat(got.path("code").asInt()).isEqualTo(4000);
        assertThat(got.path("reason").asText()).isEqualTo("as you wish");
        JsonNode entry = gateway.entriesSince(logged, server, 1).get(0);
        assertThat(entry.at("/response/status").asInt()).isEqualTo(101);
        assertThat(entry.at("/consumer/username").asText()).isEqualTo("anna");
        assertThat(entry.at("/request/size").asLong()).isGreaterThan(1_000_000);
        assertThat(entry.at("/response/size").asLong()).isGreaterThan(1_000_000);
    }

    @ParameterizedTest
    @CsvSource({"node,python", "python,node"})
    void realClientsSeeARefusal(String client, String server) throws Exception {
        assertThat(client(client, uri("ws", server)).path("status").asInt()).isEqualTo(401);
    }

    private static String uri(String scheme, String route) {
        return scheme + "://127.0.0.1:" + (scheme.equals("ws") ? gateway.proxyPort() : gateway.secondProxyPort()) + "/"
                + route;
    }

    /** What an answer to a handshake is to be counted as. */
    @Test
    void countsATunnelAsOneRequest() throws Exception {
        long before = gateway.metrics().sum("kong_http_requests_total", "code", "101", "route", "node");
        long bytesBefore = gateway.metrics().sum("kong_bandwidth_bytes", "route", "node");
        Ears ears = new Ears();
        WebSocket socket = connect("node", ears);
        assertThat(gateway.metrics().sum("gatehouse_exchanges_in_flight")).isEqualTo(1);
        socket.sendBinary(ByteBuffer.allocate(500_000), true).join();
        assertThat(ears.next()).isEqualTo("500000 bytes");
        socket.sendClose(1000, "bye").join();
        assertThat(ears.next()).isEqualTo("closed 1000 bye");
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> gateway.metrics().sum("kong_http_requests_total", "code", "101", "route", "node") == before + 1
                        && gateway.metrics().sum("kong_bandwidth_bytes", "route", "node") >= bytesBefore + 1_000_000,
                () -> "not counted");
        assertThat(gateway.metrics().sum("kong_bandwidth_bytes", "route", "node") - bytesBefore)
                .isBetween(1_000_000L, 1_010_000L);
    }

    private static WebSocket connect(String route, Ears ears) {
        return PackagedGateway.CLIENT
                .newWebSocketBuilder()
                .connectTimeout(Workplace.SOON)
                .buildAsync(URI.create(uri("ws", route) + "?apikey=anna-key"), ears)
                .join();
    }

    /** What a WebSocket hears. */
    private static final class Ears implements WebSocket.Listener {
        private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
        private final StringBuilder text = new StringBuilder();
        private long bytes;

        String next() throws InterruptedException {
            String next = heard.poll(Workplace.SOON.toSeconds(), TimeUnit.SECONDS);
            return next == null ? "nothing" : next;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                heard.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            bytes += data.remaining();
            if (last) {
                heard.add(bytes + " bytes");
                bytes = 0;
            }
            socket.request(1);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            heard.add("closed " + code + " " + reason);
            return CompletableFuture.completedStage(null);
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            heard.add("error");
        }
    }

    @Test
    void autobahnFindsNothing() throws Exception {
        Map<String, String> direct = Effort.isLong() ? autobahn("direct", "ws://127.0.0.1:" + node) : Map.of();
        assertThat(direct).doesNotContainValue("FAILED");

        Map<String, String> found = autobahn("gateway", uri("ws", "node") + "?apikey=anna-key");

        assertThat(found).hasSizeGreaterThan(240).doesNotContainValue("FAILED");
    }

    /** Each case of groups 1 to 7 with what Autobahn thinks of it, of the messages and of the close alike. */
    private static Map<String, String> autobahn(String agent, String uri) throws Exception {
        Path reports = folder.resolve("autobahn-" + agent);
        Path spec = Workplace.write(folder.resolve(agent + ".json"), """
                {"options": {"failByDrop": false}, "outdir": "%s",
                 "servers": [{"agent": "%s", "url": "%s",
                              "options": {"version": 18, "openHandshakeTimeout": 60, "closeHandshakeTimeout": 10}}],
                 "cases": ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*"],
                 "exclude-cases": [], "exclude-agent-cases": {}}
                """.formatted(reports, agent, uri));
        Workplace.Ran ran = Workplace.run(
                folder,
                Workplace.cleanEnvironment(),
                AUTOBAHN_LIMIT,
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Dpython.cachedir.skip=true",
                "-cp",
                jar("jython-standalone") + File.pathSeparator + jar("autobahntestsuite-maven-plugin"),
                "org.python.util.jython",
                script("fuzzing-client.py").toString(),
                spec.toString());
        Path index = reports.resolve("index.json");
        assertThat(index).as(ran.out() + ran.err()).exists(); // its exit code says nothing
        Map<String, String> found = new TreeMap<>();
        Json.read(Files.readString(index)).path(agent).properties().forEach(each -> {
            found.put(each.getKey(), each.getValue().path("behavior").asText());
            found.put(
                    each.getKey() + " close",
                    each.getValue().path("behaviorClose").asText());
        });
        return found;
    }

    private static String jar(String artifact) {
        return Stream.of(requireNonNull(System.getProperty("java.class.path")).split(File.pathSeparator, -1))
                .filter(entry -> entry.contains(artifact))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + artifact + " on the class path"));
    }
}
