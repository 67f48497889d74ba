package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.core.balancer.DnsOptions;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Upstreams by name, with a name server that changes its mind, fails and stays silent. */
@NullUnmarked
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NameResolutionIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private final NameServer dns = new NameServer();
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
                .dns(DnsOptions.DEFAULT.withServers(List.of(dns.address())).withLocal(true));
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
        // the next type of record would be asked for once the first question had been given up
        assertThat(dns.questions).containsOnly("SRV silent.example");
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
        assertThat(rig.log.list.stream().map(event -> event.getFormattedMessage()))
                .anyMatch(line -> line.startsWith("target has no address: upstream=pool target=a.example:"));
    }

    private int status() {
        try {
            return rig.get("/a").statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void asksEachTimeForATargetWithoutTime() throws Exception {
        FaultServer server = server("a");
        dns.a("a.example", 0, "127.0.0.1");
        rig.serve(upstream("slots: 10", "{target: \"a.example:" + server.port() + "\"}"), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
        dns.a("a.example", 0, "127.1.2.3");
        assertThat(get()).startsWith("502 ");
        dns.a("a.example", 0, "127.0.0.1");
        assertThat(get()).isEqualTo("200 \"a\"");
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
    void asksTheServiceRecordsOfAPlainHostToo() throws Exception {
        dns.srv("s.example", 60, "1 0 " + server("a").port() + " one.example").a("one.example", 60, "127.0.0.1");
        rig.serve(service("s.example", 1), settings());
        assertThat(get()).isEqualTo("200 \"a\"");
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
