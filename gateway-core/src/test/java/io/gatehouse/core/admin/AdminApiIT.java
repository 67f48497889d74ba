package io.gatehouse.core.admin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.gatehouse.core.AdminSettings;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.LogLevels;
import io.gatehouse.core.Settings;
import io.gatehouse.core.config.ConfigText;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** The Admin API over sockets, by cases of what Kong's does; what it keeps, and whom it lets in. */
@NullUnmarked
class AdminApiIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PLACE = Pattern.compile("\\$\\{([a-z]+)\\.([a-z_]+)}");
    private static final String EMPTY = "_format_version: \"3.0\"\n";

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Gateway gateway;

    @AfterEach
    void close() {
        if (gateway != null) {
            gateway.close();
        }
    }

    private void start(String config, AdminSettings admin) throws Exception {
        Path file = folder.resolve("gatehouse.yaml");
        if (!Files.exists(file)) {
            Files.writeString(file, config);
        }
        start(List.of(file), admin);
    }

    private void start(List<Path> configs, AdminSettings admin) throws Exception {
        gateway = Gateway.start(Settings.builder()
                .configs(configs)
                .admin(admin)
                .watch(false)
                .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .adminListen(List.of(Settings.Listen.of("127.0.0.1", 0)))
                .statusListen(List.of())
                .eventLoops(1)
                .build());
    }

    private void start() throws Exception {
        start(EMPTY, AdminSettings.DEFAULT);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path));
    }

    private HttpResponse<String> send(String method, String path, String json, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).header("Content-Type", "application/json");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(
                request.method(method, HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode get(String path, String... headers) throws IOException, InterruptedException {
        HttpResponse<String> response = send("GET", path, "", headers);
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @TestFactory
    Stream<DynamicTest> answersAsKongDoes() throws Exception {
        start();
        JsonNode cases;
        try (var in = AdminApiIT.class.getResourceAsStream("crud.yaml")) {
            cases = new ObjectMapper(new YAMLFactory()).readTree(in);
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode one : cases) {
            tests.add(DynamicTest.dynamicTest(one.get("case").asText(), () -> run(one.get("steps"))));
        }
        assertThat(tests).hasSizeGreaterThan(15);
        return tests.stream();
    }

    private void run(JsonNode steps) throws Exception {
        assertThat(send("POST", "/config", "{\"_format_version\":\"3.0\"}").statusCode())
                .isEqualTo(201);
        Map<String, JsonNode> kept = new HashMap<>();
        kept.put("pem", pem());
        for (JsonNode step : steps) {
            for (int i = 1; i <= step.path("repeat").asInt(1); i++) {
                kept.put("n", JSON.createObjectNode().put("i", i));
                run(step, kept);
            }
        }
    }

    private void run(JsonNode step, Map<String, JsonNode> kept) throws Exception {
        Thread.sleep(step.path("pause").asLong()); // where a clock counts seconds
        String[] asked = filled(step.get("do").asText(), kept).split(" ", 2);
        HttpRequest.Builder request = request(asked[1]);
        HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.noBody();
        if (step.has("json")) {
            request.header("Content-Type", "application/json");
            JsonNode json = step.get("json");
            body = HttpRequest.BodyPublishers.ofString(
                    filled(json.isTextual() ? json.asText() : json.toString(), kept));
        } else if (step.has("form")) {
            request.header("Content-Type", "application/x-www-form-urlencoded");
            body = HttpRequest.BodyPublishers.ofString(step.get("form").asText());
        } else if (step.has("multipart")) {
            JsonNode part = step.get("multipart");
            request.header("Content-Type", "multipart/form-data; boundary=x1");
            body = HttpRequest.BodyPublishers.ofString("--x1\r\nContent-Disposition: form-data; name=\""
                    + part.get("name").asText() + '"'
                    + (part.has("file")
                            ? "; filename=\"kong.yml\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                                    + part.get("file").asText()
                            : "\r\n\r\n" + part.get("value").asText())
                    + "\r\n--x1--\r\n");
        } else if (step.has("text")) {
            request.header("Content-Type", "text/plain");
            body = HttpRequest.BodyPublishers.ofString(step.get("text").asText());
        }
        HttpResponse<String> response =
                client.send(request.method(asked[0], body).build(), HttpResponse.BodyHandlers.ofString());
        String what = step.get("do") + " " + step.get("json") + "\n" + response.body();
        assertThat(response.statusCode()).as(what).isEqualTo(step.get("status").asInt());
        JsonNode answer = response.body().isEmpty() ? JSON.nullNode() : JSON.readTree(response.body());
        if (step.has("has")) {
            contains(JSON.readTree(filled(step.get("has").toString(), kept)), answer, what);
        }
        for (JsonNode field : step.path("lacks")) {
            assertThat(answer.has(field.asText())).as(what).isFalse();
        }
        if (step.has("counts")) {
            assertThat(answer.path("data")).as(what).hasSize(step.get("counts").asInt());
        }
        if (step.has("as")) {
            kept.put(step.get("as").asText(), answer);
        }
    }

    /** A certificate, its key and authorities, as they stand in a JSON text. */
    private static JsonNode pem() throws IOException {
        ObjectNode all = JSON.createObjectNode();
        for (Map.Entry<String, String> file : Map.of(
                        "cert", "ec.pem", "key", "ec-key.pem", "ca", "ca.pem", "expired", "ca-expired.pem")
                .entrySet()) {
            try (var in = AdminApiIT.class.getResourceAsStream("../entity/" + file.getValue())) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                String quoted = JSON.writeValueAsString(text);
                all.put(file.getKey(), quoted.substring(1, quoted.length() - 1));
            }
        }
        return all;
    }

    private static String filled(String text, Map<String, JsonNode> kept) {
        return PLACE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        kept.get(match.group(1)).path(match.group(2)).asText()));
    }

    private static void contains(JsonNode wanted, JsonNode found, String what) {
        if (wanted.isObject()) {
            wanted.properties().forEach(field -> {
                assertThat(found.has(field.getKey()))
                        .as(field.getKey() + " in " + what)
                        .isTrue();
                contains(field.getValue(), found.get(field.getKey()), what);
            });
        } else if (wanted.isArray()) {
            assertThat(found.size()).as(what).isEqualTo(wanted.size());
            for (int i = 0; i < wanted.size(); i++) {
                contains(wanted.get(i), found.get(i), what);
            }
        } else {
            assertThat(found.asText()).as(what).isEqualTo(wanted.asText());
            assertThat(found.isNull()).as(what).isEqualTo(wanted.isNull());
        }
    }

    @Test
    void whatWasAnsweredIsThereAfterARestart() throws Exception {
        start();
        assertThat(send("POST", "/services", "{\"name\":\"s\",\"host\":\"a.test\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(send("POST", "/services/s/routes", "{\"name\":\"r\",\"paths\":[\"/r\"]}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(send("POST", "/consumers", "{\"username\":\"amy\"}").statusCode())
                .isEqualTo(201);
        assertThat(send("DELETE", "/consumers/amy", "").statusCode()).isEqualTo(204);
        JsonNode before = get("/services/s");
        String config = get("/config").toString();
        gateway.close();

        start();
        assertThat(get("/services/s")).isEqualTo(before);
        assertThat(get("/config")).hasToString(config);
        assertThat(get("/routes/r/service").get("name").asText()).isEqualTo("s");
        assertThat(get("/consumers").get("data")).isEmpty();

        // a reload that says the same leaves it, one that says something else takes its place
        assertThat(gateway.reload()).isEmpty();
        assertThat(get("/services").get("data")).hasSize(1);
        Files.writeString(folder.resolve("gatehouse.yaml"), EMPTY + "consumers: [{username: bob}]\n");
        assertThat(gateway.reload()).isEmpty();
        assertThat(get("/services").get("data")).isEmpty();
        assertThat(get("/consumers/bob").get("username").asText()).isEqualTo("bob");
        assertThat(folder.resolve(".gatehouse-state-gatehouse.yaml.old")).exists();
        assertThat(folder.resolve(".gatehouse-state-gatehouse.yaml")).doesNotExist();
    }

    @Test
    void writersAtOnceLoseNoEdit() throws Exception {
        start();
        send("POST", "/services", "{\"name\":\"s\",\"host\":\"a.test\"}");
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            HttpRequest request = request("/services/s/routes")
                    .header("Content-Type", "application/json")
                    // every tenth is refused, and takes none of the others with it
                    .POST(HttpRequest.BodyPublishers.ofString(
                            i % 10 == 0 ? "{\"name\":\"s\"}" : "{\"name\":\"r" + i + "\",\"paths\":[\"/" + i + "\"]}"))
                    .build();
            all.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        int made = 0;
        for (CompletableFuture<HttpResponse<String>> one : all) {
            made += one.get().statusCode() == 201 ? 1 : 0;
        }
        assertThat(made).isEqualTo(180);
        assertThat(get("/routes?size=1000").get("data")).hasSize(180);
        gateway.close();
        start();
        assertThat(get("/routes?size=1000").get("data")).hasSize(180);
    }

    @Test
    void aRefusalTellsHowToAllowIt() throws Exception {
        start(EMPTY, new AdminSettings(null, true, "all-of-it", "only-to-look"));

        assertThat(send("GET", "/services", "").statusCode()).isEqualTo(401);
        assertThat(send("GET", "/services", "", "Kong-Admin-Token", "wrong").statusCode())
                .isEqualTo(401);
        assertThat(send("GET", "/services", "", "Kong-Admin-Token", "only-to-look")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused =
                send("POST", "/services", "{\"host\":\"a.test\"}", "Authorization", "Bearer only-to-look");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("GATEHOUSE_ADMIN_TOKEN");
        for (String[] around : new String[][] {
            {"POST", "/schemas/../services", "{\"host\":\"a.test\"}"},
            {"POST", "/schemas/%2e%2e/config", "{\"_format_version\":\"3.0\"}"},
            {"POST", "//services", "{\"host\":\"a.test\"}"},
            {"PUT", "/schemas/../debug/node/log-level/debug", ""}
        }) {
            assertThat(send(around[0], around[1], around[2], "Kong-Admin-Token", "only-to-look")
                            .statusCode())
                    .as(around[1])
                    .isIn(400, 403, 404);
        }
        assertThat(send(
                                "POST",
                                "/schemas/services/validate",
                                "{\"host\":\"a.test\"}",
                                "Kong-Admin-Token",
                                "only-to-look")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send("GET", "/services", "", "Kong-Admin-Token", "only-to-look")
                        .body())
                .doesNotContain("a.test");
        assertThat(send("POST", "/services", "{\"host\":\"a.test\"}", "Authorization", "Bearer all-of-it")
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void whatIsWrongWithAChangeIsToldByThePathsOfTheEntity() throws Exception {
        start(EMPTY + """
                services:
                - url: http://a.test
                  routes:
                  - paths: [/]
                    plugins: [{id: 11111111-1111-4111-8111-111111111111, name: probe, config: {does: nothing}}]
                """, AdminSettings.DEFAULT);
        String path = "/plugins/11111111-1111-4111-8111-111111111111";
        for (String wrong : List.of(
                "{\"config\":{\"does\":\"validate\"}}", "{\"config\":{\"does\":\"validate\",\"label\":\"x\"}}")) {
            HttpResponse<String> refused = send("PATCH", path, wrong);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body())
                    .contains(
                            "schema violation (config.does: planted)",
                            "\"fields\":{\"config\":{\"does\":\"planted\"}}");
        }
        // also after a restart, when it comes from the state
        assertThat(send("PATCH", path, "{\"config\":{\"label\":\"x\"}}").statusCode())
                .isEqualTo(200);
        gateway.close();
        start(EMPTY, AdminSettings.DEFAULT);
        assertThat(send("PATCH", path, "{\"config\":{\"does\":\"validate\"}}").body())
                .contains("schema violation (config.does: planted)");
    }

    @Test
    void flattenedErrorsAreWhatTypedClientsExpect() throws Exception {
        start();
        String id = "11111111-1111-4111-8111-111111111111";
        JsonNode errors = JSON.readTree(send("POST", "/config?flatten_errors=1", """
                                {"_format_version": "3.0", "services": [
                                 {"name": 123, "host": "h", "id": "x", "tags": "none"}, {"name": "", "host": "h", "tags": ["a", 1]},
                                 {"id": "%s", "host": "h", "routes": [{"x": 1, "paths": ["/"]}, {"x": 1, "service": "s"}]}]}""".formatted(id))
                        .body())
                .get("flattened_errors");
        assertThat(errors).hasSize(4);
        errors.forEach(error -> {
            assertThat(error.has("entity_name")).isFalse();
            assertThat(error.has("entity_id")).isFalse();
            assertThat(error.has("entity_tags")).isFalse();
        });
        assertThat(errors.get(0).at("/entity/name").asInt()).isEqualTo(123);
        assertThat(errors)
                .anyMatch(error -> error.at("/entity/service/id").asText().equals(id));
        assertThat(errors)
                .anyMatch(error -> error.at("/entity/service").asText().equals("s"));
    }

    @Test
    void aTtlCountsFromWhenItWasSaidAfterARestartToo() throws Exception {
        start();
        send("PUT", "/consumers/amy", "{}");
        send("POST", "/consumers/amy/key-auth", "{\"key\":\"k\"}");
        Thread.sleep(6100); // a ttl is whole seconds of the clock, and a restart may take some
        assertThat(send("PATCH", "/key-auths/k", "{\"ttl\":6}").statusCode()).isEqualTo(200);
        String config = send("GET", "/config", "").body();
        gateway.close();
        start();
        get("/key-auths/k");
        assertThat(send("POST", "/config", config).statusCode()).isEqualTo(201);
        get("/key-auths/k");
        Thread.sleep(6100);
        assertThat(send("POST", "/config", config).statusCode()).isEqualTo(201);
        assertThat(send("GET", "/key-auths/k", "").statusCode()).isEqualTo(404);
    }

    @Test
    void aKeyOfAFileKeepsItsAgeWhenItIsChanged() throws Exception {
        start(
                EMPTY + "consumers: [{username: amy, keyauth_credentials: [{key: k, ttl: 100}]}]\n",
                AdminSettings.DEFAULT);
        long made = get("/key-auths/k").get("created_at").asLong();
        Thread.sleep(1100); // times are whole seconds

        assertThat(send("PATCH", "/key-auths/k", "{\"tags\":[\"x\"]}").statusCode())
                .isEqualTo(200);
        assertThat(get("/key-auths/k").get("created_at").asLong()).isEqualTo(made);
        assertThat(folder.resolve(".gatehouse-state-gatehouse.yaml")).content().contains("\"updated_at\":" + made);
    }

    @Test
    void withoutAPlaceForChangesThereAreNone() throws Exception {
        start(List.of(), AdminSettings.DEFAULT);

        for (String[] change : new String[][] {{"POST", "/services"}, {"PUT", "/services/s"}, {"POST", "/config"}}) {
            HttpResponse<String> refused = send(change[0], change[1], "{\"host\":\"a.test\"}");
            assertThat(refused.statusCode()).as(change[1]).isEqualTo(405);
            assertThat(JSON.readTree(refused.body()).path("message").asText())
                    .contains("there is no place to keep changes", "GATEHOUSE_ADMIN_STATE_FILE");
        }
        assertThat(get("/services").path("data")).isEmpty();
        assertThat(send("POST", "/schemas/services/validate", "{\"host\":\"a.test\"}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatCannotBeKeptIsNotMade() throws Exception {
        Path place = Files.createDirectory(folder.resolve("place"));
        start(EMPTY, new AdminSettings(place.resolve("state"), true, null, null));
        Files.delete(place);

        HttpResponse<String> lost = send("POST", "/services", "{\"name\":\"s\",\"host\":\"a.test\"}");
        assertThat(lost.statusCode()).isEqualTo(500);
        assertThat(lost.body())
                .contains("the change could not be kept, so it was not made", "GATEHOUSE_ADMIN_STATE_FILE");
        assertThat(get("/services").path("data")).isEmpty();

        Files.createDirectory(place);
        assertThat(send("POST", "/services", "{\"name\":\"s\",\"host\":\"a.test\"}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(place.resolve("state")).exists();
    }

    @Test
    void pagesOfOtherSitesAreRefusedWithoutAToken() throws Exception {
        start();
        HttpResponse<String> foreign = send("POST", "/services", "{\"host\":\"a.test\"}", "Origin", "http://evil.test");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("GATEHOUSE_ADMIN_TOKEN");
        assertThat(get("/services").get("data")).isEmpty();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.adminPort())) {
            socket.getOutputStream()
                    .write("GET /services HTTP/1.1\r\nHost: rebound.test\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void aPathWithMalformedEscapesIsTold() throws Exception {
        start();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.adminPort())) {
            socket.getOutputStream()
                    .write("GET /services/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 400 ")
                    .endsWith("{\"message\":\"Bad request\"}");
        }
    }

    @Test
    void showsTheLogLevelAndAllPaths() throws Exception {
        start();
        assertThat(get("/debug/node/log-level").get("message").asText()).isEqualTo("log level: notice");
        assertThat(send("PUT", "/debug/node/log-level/loud", "").statusCode()).isEqualTo(400);
        assertThat(send("PUT", "/debug/node/log-level/notice", "").body()).contains("already notice");
        assertThat(send("PUT", "/debug/node/log-level/debug?timeout=-1", "").statusCode())
                .isEqualTo(400);
        HttpRequest.Builder form = request("/debug/node/log-level/debug")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .PUT(HttpRequest.BodyPublishers.ofString("timeout=-1"));
        assertThat(client.send(form.build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("PUT", "/debug/node/log-level/debug?timeout=1", "{\"timeout\":-1}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(get("/endpoints").get("data").toString())
                .contains(
                        "\"/services/{services}/routes/{routes}\"",
                        "\"/consumers/{consumers}/key-auth\"",
                        "\"/plugins/schema/{plugin}\"",
                        "\"/upstreams/{upstreams}/targets/all\"",
                        "\"/upstreams/{upstreams}/targets/{targets}/unhealthy\"");
    }

    @Test
    void secretsAreShownToThoseWhoMayWriteOnly() throws Exception {
        start(EMPTY + """
                consumers:
                - username: amy
                  keyauth_credentials: [{key: hunter0}]
                  basicauth_credentials: [{username: a, password: hunter2}]
                  jwt_secrets: [{key: iss, secret: hunter4}]
                  hmacauth_credentials: [{username: a, secret: hunter5}]
                  oauth2_credentials: [{name: app, client_id: c, client_secret: hunter6, redirect_uris: ["https://a.test"]}]
                partials: [{name: p, type: redis-ce, config: {password: hunter3}}]
                plugins: [{name: probe, config: {hidden: hunter7}}]
                keys: [{name: k, kid: k1, jwk: '{"kty":"oct","k":"aHVudGVyOA","kid":"k1"}'}]
                """, new AdminSettings(null, true, "all-of-it", "only-to-look"));
        assertThat(send(
                                "POST",
                                "/certificates",
                                filled(
                                        "{\"cert\":\"${pem.cert}\",\"key\":\"${pem.key}\",\"snis\":[\"a.test\"]}",
                                        Map.of("pem", pem())),
                                "Kong-Admin-Token",
                                "all-of-it")
                        .statusCode())
                .isEqualTo(201);
        assertThat(send(
                                "PUT",
                                "/keys/pem",
                                filled(
                                        "{\"kid\":\"k2\",\"pem\":{\"private_key\":\"${pem.key}\"}}",
                                        Map.of("pem", pem())),
                                "Kong-Admin-Token",
                                "all-of-it")
                        .statusCode())
                .isEqualTo(200);
        for (String path : List.of(
                "/key-auths",
                "/basic-auths",
                "/jwts",
                "/hmac-auths",
                "/oauth2",
                "/consumers/amy/key-auth",
                "/consumers/amy/oauth2",
                "/partials",
                "/partials/p",
                "/plugins",
                "/keys",
                "/keys/k",
                "/keys/pem",
                "/certificates",
                "/certificates/a.test",
                "/snis/a.test/certificate")) {
            assertThat(get(path, "Kong-Admin-Token", "all-of-it").toString())
                    .as(path)
                    .containsAnyOf("hunter", "aHVudGVyOA", "PRIVATE KEY");
            assertThat(get(path, "Kong-Admin-Token", "only-to-look").toString())
                    .as(path)
                    .doesNotContain("hunter", "aHVudGVyOA", "PRIVATE KEY")
                    .contains("***");
        }
        assertThat(send("GET", "/config", "", "Kong-Admin-Token", "only-to-look")
                        .statusCode())
                .isEqualTo(403);
    }

    /** Runs with the lines of the audit log, and leaves log levels as they were. */
    private static void audited(Audited work) throws Exception {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        Logger audit = (Logger) LoggerFactory.getLogger(LogLevels.AUDIT);
        Map<Logger, Level> levels = new HashMap<>();
        context.getLoggerList().forEach(logger -> levels.put(logger, logger.getLevel()));
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>(); // it is read while the gateway writes
        lines.start();
        audit.addAppender(lines);
        try {
            work.with(() -> lines.list.stream().map(AdminApiIT::told).toList());
        } finally {
            audit.detachAppender(lines);
            context.getLoggerList().forEach(logger -> logger.setLevel(levels.get(logger)));
        }
    }

    private interface Lines {
        List<String> now();

        /** All of them, once there are so many: some are written behind the answer. */
        default List<String> of(int count) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (now().size() < count && System.nanoTime() - end < 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            return now();
        }
    }

    private interface Audited {
        void with(Lines lines) throws Exception;
    }

    private static String told(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(event.getMessage().startsWith("refused") ? "refused" : "made");
        for (KeyValuePair pair : event.getKeyValuePairs()) {
            line.append(' ').append(pair.value);
        }
        return line.toString();
    }

    @Test
    void everyChangeIsALineWhateverTheLogLevel() throws Exception {
        start();
        audited(lines -> {
            String id = "11111111-1111-4111-8111-111111111111";
            send("PUT", "/debug/node/log-level/crit", "");
            send("PUT", "/consumers/" + id, "{\"username\":\"amy\",\"tags\":[\"canary\"]}");
            send("PUT", "/consumers/amy/key-auth/" + id, "{\"key\":\"canary\"}");
            send("PATCH", "/consumers/amy/key-auth/canary", "{\"ttl\":\"canary\"}");
            send("DELETE", "/consumers/amy/key-auth/canary", "");
            send("POST", "/consumers/amy/key-auth", "canary");
            send("POST", "/canary", "{}");
            send("POST", "/upstreams/canary/targets/canary/unhealthy", "");
            send("POST", "/config", "canary: 1");
            get("/consumers");
            send("POST", "/schemas/consumers/validate", "{}");

            assertThat(lines.of(9))
                    .containsExactly(
                            "made 127.0.0.1 PUT log-level crit 200",
                            "made 127.0.0.1 PUT consumers " + id + " 200",
                            "made 127.0.0.1 PUT keyauth_credentials " + id + " 200",
                            "refused 127.0.0.1 PATCH keyauth_credentials " + id + " 400",
                            "made 127.0.0.1 DELETE keyauth_credentials " + id + " 204",
                            "refused 127.0.0.1 POST keyauth_credentials null 400",
                            "refused 127.0.0.1 POST none null 404",
                            "refused 127.0.0.1 POST targets null 404",
                            "refused 127.0.0.1 POST config null 400");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"; filename=\"kong.yml\"", ""})
    void aFormThatIsTooLargeIsRefused(String file) throws Exception {
        start();
        byte[] head = ("--x1\r\nContent-Disposition: form-data; name=\"config\"" + file + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] body = Arrays.copyOf(head, ConfigText.LARGEST + 1);
        HttpResponse<String> refused = client.send(
                request("/config")
                        .header("Content-Type", "multipart/form-data; boundary=x1")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.body()).isEqualTo("{\"message\":\"Payload too large\"}");
        assertThat(send("PUT", "/consumers/amy", "{}").statusCode()).isEqualTo(200);
    }

    @Test
    void isReadyAsSoonAsThereIsAnything() throws Exception {
        start();
        assertThat(send("GET", "/status/ready", "").statusCode()).isEqualTo(503);
        assertThat(get("/status").get("configuration_hash").asText()).isEqualTo("0".repeat(32));
        send("PUT", "/consumers/amy", "{}");
        assertThat(send("GET", "/status/ready", "").statusCode()).isEqualTo(200);
        assertThat(get("/status").get("configuration_hash").asText()).isNotEqualTo("0".repeat(32));

        assertThat(send("POST", "/status/ready", "{\"status\":\"draining\"}").statusCode())
                .isEqualTo(204);
        assertThat(send("GET", "/status/ready", "").body()).isEqualTo("{\"message\":\"draining\"}");
    }

    @Test
    void refusedWritersAreLines() throws Exception {
        start(EMPTY, new AdminSettings(null, true, "canary-all", "canary-read"));
        audited(lines -> {
            send("POST", "/services", "{}");
            send("POST", "/services", "{}", "Kong-Admin-Token", "canary-wrong");
            send("DELETE", "/services/s", "{}", "Kong-Admin-Token", "canary-read");
            send("PUT", "/debug/node/log-level/debug", "{}", "Kong-Admin-Token", "canary-read");
            send("PUT", "/services", "{}", "Kong-Admin-Token", "canary-all");

            assertThat(lines.of(5))
                    .containsExactly(
                            "refused 127.0.0.1 POST services null 401",
                            "refused 127.0.0.1 POST services null 401",
                            "refused 127.0.0.1 DELETE services null 403",
                            "refused 127.0.0.1 PUT log-level null 403",
                            "refused 127.0.0.1 PUT services null 405");
        });
    }

    private static final String ONE = "11111111-1111-4111-8111-111111111111";
    private static final String TWO = "22222222-2222-4222-8222-222222222222";
    private static final String PAGES = """
            _format_version: "3.0"
            services:
            - name: s
              url: http://127.0.0.1:9
              plugins:
              - {id: %s, name: probe, config: {label: two, does: pages}}
            plugins:
            - {id: %s, name: probe, config: {label: one, does: pages}}
            """.formatted(TWO, ONE);

    @Test
    void pluginsServePagesOfTheirOwnWhileTheyAreConfigured() throws Exception {
        start(PAGES, AdminSettings.DEFAULT);
        // whichever has something to tell
        assertThat(send("GET", "/probe/one", "").body()).isEqualTo("one 0");
        assertThat(send("GET", "/probe/two", "").body()).isEqualTo("two 0");
        HttpResponse<String> none = send("GET", "/probe/three", "");
        assertThat(none.statusCode()).isEqualTo(404);
        assertThat(none.body()).isEqualTo("{\"message\":\"Not found\"}");
        assertThat(send("HEAD", "/probe/one", "").statusCode()).isEqualTo(200);
        assertThat(send("GET", "/probe/of/" + TWO, "").body()).isEqualTo("two 0");

        assertThat(get("/endpoints").get("data").toString()).contains("\"/probe\"", "\"/probe/of/{plugin_id}\"");

        // all of them, and one
        assertThat(send("DELETE", "/probe", "").statusCode()).isEqualTo(204);
        assertThat(send("DELETE", "/probe/of/" + TWO, "").statusCode()).isEqualTo(204);
        assertThat(send("GET", "/probe/one", "").body()).isEqualTo("one 1");
        assertThat(send("GET", "/probe/two", "").body()).isEqualTo("two 2");
        assertThat(send("DELETE", "/probe/of/nobody", "").statusCode()).isEqualTo(404);

        HttpResponse<String> post = send("POST", "/probe/of/" + ONE, "{}");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("DELETE, GET, HEAD, OPTIONS");
        HttpResponse<String> options = send("OPTIONS", "/probe", "");
        assertThat(options.statusCode()).isEqualTo(204);
        assertThat(options.headers().firstValue("Allow")).hasValue("DELETE, OPTIONS");

        send("DELETE", "/plugins/" + ONE, "");
        assertThat(send("GET", "/probe/one", "").statusCode()).isEqualTo(404);
        assertThat(send("GET", "/probe/two", "").body()).isEqualTo("two 2");
        send("DELETE", "/plugins/" + TWO, "");
        assertThat(send("DELETE", "/probe", "").statusCode()).isEqualTo(404);
        assertThat(get("/endpoints").get("data").toString()).doesNotContain("probe");
    }

    @ParameterizedTest
    @ValueSource(strings = {"throws", "null", "nothing", "fails"})
    void pagesThatBreakAreAnError(String how) throws Exception {
        start(PAGES, AdminSettings.DEFAULT);
        HttpResponse<String> broken = send("GET", "/probe/" + ONE + "/broken/" + how, "");
        assertThat(broken.statusCode()).isEqualTo(500);
        assertThat(broken.body())
                .isEqualTo("{\"message\":\"An unexpected error occurred\",\"failed\":[\"" + ONE + "\"]}");
    }

    @Test
    void pagesThatBreakKeepNoOtherInstanceFromBeingAsked() throws Exception {
        String three = "00000000-0000-4000-8000-000000000000"; // asked first
        start(
                PAGES
                        + "- {id: %s, name: probe, route: r, config: {label: three, does: broken-pages}}%n"
                                .formatted(three)
                        + "routes: [{name: r, paths: [/]}]\n",
                AdminSettings.DEFAULT);
        String failed = "{\"message\":\"An unexpected error occurred\",\"failed\":[\"" + three + "\"]}";

        assertThat(send("GET", "/probe/one", "").body()).isEqualTo("one 0");
        HttpResponse<String> none = send("GET", "/probe/none", "");
        assertThat(none.statusCode()).isEqualTo(500);
        assertThat(none.body()).isEqualTo(failed);
        HttpResponse<String> emptied = send("DELETE", "/probe", "");
        assertThat(emptied.statusCode()).isEqualTo(500);
        assertThat(emptied.body()).isEqualTo(failed);
        assertThat(send("GET", "/probe/one", "").body()).isEqualTo("one 1");
        assertThat(send("GET", "/probe/two", "").body()).isEqualTo("two 1");
    }

    @Test
    void pagesOfPluginsKnowTheTokensAndTheAuditLog() throws Exception {
        start(PAGES, new AdminSettings(null, true, "canary-all", "canary-read"));
        audited(lines -> {
            String[] reader = {"Kong-Admin-Token", "canary-read"};
            String[] writer = {"Kong-Admin-Token", "canary-all"};
            assertThat(send("GET", "/probe/one", "").statusCode()).isEqualTo(401);
            assertThat(send("DELETE", "/probe", "", reader).statusCode()).isEqualTo(403);
            assertThat(send("GET", "/probe/one", "", reader).body()).isEqualTo("one 0");
            assertThat(send("DELETE", "/probe", "", writer).statusCode()).isEqualTo(204);
            assertThat(send("DELETE", "/probe/of/" + ONE, "", writer).statusCode())
                    .isEqualTo(204);

            assertThat(lines.of(3))
                    .containsExactly(
                            "refused 127.0.0.1 DELETE none null 403",
                            "made 127.0.0.1 DELETE probe null 204",
                            "made 127.0.0.1 DELETE probe " + ONE + " 204");
        });
    }
}
