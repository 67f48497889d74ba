package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Services whose host is an upstream, over sockets. */
@NullUnmarked
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BalancingIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private final List<FaultServer> servers = new ArrayList<>();

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
            rig.write(config("slots: 10", "retries: 0, read_timeout: " + (1000 + i), targets));
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
}
