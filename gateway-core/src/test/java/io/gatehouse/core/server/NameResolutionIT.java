package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.core.balancer.DnsOptions;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Upstreams by name, with a name server that changes its mind, fails and stays silent. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NameResolutionIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private final NameServer dns = new NameServer();
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<FaultServer> servers = new ArrayList<>();

    @AfterEach
    void closeServers() {
        servers.forEach(FaultServer::close);
        dns.close();
    }

    private FaultServer server(String letter) {
        FaultServer server = FaultServer.start(ServerScript.answering("\"" + letter + "\""));
        servers.add(server);
        return server;
    }

    private Settings.Builder settings() {
        return rig.settings()
                .dns(DnsOptions.DEFAULT
                        .withServers(List.of(dns.address()))
                        .withResolverFile(Path.of("/none")) // not the machine's
                        .withLocal(true));
    }

    private static String service(String host, int port) {
        return """
                _format_version: "3.0"
                services:
                  - {name: one, host: %s, port: %d, retries: 1, routes: [{name: r, paths: [/a]}]}
                """.formatted(host, port);
    }

    private static String upstream(String fields, String... targets) {
        return service("pool", 80) + """
                upstreams:
                  - {name: pool, %s, targets: [%s]}
                """.formatted(fields, String.join(", ", targets));
    }

    private String get() throws Exception {
        HttpResponse<String> answer = rig.get("/a", "Accept", "text/plain");
        return answer.statusCode() + " " + answer.body().lines().findFirst().orElse("");
    }

    @Test
    void goesWhereANameLeadsAndAsksOnce() throws Exception {
        dns.a("a.example", 60, "127.0.0.1");
        rig.serve(service("a.example", server("a").port()), settings());
        for (int i = 0; i < 5; i++) {
            assertThat(get()).isEqualTo("200 \"a\"");
        }
        assertThat(dns.questions).containsExactly("SRV a.example", "A a.example");
    }

    @Test
    void aServiceWithoutAPortGoesWhereItsTargetsAreOrNowhere() throws Exception {
        String config =
                upstream("slots: 10", "{target: \"127.0.0.1:" + server("a").port() + "\"}");
        rig.serve(config.replace("port: 80", "port: 0"), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        rig.write(service("127.0.0.1", 0));
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(status()).isEqualTo(502);
    }

    @Test
    void triesTheNextRecordOfAName() throws Exception {
        dns.a("a.example", 60, "127.0.0.1", "127.1.2.3"); // nobody listens at the second
        rig.serve(service("a.example", server("a").port()), settings());
        for (int i = 0; i < 6; i++) {
            assertThat(get()).isEqualTo("200 \"a\"");
        }
    }

    @Test
    void anAddressDoesNotWaitForANameThatNobodyAnswers() throws Exception {
        dns.silent("silent.example");
        rig.serve(
                upstream(
                        "slots: 10",
                        "{target: \"127.0.0.1:" + server("a").port() + "\"}",
                        "{target: \"silent.example:1\"}"),
                settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        // the next type of record is asked for once the first question has been given up
        assertThat(dns.questions).doesNotContain("A silent.example", "AAAA silent.example");
        Rig.await(() -> dns.questions.contains("SRV silent.example"), () -> "asked: " + dns.questions);
    }

    @Test
    void tellsWhatIsWrongWithAName() throws Exception {
        dns.fails("servfail.example", DnsResponseCode.SERVFAIL)
                .a("empty.example", 9)
                .silent("silent.example");
        rig.serve("""
                _format_version: "3.0"
                services:
                  - {name: one, host: missing.example, routes: [{name: r1, paths: [/missing]}]}
                  - {name: two, host: empty.example, routes: [{name: r2, paths: [/empty]}]}
                  - {name: three, host: servfail.example, routes: [{name: r3, paths: [/servfail]}]}
                  - {name: four, host: silent.example, routes: [{name: r4, paths: [/silent]}]}
                """, settings());
        HttpResponse<String> missing = rig.get("/missing", "Accept", "text/plain");
        assertThat(missing.statusCode()).isEqualTo(503);
        assertThat(missing.body()).startsWith("name resolution failed\n");
        assertThat(missing.headers().map())
                .containsKey("x-kong-response-latency")
                .doesNotContainKeys("via");
        assertThat(rig.get("/empty").statusCode()).isEqualTo(503);
        HttpResponse<String> failed = rig.get("/servfail", "Accept", "text/plain");
        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(failed.body())
                .startsWith("failed the initial dns/balancer resolve for 'servfail.example' with: dns server error: 2"
                        + " server failure\n");
        HttpResponse<String> silent = rig.get("/silent", "Accept", "text/plain");
        assertThat(silent.statusCode()).isEqualTo(500);
        assertThat(silent.body()).startsWith("failed the initial dns/balancer resolve for 'silent.example' with: ");
    }

    @Test
    void serversThatAreSilentHoldUpNobodyElse() throws Exception {
        dns.silent("silent.example").a("a.example", 60, "127.0.0.1");
        rig.serve(service("silent.example", 80) + """
                  - {name: two, host: a.example, port: %d, routes: [{name: r2, paths: [/b]}]}
                """.formatted(server("a").port()), settings());
        try (var waiting = rig.connect()) {
            Rig.send(waiting, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Rig.await(() -> dns.questions.contains("SRV silent.example"), () -> "asked: " + dns.questions);
            assertThat(rig.get("/b").body()).isEqualTo("\"a\"");
            Rig.await(() -> rig.gateway.inFlight() == 1, () -> "in flight: " + rig.gateway.inFlight());
        }
    }

    @Test
    void isNotLedToThisMachineByAServer() throws Exception {
        dns.a("evil.example", 60, "127.0.0.1");
        rig.serve(
                service("evil.example", server("a").port()),
                rig.settings().dns(DnsOptions.DEFAULT.withServers(List.of(dns.address()))));
        assertThat(get()).isEqualTo("503 name resolution failed");
        assertThat(servers.get(0).connections()).isEmpty();
    }

    @Test
    void followsTheAddressesOfATarget() throws Exception {
        dns.a("a.example", 1, "127.0.0.1");
        FaultServer server = server("a");
        rig.serve(upstream("slots: 10", "{target: \"a.example:" + server.port() + "\"}"), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        dns.a("a.example", 1, "127.1.2.3");
        Rig.await(() -> status() == 502, () -> "it still goes to the old address");
        dns.fails("a.example", DnsResponseCode.SERVFAIL);
        Rig.await(() -> dns.questions.stream().filter("A a.example"::equals).count() >= 4, () -> "" + dns.questions);
        assertThat(status()).isEqualTo(502); // the last one that was known
        dns.fails("a.example", DnsResponseCode.NXDOMAIN);
        Rig.await(() -> status() == 503, () -> "it still goes to an address that is gone");
        dns.a("a.example", 1, "127.0.0.1");
        Rig.await(
                () -> rig.log.list.stream()
                        .map(event -> event.getFormattedMessage())
                        .anyMatch(line -> line.startsWith("target has no address: upstream=pool target=a.example:")),
                () -> "nobody is told");
    }

    private int status() {
        try {
            return rig.get("/a").statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of all states, on the health page; targets are told in the order of their ids. */
    @Test
    void showsWhatTargetsResolveTo() throws Exception {
        dns.a("a.example", 60, "127.0.0.1", "127.0.0.2");
        String id = "00000000-0000-4000-8000-00000000000";
        rig.serve(
                upstream(
                                "id: " + id + "0, healthchecks: {passive: {unhealthy: {tcp_failures: 1}}}",
                                "{id: " + id + "1, target: \"a.example:81\", weight: 10}",
                                "{id: " + id + "2, target: \"gone.example:82\", weight: 20}",
                                "{id: " + id + "3, target: \"[::1]:83\", weight: 0}")
                        + "  - {name: unchecked, id: " + id + "9, targets: [{id: " + id
                        + "4, target: \"127.0.0.1:84\"}]}\n",
                settings().adminListen(List.of(Settings.Listen.of("127.0.0.1", 0))));
        String path = "/upstreams/pool/targets/a.example:81/127.0.0.2:81/unhealthy";
        Rig.await(() -> admin("PUT", path).statusCode() == 204, () -> "a.example has no address");
        Rig.await(
                () -> admin("GET", "/upstreams/pool/health").body().contains("name error"),
                () -> "gone.example is not known to be gone");

        JsonArray pool = new JsonObject(admin("GET", "/upstreams/pool/health").body()).getJsonArray("data");
        String v6 = "[0000:0000:0000:0000:0000:0000:0000:0001]";
        assertThat(pool)
                .isEqualTo(new JsonArray()
                        .add(target(id + "1", id + "0", "a.example:81", 10, "HEALTHY")
                                .put(
                                        "data",
                                        data("a.example", 81, "A", 10, 20, 10)
                                                .put(
                                                        "addresses",
                                                        new JsonArray()
                                                                .add(address("127.0.0.1", 81, 10, "HEALTHY"))
                                                                .add(address("127.0.0.2", 81, 10, "UNHEALTHY")))))
                        .add(target(id + "2", id + "0", "gone.example:82", 20, "DNS_ERROR")
                                .put(
                                        "data",
                                        data("gone.example", 82, "dns server error: 3 name error", 20, 0, 0)
                                                .put("addresses", new JsonArray())))
                        .add(target(id + "3", id + "0", v6 + ":83", 0, "HEALTHCHECKS_OFF")
                                .put(
                                        "data",
                                        data(v6, 83, "AAAA", 0, 0, 0)
                                                .put(
                                                        "addresses",
                                                        new JsonArray().add(address(v6, 83, 0, "HEALTHCHECKS_OFF"))))));
        JsonArray unchecked =
                new JsonObject(admin("GET", "/upstreams/unchecked/health").body()).getJsonArray("data");
        assertThat(unchecked)
                .isEqualTo(new JsonArray()
                        .add(target(id + "4", id + "9", "127.0.0.1:84", 100, "HEALTHCHECKS_OFF")
                                .put(
                                        "data",
                                        data("127.0.0.1", 84, "A", 100, 100, 100)
                                                .put(
                                                        "addresses",
                                                        new JsonArray()
                                                                .add(address(
                                                                        "127.0.0.1", 84, 100, "HEALTHCHECKS_OFF"))))));
        JsonObject whole = new JsonObject(admin("GET", "/upstreams/unchecked/health?balancer_health=1")
                        .body())
                .getJsonObject("data");
        assertThat(whole.getString("health")).isEqualTo("HEALTHCHECKS_OFF");
        assertThat(whole.getString("balancer_health")).isEqualTo("HEALTHY");
    }

    private static JsonObject target(String id, String upstream, String target, int weight, String health) {
        return new JsonObject()
                .put("id", id)
                .put("target", target)
                .put("weight", weight)
                .put("upstream", new JsonObject().put("id", upstream))
                .put("health", health);
    }

    private static JsonObject data(String host, int port, String dns, int weight, int total, int available) {
        return new JsonObject()
                .put("host", host)
                .put("port", port)
                .put("dns", dns)
                .put("nodeWeight", weight)
                .put(
                        "weight",
                        new JsonObject()
                                .put("total", total)
                                .put("available", available)
                                .put("unavailable", total - available));
    }

    private static JsonObject address(String ip, int port, int weight, String health) {
        return new JsonObject()
                .put("ip", ip)
                .put("port", port)
                .put("weight", weight)
                .put("health", health);
    }

    private HttpResponse<String> admin(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + rig.gateway.adminPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString()).join();
    }

    /** What is answered once the name server has changed its mind, whatever was asked just before. */
    private String getAfter(String question, Runnable change) throws Exception {
        dns.hush(question);
        // names are looked after all the time: what was asked earlier has come to its end
        Rig.await(() -> dns.questions.contains(question), () -> "asked: " + dns.questions);
        change.run();
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return get();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        Rig.await(() -> answer.isDone() || rig.gateway.inFlight() == 1, () -> "the request does not come");
        dns.speak();
        return answer.get();
    }

    @Test
    void asksEachTimeForATargetWithoutTime() throws Exception {
        FaultServer server = server("a");
        dns.a("a.example", 0, "127.0.0.1");
        rig.serve(upstream("slots: 10", "{target: \"a.example:" + server.port() + "\"}"), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        assertThat(getAfter("A a.example", () -> dns.a("a.example", 0, "127.1.2.3")))
                .startsWith("502 ");
        assertThat(getAfter("A a.example", () -> dns.a("a.example", 0, "127.0.0.1")))
                .isEqualTo("200 \"a\"");
    }

    @Test
    void followsThePortOfAServiceRecord() throws Exception {
        FaultServer a = server("a");
        FaultServer b = server("b");
        dns.a("one.example", 60, "127.0.0.1");
        dns.srv("pool.example", 0, "1 1 " + b.port() + " one.example");
        rig.serve(upstream("slots: 10", "{target: \"pool.example:" + a.port() + "\"}"), settings());
        assertThat(get()).isEqualTo("200 \"b\"");
        // then it is the target's own
        assertThat(getAfter("SRV pool.example", () -> dns.srv("pool.example", 0, "1 1 0 one.example")))
                .isEqualTo("200 \"a\"");
    }

    @Test
    void takesPortAndWeightFromServiceRecords() throws Exception {
        dns.srv(
                        "pool.example",
                        60,
                        "1 1 " + server("a").port() + " one.example",
                        "1 3 " + server("b").port() + " two.example",
                        "2 9 9 backup.example")
                .a("one.example", 60, "127.0.0.1")
                .a("two.example", 60, "127.0.0.1");
        rig.serve(upstream("slots: 10, use_srv_name: true", "{target: \"pool.example:1\"}"), settings());
        int b = 0;
        for (int i = 0; i < 12; i++) {
            b += get().contains("b") ? 1 : 0;
        }
        assertThat(b).isEqualTo(9);
        Set<String> hosts = new TreeSet<>();
        for (FaultServer server : servers) {
            server.connections()
                    .get(0)
                    .receivedText()
                    .lines()
                    .filter(line -> line.regionMatches(true, 0, "host:", 0, 5))
                    .forEach(line -> hosts.add(line.substring(6, line.lastIndexOf(':'))));
        }
        assertThat(hosts).containsExactly("one.example", "two.example");
    }

    @Test
    void tellsTheStatusOfAnUpstreamOnlyWhereOneWasTried() throws Exception {
        rig.serve(
                """
                _format_version: "3.0"
                services:
                  - {name: one, host: missing.example, routes: [{name: r1, paths: [/missing]}]}
                  - {name: two, host: 127.0.0.1, port: %d, routes: [{name: r2, paths: [/there]}]}
                  - {name: three, host: 127.0.0.1, port: 1, retries: 0, routes: [{name: r3, paths: [/closed]}]}
                """.formatted(server("a").port()),
                settings()
                        .proxy(Settings.from(
                                        Map.of(
                                                "KONG_HEADERS",
                                                "X-Kong-Upstream-Status",
                                                "KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE",
                                                "1k"),
                                        Map.of())
                                .proxy()));
        for (String[] expected : new String[][] {{"/missing", null}, {"/there", "200"}, {"/closed", "502"}}) {
            assertThat(rig.get(expected[0])
                            .headers()
                            .firstValue("X-Kong-Upstream-Status")
                            .orElse(null))
                    .as(expected[0])
                    .isEqualTo(expected[1]);
        }
        String refused = rig.raw("POST /there HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
                + "x".repeat(2000) + "\r\n0\r\n\r\n");
        assertThat(refused).startsWith("HTTP/1.1 413 ").doesNotContain("X-Kong-Upstream-Status");
    }

    @Test
    void asksTheServiceRecordsOfAPlainHostToo() throws Exception {
        dns.srv("s.example", 60, "1 0 " + server("a").port() + " one.example").a("one.example", 60, "127.0.0.1");
        rig.serve(service("s.example", 1), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        FaultServer asked = servers.get(0);
        assertThat(asked.connections().get(0).receivedText()).contains("host: s.example:" + asked.port() + "\r\n");
    }

    @Test
    void looksForANameInTheDomainsOfTheSystem(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("resolv.conf"), "search one.example two.example\noptions ndots:2 timeout:1\n");
        dns.fails("short.one.example", DnsResponseCode.SERVFAIL)
                .a("short.two.example", 60, "127.0.0.1")
                .a("whole.example.org", 60, "127.0.0.1")
                .srv("served.one.example", 60, "1 0 " + server("s").port() + " s.example")
                .a("s.example", 60, "127.0.0.1");
        int port = server("a").port();
        rig.serve("""
                _format_version: "3.0"
                services:
                  - {name: short, host: short, port: %1$d, routes: [{name: short, paths: [/short]}]}
                  - {name: whole, host: whole.example.org, port: %1$d, routes: [{name: whole, paths: [/whole]}]}
                  - {name: dotted, host: dotted.example., port: %1$d, routes: [{name: dotted, paths: [/dotted]}]}
                  - {name: served, host: served, port: 1, routes: [{name: served, paths: [/served]}]}
                  - {name: none, host: none.example, port: 1, routes: [{name: none, paths: [/none]}]}
                """.formatted(port), settings().dns(settings().build().dns().withResolverFile(file)));
        assertThat(rig.get("/short").body()).isEqualTo("\"a\"");
        assertThat(asked())
                .containsExactly(
                        "SRV short.one.example",
                        "SRV short.two.example",
                        "SRV short",
                        "A short.one.example",
                        "A short.two.example");
        assertThat(rig.get("/whole").body()).isEqualTo("\"a\"");
        assertThat(asked())
                .containsExactly(
                        "SRV whole.example.org",
                        "SRV whole.example.org.one.example",
                        "SRV whole.example.org.two.example",
                        "A whole.example.org");
        assertThat(rig.get("/dotted").statusCode()).isEqualTo(503);
        assertThat(asked()).containsExactly("SRV dotted.example", "A dotted.example", "AAAA dotted.example");
        assertThat(rig.get("/served").body()).isEqualTo("\"s\"");
        assertThat(asked()).containsExactly("SRV served.one.example", "A s.example");
        assertThat(rig.get("/none").statusCode()).isEqualTo(503);
        assertThat(asked())
                .hasSize(9)
                .endsWith("AAAA none.example.one.example", "AAAA none.example.two.example", "AAAA none.example");
    }

    /** What was asked since the last look. */
    private List<String> asked() {
        List<String> questions = List.copyOf(dns.questions);
        dns.questions.clear();
        return questions;
    }

    /** One that does not say anything is not asked for the same name in another domain. */
    @Test
    void asksNoServerThatIsSilentForMore(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("resolv.conf"), "search one.example two.example\n");
        dns.silent("silent.one.example");
        DnsOptions usual = settings().build().dns();
        rig.serve(
                service("silent", 1),
                settings()
                        .dns(new DnsOptions(
                                usual.servers(),
                                usual.hostsFile(),
                                file,
                                List.of(DnsOptions.RecordType.A),
                                null,
                                usual.staleTtl(),
                                usual.notFoundTtl(),
                                usual.errorTtl(),
                                usual.cacheSize(),
                                true)));
        assertThat(rig.get("/a").statusCode()).isEqualTo(500);
        assertThat(dns.questions).containsOnly("A silent.one.example");
    }

    @Test
    void asksNoServerForWhatIsInTheHostsFile() throws Exception {
        Path hosts = Files.writeString(Files.createTempFile("hosts", ""), "127.0.0.1 filed.example\n");
        try {
            DnsOptions usual = settings().build().dns();
            rig.serve(
                    service("filed.example", server("a").port()),
                    rig.settings()
                            .dns(new DnsOptions(
                                    usual.servers(),
                                    hosts,
                                    usual.resolverFile(),
                                    usual.order(),
                                    null,
                                    usual.staleTtl(),
                                    usual.notFoundTtl(),
                                    usual.errorTtl(),
                                    usual.cacheSize(),
                                    false)));
            assertThat(get()).isEqualTo("200 \"a\"");
            assertThat(dns.questions).isEmpty();
        } finally {
            Files.delete(hosts);
        }
    }
}
