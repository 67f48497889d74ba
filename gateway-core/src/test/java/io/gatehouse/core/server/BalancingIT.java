package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Services whose host is an upstream, over sockets. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BalancingIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private final List<FaultServer> servers = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void closeServers() {
        servers.forEach(FaultServer::close);
    }

    /** A server that answers with its letter. */
    private FaultServer server(String letter) {
        FaultServer server = FaultServer.start(ServerScript.answering("\"" + letter + "\""));
        servers.add(server);
        return server;
    }

    private static String target(FaultServer server, int weight) {
        return "{target: \"127.0.0.1:" + server.port() + "\", weight: " + weight + "}";
    }

    private void start(String upstream, String service, String... targets) throws Exception {
        rig.serve(config(upstream, service, targets), rig.settings());
    }

    private static String config(String upstream, String service, String... targets) {
        return """
                _format_version: "3.0"
                services:
                  - {name: one, host: pool, port: 1, %s, routes: [{name: r, paths: [/a]}]}
                upstreams:
                  - {name: pool, %s, targets: [%s]}
                """.formatted(service, upstream, String.join(", ", targets));
    }

    /** How often each letter answered. */
    private Map<String, Long> answers(int requests, String... headers) throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            HttpResponse<String> answer = rig.get("/a", headers);
            bodies.add(answer.statusCode() == 200 ? answer.body().replace("\"", "") : "" + answer.statusCode());
        }
        return bodies.stream().collect(Collectors.groupingBy(body -> body, TreeMap::new, Collectors.counting()));
    }

    @Test
    void spreadsRequestsByWeight() throws Exception {
        start("slots: 10", "retries: 0", target(server("a"), 100), target(server("b"), 300), target(server("c"), 0));
        assertThat(answers(40)).isEqualTo(Map.of("a", 10L, "b", 30L));
    }

    @Test
    void triesAnotherAddressWhenOneFails() throws Exception {
        FaultServer dead = server("dead");
        dead.refuse();
        FaultServer resets = server("resets");
        resets.script(ServerScript.resetting());
        start("slots: 10", "retries: 2", target(dead, 1), target(resets, 1), target(server("a"), 1));
        assertThat(answers(12)).isEqualTo(Map.of("a", 12L));
        HttpResponse<String> posted = rig.send("POST", "/a", BodyPublishers.ofString("x"));
        assertThat(posted.statusCode()).isIn(200, 502); // one that was sent is not sent again
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void aStatusIsNoReasonToTryAgain(int status) throws Exception {
        FaultServer bad = server("bad");
        bad.script(ServerScript.builder()
                .readRequest()
                .respond(status, "{}")
                .repeat()
                .build());
        start("slots: 10", "retries: 5", target(bad, 1));
        assertThat(rig.get("/a").statusCode()).isEqualTo(status);
        assertThat(bad.requests()).isEqualTo(1);
    }

    @Test
    void tellsThatNoTargetIsLeft() throws Exception {
        start("slots: 10", "retries: 2");
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("failure to get a peer from the ring-balancer");
    }

    @Test
    void answersWithTheLastFailureWhenEveryTargetFails() throws Exception {
        FaultServer dead = server("dead");
        dead.refuse();
        start("slots: 10", "retries: 3", target(dead, 1));
        assertThat(rig.get("/a").statusCode()).isEqualTo(502);
    }

    @Test
    void tellsThatNobodyIsLeftForARetry() throws Exception {
        FaultServer dead = server("dead");
        dead.refuse();
        start("slots: 10, healthchecks: {passive: {unhealthy: {tcp_failures: 1}}}", "retries: 3", target(dead, 1));
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("The upstream server is currently unavailable");
        assertThat(rig.get("/a").body()).contains("failure to get a peer from the ring-balancer");
    }

    @Test
    void addressesATargetByItsNameOrTheUpstreamsHostHeader() throws Exception {
        FaultServer server = server("a");
        start("slots: 10", "retries: 0", "{target: \"localhost:" + server.port() + "\"}");
        rig.get("/a");
        assertThat(host(server, 0)).isEqualTo("localhost:" + server.port());
        rig.write(config(
                "slots: 10, host_header: api.example", "retries: 0", "{target: \"localhost:" + server.port() + "\"}"));
        assertThat(rig.gateway.reload()).isEmpty();
        rig.get("/a");
        assertThat(host(server, 1)).isEqualTo("api.example:" + server.port());
    }

    @ParameterizedTest
    @CsvSource({"false, 127.0.0.1", "true, shop.example"})
    void addressesTheTargetOfEachTryByItsOwnName(boolean preserve, String expected) throws Exception {
        FaultServer dead = server("dead");
        dead.refuse();
        FaultServer server = server("a");
        rig.serve(
                config("slots: 10", "retries: 1", "{target: \"localhost:" + dead.port() + "\"}", target(server, 100))
                        .replace("paths: [/a]", "paths: [/a], preserve_host: " + preserve),
                rig.settings());
        for (int i = 0; i < 4; i++) { // every other one begins with the dead one
            assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            assertThat(host(server, i)).isEqualTo(preserve ? expected : expected + ":" + server.port());
        }
    }

    private static String host(FaultServer server, int request) {
        return server.connections().stream()
                .map(ConnectionRecord::receivedText)
                .flatMap(String::lines)
                .filter(line -> line.regionMatches(true, 0, "host: ", 0, 6))
                .map(line -> line.substring(6))
                .toList()
                .get(request);
    }

    @Test
    void keepsThePlaceInTheRoundOverAReload() throws Exception {
        String[] targets = {target(server("a"), 1), target(server("b"), 1)};
        start("slots: 10", "retries: 0", targets);
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            seen.add(rig.get("/a").body());
            rig.write(config("slots: 10", "retries: 0, read_timeout: " + (60_000 + i), targets));
            assertThat(rig.gateway.reload()).isEmpty();
        }
        for (int i = 1; i < seen.size(); i++) {
            assertThat(seen.get(i)).as("the answers %s", seen).isNotEqualTo(seen.get(i - 1));
        }
    }

    @Test
    void keepsAClientOnItsTargetByACookieThatItSets() throws Exception {
        start(
                "algorithm: consistent-hashing, hash_on: cookie, hash_on_cookie: lb, hash_on_cookie_path: /p",
                "retries: 0",
                target(server("a"), 1),
                target(server("b"), 1));
        HttpResponse<String> first = rig.get("/a");
        String cookie = first.headers().firstValue("Set-Cookie").orElse("");
        assertThat(cookie).matches("lb=[0-9a-f-]{36}; Path=/p; Same-Site=Lax; HttpOnly");
        for (int i = 0; i < 10; i++) {
            HttpResponse<String> next = rig.get("/a", "Cookie", "x=1; " + cookie.substring(0, cookie.indexOf(';')));
            assertThat(next.body()).isEqualTo(first.body());
            assertThat(next.headers().firstValue("Set-Cookie")).isEmpty();
        }
    }

    @Test
    void aCookieOfThatNameThatATargetSetsGivesWay() throws Exception {
        FaultServer own = server("a");
        own.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 0", "Set-Cookie: lb=theirs; Path=/", "Set-Cookie: lbx=1")
                .repeat()
                .build());
        start("algorithm: consistent-hashing, hash_on: cookie, hash_on_cookie: lb", "retries: 0", target(own, 1));
        List<String> set = rig.get("/a").headers().allValues("Set-Cookie");
        assertThat(set).hasSize(2).contains("lbx=1").noneMatch(cookie -> cookie.contains("theirs"));
        assertThat(rig.get("/a", "Cookie", "lb=known").headers().allValues("Set-Cookie"))
                .containsExactly("lb=theirs; Path=/", "lbx=1");
    }

    // ---- what is hashed

    @Test
    void hashesTheAddressThatATrustedProxyTells() throws Exception {
        rig.serve(
                config(
                        "algorithm: consistent-hashing, hash_on: ip",
                        "retries: 0",
                        target(server("a"), 1),
                        target(server("b"), 1)),
                rig.settings()
                        .proxy(Settings.from(Map.of("KONG_TRUSTED_IPS", "127.0.0.1"), Map.of())
                                .proxy()));
        Map<String, Long> letters = new TreeMap<>();
        for (int i = 0; i < 16; i++) {
            String once = rig.get("/a", "X-Real-IP", "10.0.0." + i).body();
            assertThat(rig.get("/a", "X-Real-IP", "10.0.0." + i).body()).isEqualTo(once);
            letters.merge(once, 1L, Long::sum);
        }
        assertThat(letters).as("16 addresses").hasSize(2);
    }

    /** Over sockets; all that can be hashed is in {@code hashing-cases.yaml}. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hash_on: query_arg, hash_on_query_arg: k                                  | /a?k=%s  | X-Other: 1",
                "hash_on: uri_capture, hash_on_uri_capture: who                            | /c/%s    | X-Other: 1",
                "hash_on: cookie, hash_on_cookie: ck                                       | /a       | Cookie: ck=%s",
                "hash_on: consumer, hash_fallback: header, hash_fallback_header: X-Key     | /a       | X-Key: %s",
                "hash_on: uri_capture, hash_on_uri_capture: none, hash_fallback: query_arg, hash_fallback_query_arg: k"
                        + "| /a?k=%s  | X-Other: 1",
            })
    void hashesWhatIsAskedFor(String hash, String path, String header) throws Exception {
        rig.serve(
                config(
                                "algorithm: consistent-hashing, " + hash,
                                "retries: 0",
                                target(server("a"), 1),
                                target(server("b"), 1))
                        .replace("paths: [/a]", "paths: [/a, \"~/c/(?<who>[a-z0-9]+)$\"]"),
                rig.settings());
        String name = header.substring(0, header.indexOf(':'));
        String value = header.substring(header.indexOf(' ') + 1);
        Map<String, Long> letters = new TreeMap<>();
        for (int i = 0; i < 16; i++) {
            String key = "k" + i;
            String once = rig.get(path.replace("%s", key), name, value.replace("%s", key))
                    .body();
            String again = rig.get(path.replace("%s", key), name, value.replace("%s", key))
                    .body();
            assertThat(again).as(key).isEqualTo(once);
            letters.merge(once, 1L, Long::sum);
        }
        assertThat(letters).as("16 keys").hasSize(2);
    }

    /** Who is known is hashed, by any name of its; who is not, falls back. */
    @Test
    void hashesTheConsumerThatAPluginFound() throws Exception {
        StringBuilder consumers = new StringBuilder("consumers:\n");
        for (int i = 0; i < 16; i++) {
            consumers.append("  - {username: u%d, custom_id: c%d}\n".formatted(i, i));
        }
        rig.serve(
                config(
                                "algorithm: consistent-hashing, hash_on: consumer, hash_fallback: header,"
                                        + " hash_fallback_header: X-Key",
                                "retries: 0",
                                target(server("a"), 1),
                                target(server("b"), 1))
                        + consumers + "plugins: [{name: edge, config: {does: authenticate}}]\n",
                rig.settings());
        Map<String, Long> letters = new TreeMap<>();
        for (int i = 0; i < 16; i++) {
            String once = rig.get("/a", "X-User", "u" + i, "X-Key", "one").body();
            assertThat(rig.get("/a", "X-User", "u" + i, "X-Key", "other" + i).body())
                    .isEqualTo(once);
            letters.merge(once, 1L, Long::sum);
        }
        assertThat(letters).as("16 consumers with one key").hasSize(2);
        assertThat(answers(8, "X-User", "nobody", "X-Key", "one")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hash_on: ip", "hash_on: header, hash_on_header: X-None", "hash_on: none"})
    void sendsAllToOneWhereTheHashIsTheSame(String hash) throws Exception {
        start(
                "algorithm: consistent-hashing, " + hash,
                "retries: 0",
                target(server("a"), 1),
                target(server("b"), 1),
                target(server("c"), 1));
        assertThat(answers(12)).hasSize(1).containsValue(12L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"least-connections", "latency"})
    void usesEveryTargetThatIsEquallyGood(String algorithm) throws Exception {
        start("algorithm: " + algorithm, "retries: 1", target(server("a"), 100), target(server("b"), 100));
        Map<String, Long> seen = new TreeMap<>();
        for (int i = 0; i < 20 && seen.size() < 2; i++) {
            answers(10).forEach((letter, count) -> seen.merge(letter, count, Long::sum));
        }
        assertThat(seen).hasSize(2);
    }

    @Test
    void keepsAwayFromATargetThatIsBusy() throws Exception {
        FaultServer slow = server("slow");
        slow.script(ServerScript.builder()
                .readRequest()
                .awaitRelease()
                .respond(200, "\"slow\"")
                .build());
        String algorithm = "algorithm: least-connections";
        start(algorithm, "retries: 0", target(slow, 1));
        try (Socket waiting = rig.connect()) {
            Rig.send(waiting, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            Rig.await(() -> slow.requests() == 1, () -> "requests: " + slow.requests());
            rig.write(config(algorithm, "retries: 0", target(slow, 1), target(server("a"), 1)));
            assertThat(rig.gateway.reload()).isEmpty(); // what is in flight is known to the new one too
            assertThat(answers(6)).isEqualTo(Map.of("a", 6L));
            slow.release();
            assertThat(Rig.rest(waiting)).contains("\"slow\"");
        }
    }

    // ---- health

    private Settings.Builder withAdmin() {
        return rig.settings().adminListen(List.of(Settings.Listen.of("127.0.0.1", 0)));
    }

    private HttpResponse<String> admin(String method, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + rig.gateway.adminPort() + path))
                        .method(method, BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** The health of each target in the order of the file. */
    /** Targets are told in the order of their ids; this is that of the servers. */
    private int place(JsonObject target) {
        for (int i = 0; i < servers.size(); i++) {
            if (target.getString("target").endsWith(":" + servers.get(i).port())) {
                return i;
            }
        }
        return servers.size();
    }

    private List<String> health() {
        try {
            JsonArray data =
                    new JsonObject(admin("GET", "/upstreams/pool/health").body()).getJsonArray("data");
            return data.stream()
                    .map(JsonObject.class::cast)
                    .sorted(Comparator.comparingInt(this::place))
                    .map(target -> target.getString("health"))
                    .toList();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void ejectsATargetThatAnswersBadlyUntilItIsSetHealthyByHand() throws Exception {
        FaultServer bad = server("bad");
        bad.script(ServerScript.builder()
                .readRequest()
                .head(500, "Content-Length: 2", "Connection: close") // so that nobody uses it again meanwhile
                .send("{}")
                .close()
                .build());
        FaultServer good = server("a");
        rig.serve(
                config(
                        "slots: 10, healthchecks: {passive: {unhealthy: {http_failures: 2}}}",
                        "retries: 0",
                        target(bad, 1),
                        target(good, 1)),
                withAdmin());
        assertThat(health()).containsExactly("HEALTHY", "HEALTHY");
        assertThat(answers(20)).isEqualTo(Map.of("500", 2L, "a", 18L));
        assertThat(health()).containsExactly("UNHEALTHY", "HEALTHY");
        assertThat(rig.log.list.stream().map(ILoggingEvent::getFormattedMessage))
                .anyMatch(line -> line.startsWith("target is unhealthy: upstream=pool target=127.0.0.1:" + bad.port()));
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(answers(5)).isEqualTo(Map.of("a", 5L)); // over a reload too
        String checks = "slots: 10, healthchecks: {passive: {unhealthy: {http_failures: 2}}}";
        for (int weight : new int[] {7, 1}) { // and with another weight
            rig.write(config(checks, "retries: 0", target(bad, weight), target(good, 1)));
            assertThat(rig.gateway.reload()).isEmpty();
            assertThat(answers(5)).isEqualTo(Map.of("a", 5L));
        }

        bad.script(ServerScript.answering("\"bad\""));
        String path = "/upstreams/pool/targets/127.0.0.1:" + bad.port();
        assertThat(admin("PUT", path + "/healthy").statusCode()).isEqualTo(204);
        assertThat(answers(10)).isEqualTo(Map.of("a", 5L, "bad", 5L));
        assertThat(admin("POST", path + "/127.0.0.1:" + bad.port() + "/unhealthy")
                        .statusCode())
                .isEqualTo(204);
        assertThat(answers(10)).isEqualTo(Map.of("a", 10L));
        assertThat(admin("PUT", "/upstreams/pool/targets/127.0.0.1:1/healthy").statusCode())
                .isEqualTo(404);
        assertThat(admin("PUT", path + "/10.0.0.1/healthy").statusCode()).isEqualTo(404);
        assertThat(admin("GET", "/upstreams/other/health").statusCode()).isEqualTo(404);
    }

    @Test
    void aTargetIsCalledAsTheFileWritesIt() throws Exception {
        rig.serve(
                config(
                        "slots: 10, healthchecks: {passive: {unhealthy: {http_failures: 2}}}",
                        "retries: 0",
                        "{target: \"[::1]:9\"}",
                        "{target: 127.0.0.1}"),
                withAdmin());
        for (String target : List.of("%5B::1%5D:9", "127.0.0.1", "127.0.0.1:8000")) {
            assertThat(admin("PUT", "/upstreams/pool/targets/" + target + "/unhealthy")
                            .statusCode())
                    .as(target)
                    .isEqualTo(204);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // what a plugin does, what the target answers, what the client sees of it; how the target is then
        "answer,  200, 418, HEALTHY", // of its own accord: the target was not even asked
        "discard, 418, 204, UNHEALTHY", // the target's own answer counts
    })
    void countsWhatTheTargetAnswered(String does, int status, int seen, String expected) throws Exception {
        FaultServer server = server("a");
        server.script(ServerScript.builder()
                .readRequest()
                .respond(status, "{}")
                .repeat()
                .build());
        rig.serve(
                config(
                                "slots: 10, healthchecks: {passive: {unhealthy: {http_failures: 1, http_statuses: [418]}}}",
                                "retries: 0",
                                target(server, 1))
                        + "plugins: [{name: probe, config: {does: " + does + "}}]\n",
                withAdmin());
        assertThat(rig.get("/a").statusCode()).isEqualTo(seen);
        assertThat(health()).containsExactly(expected);
    }

    @Test
    void refusesEverythingWhenTooLittleIsHealthy() throws Exception {
        FaultServer dead = server("dead");
        dead.refuse();
        rig.serve(
                config(
                        "slots: 10, healthchecks: {threshold: 50, passive: {unhealthy: {tcp_failures: 1}}}",
                        "retries: 1",
                        target(dead, 1),
                        target(server("a"), 1)),
                withAdmin());
        Rig.await(() -> ask() == 503, () -> "half of the weight is enough");
        HttpResponse<String> refused = rig.get("/a");
        assertThat(refused.body()).contains("failure to get a peer from the ring-balancer");
        JsonObject whole = new JsonObject(
                        admin("GET", "/upstreams/pool/health?balancer_health=1").body())
                .getJsonObject("data");
        assertThat(whole.getString("health")).isEqualTo("UNHEALTHY");
        assertThat(whole.getJsonObject("details").getJsonObject("weight"))
                .isEqualTo(new JsonObject().put("total", 2).put("available", 1).put("unavailable", 1));
    }

    private int ask() {
        try {
            return rig.get("/a").statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void countsTimeOutsForThemselves() throws Exception {
        FaultServer silent = server("silent");
        silent.script(ServerScript.silent());
        rig.serve(
                config(
                        "slots: 10, healthchecks: {passive: {unhealthy: {timeouts: 1, tcp_failures: 0}}}",
                        "retries: 1, read_timeout: 4000",
                        target(silent, 1),
                        target(server("a"), 1)),
                withAdmin());
        Rig.await(() -> ask() == 200 && health().contains("UNHEALTHY"), () -> "health: " + health());
        assertThat(answers(5)).isEqualTo(Map.of("a", 5L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "tcp", "grpc"})
    void probesTargetsOutOfTheRoundAndBackIntoIt(String type) throws Exception {
        FaultServer server = server("a");
        FaultServer other = server("b");
        rig.serve(
                config(
                        "slots: 10, host_header: probed.example, healthchecks: {active: {type: " + type
                                + ", http_path: /up, headers: {X-Probe: [one, zürich]}, timeout: 5,"
                                + " healthy: {interval: 0.1, successes: 1},"
                                + " unhealthy: {interval: 0.1, tcp_failures: 2, http_failures: 2}}}",
                        "retries: 0",
                        target(server, 1),
                        target(other, 1)),
                withAdmin());
        assertThat(answers(4)).isEqualTo(Map.of("a", 2L, "b", 2L));
        server.refuse();
        Rig.await(() -> health().equals(List.of("UNHEALTHY", "HEALTHY")), () -> "health: " + health());
        assertThat(answers(4)).isEqualTo(Map.of("b", 4L));
        server.listen();
        Rig.await(() -> health().equals(List.of("HEALTHY", "HEALTHY")), () -> "health: " + health());
        if (!type.equals("tcp")) {
            assertThat(other.connections().stream().map(ConnectionRecord::receivedText))
                    .anyMatch(text -> text.startsWith("GET /up HTTP/1.1\r\n")
                            && text.toLowerCase(Locale.ROOT).contains("host: probed.example\r\n")
                            && text.contains("one")
                            && text.contains("zÃ¼rich"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // what a probe sees, the only limit
        "503,    http_failures",
        "silent, timeouts",
        "reset,  tcp_failures",
    })
    void putsOutByWhatItsProbesSee(String answer, String limit) throws Exception {
        FaultServer server = server("a");
        rig.serve(
                config(
                        "slots: 10, healthchecks: {active: {timeout: 5, healthy: {interval: 0.1, successes: 1},"
                                + " unhealthy: {interval: 0.15, " + limit + ": 1}}}",
                        "retries: 0",
                        target(server, 1),
                        target(server("b"), 1)),
                withAdmin());
        assertThat(answers(4)).isEqualTo(Map.of("a", 2L, "b", 2L));
        server.script(
                switch (answer) {
                    case "silent" -> ServerScript.silent();
                    case "reset" -> ServerScript.resetting();
                    default ->
                        ServerScript.builder()
                                .readRequest()
                                .respond(Integer.parseInt(answer), "{}")
                                .build();
                });
        Rig.await(() -> health().equals(List.of("UNHEALTHY", "HEALTHY")), () -> "health: " + health());
        assertThat(answers(4)).isEqualTo(Map.of("b", 4L));
        server.script(ServerScript.answering("\"a\""));
        Rig.await(() -> health().equals(List.of("HEALTHY", "HEALTHY")), () -> "health: " + health());
        assertThat(answers(4)).isEqualTo(Map.of("a", 2L, "b", 2L));
    }

    @Test
    void stopsProbingWhatIsGone() throws Exception {
        FaultServer server = server("a");
        String probes = "healthchecks: {active: {healthy: {interval: 0.1, successes: 1}}}";
        rig.serve(config("slots: 10, " + probes, "retries: 0", target(server, 1)), withAdmin());
        Rig.await(() -> server.requests() >= 2, () -> "requests: " + server.requests());
        FaultServer other = server("b");
        rig.write(config("slots: 10, " + probes, "retries: 0", target(other, 1)));
        assertThat(rig.gateway.reload()).isEmpty();
        Rig.await(() -> other.requests() >= 2, () -> "requests: " + other.requests());
        // what was under way at the reload may come late: but then the other one's probes come alone
        Rig.await(
                () -> {
                    int before = server.requests();
                    int further = other.requests() + 10;
                    Rig.await(() -> other.requests() >= further, () -> "requests: " + other.requests());
                    return server.requests() == before;
                },
                () -> "still probed: " + server.requests());
    }
}
