package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.core.AdminSettings;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.core.balancer.DnsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway that was edited at random, many edits at once, and one that loaded the outcome as a file: both do the same with
 * every request. What an edit takes over of the snapshot before must be what a fresh one would have made.
 */
@NullUnmarked
class EditsAgainstReloadIT {
    private static final int ROUNDS = 42;
    private static final int AT_ONCE = 8;
    private static final long SEED = 7_2026;

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final NameServer dns = new NameServer(); // that knows no name, whatever the machine's would say
    private HttpServer upstream;
    private Gateway edited;
    private Gateway loaded;
    private int refused;

    @BeforeEach
    void startUpstream() throws IOException {
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.createContext("/", exchange -> {
            byte[] answer = exchange.getRequestURI().getPath().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        upstream.start();
    }

    @AfterEach
    void stop() {
        if (edited != null) {
            edited.close();
        }
        if (loaded != null) {
            loaded.close();
        }
        upstream.stop(0);
        dns.close();
    }

    private Gateway start(Path file) throws Exception {
        return Gateway.start(Settings.builder()
                .configs(List.of(file))
                .admin(AdminSettings.DEFAULT)
                .watch(false)
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .statusListen(List.of())
                .eventLoops(1)
                .dns(DnsOptions.DEFAULT.withServers(List.of(dns.address())).withResolverFile(Path.of("/none")))
                .build());
    }

    private static String id(String kind, int number) {
        return "%s000000-0000-4000-8000-%012d".formatted(kind, number);
    }

    private String one(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String reference(String field, String kind, int many) {
        return ",\"" + field + "\":{\"id\":\"" + id(kind, random.nextInt(many)) + "\"}";
    }

    /** A request that makes, changes or takes away an entity of a few, or one that is to be refused. */
    private HttpRequest edit() {
        String path;
        String body;
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                int service = random.nextInt(4);
                path = "/services/" + id("a0", service);
                body = "{\"name\":\"s" + service + "\",\"host\":\"" + one("127.0.0.1", "up.test") + "\",\"port\":"
                        + upstream.getAddress().getPort() + ",\"retries\":0,\"path\":\"/" + one("one", "two", "three")
                        + "\",\"enabled\":" + (random.nextInt(6) > 0) + "}";
            }
            case 3, 4, 5, 6 -> {
                path = "/routes/" + id("b0", random.nextInt(10));
                body = "{\"paths\":[\"" + one("/a", "/a/b", "/", "~/a/[a-z]+$", "/c") + "\"],\"strip_path\":"
                        + random.nextBoolean() + one("", ",\"hosts\":[\"x.test\"]", ",\"hosts\":[\"*.test\"]")
                        + one("", ",\"methods\":[\"GET\"]")
                        // a name may be what another route has for an id
                        + one("", ",\"name\":\"" + id("b0", random.nextInt(10)) + "\"")
                        + reference("service", "a0", 5) + "}";
            }
            case 7, 8, 9 -> {
                path = "/plugins/" + id("c0", random.nextInt(8));
                body = "{"
                        + one(
                                "\"name\":\"edge\",\"config\":{\"does\":\"authenticate\"}",
                                "\"name\":\"probe\",\"config\":{\"label\":\"l" + random.nextInt(9) + "\"}")
                        + one("", reference("route", "b0", 10)) + one("", reference("service", "a0", 4))
                        + one("", reference("consumer", "d0", 3)) + ",\"enabled\":" + (random.nextInt(5) > 0) + "}";
            }
            case 10 -> {
                int consumer = random.nextInt(3);
                path = "/consumers/" + id("d0", consumer);
                body = "{\"username\":\"u" + consumer + "\",\"custom_id\":\"" + random.nextInt(3) + "\"}";
            }
            default -> {
                path = "/upstreams/" + id("e0", 0);
                body = "{\"name\":\"up.test\",\"slots\":" + (10 + random.nextInt(3)) + "}";
            }
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + edited.adminPort() + path))
                .header("Content-Type", "application/json");
        return random.nextInt(5) == 0
                ? request.DELETE().build()
                : request.PUT(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    private void editManyAtOnce() {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            answers.add(client.sendAsync(edit(), HttpResponse.BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            HttpResponse<String> response = answer.join();
            assertThat(response.statusCode()).as(response.body()).isIn(200, 204, 400, 409);
            refused += response.statusCode() >= 400 ? 1 : 0;
        }
    }

    private String configuration() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + edited.adminPort() + "/config"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return new ObjectMapper().readTree(response.body()).get("config").asText();
    }

    /** All that a gateway does with some requests, by what was asked. */
    private Map<String, String> answers(Gateway gateway) throws IOException {
        Map<String, String> all = new TreeMap<>();
        for (String method : List.of("GET", "POST")) {
            for (String host : List.of("x.test", "y.test", "other")) {
                for (String path : List.of("/", "/a", "/a/b", "/a/bc", "/a/1", "/c/d")) {
                    String asked = method + ' ' + path + " HTTP/1.1\r\nHost: " + host + "\r\nX-User: u"
                            + (path.length() % 3) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    all.put(method + ' ' + host + path, answer(gateway, asked));
                }
            }
        }
        return all;
    }

    /** The status, the plugins that were met, and what the upstream was asked for. */
    private static String answer(Gateway gateway, String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.proxyPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int end = answer.indexOf("\r\n\r\n");
            String head = answer.substring(0, end);
            String status = head.substring(9, 12);
            String met = head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("x-probe"))
                    .toList()
                    .toString();
            return status + ' ' + met + ' ' + (status.equals("200") ? answer.substring(end + 4) : "");
        }
    }

    @Test
    void whatWasEditedServesAsIfItHadBeenLoaded() throws Exception {
        edited = start(Files.writeString(folder.resolve("empty.yaml"), "_format_version: \"3.0\"\n"));
        Path file = folder.resolve("outcome.yaml");
        int served = 0;
        for (int round = 0; round < ROUNDS; round++) {
            editManyAtOnce();
            if (round % 6 != 5) {
                continue;
            }
            Files.writeString(file, configuration());
            if (loaded == null) {
                loaded = start(file);
            } else {
                assertThat(loaded.reload()).isEmpty();
            }
            Map<String, String> wanted = answers(loaded);
            assertThat(answers(edited)).as(Files.readString(file)).isEqualTo(wanted);
            served += (int) wanted.values().stream()
                    .filter(answer -> answer.startsWith("200"))
                    .count();
        }
        assertThat(served).as("requests that were served").isPositive();
        assertThat(refused).as("edits that were refused").isPositive();
        System.out.println(served + " requests served, " + refused + " of " + ROUNDS * AT_ONCE + " edits refused");
    }
}
