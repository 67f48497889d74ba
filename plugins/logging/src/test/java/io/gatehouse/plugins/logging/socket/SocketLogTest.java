package io.gatehouse.plugins.logging.socket;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.FakeOutlets;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** tcp-log and udp-log. */
class SocketLogTest {
    private static final String DROPPED = "gatehouse_log_entries_dropped_total";

    @Test
    void haveKongsDefaults() {
        try (PluginTester tcp = tester(new TcpLogFactory(), "");
                PluginTester udp = tester(new UdpLogFactory(), "")) {
            assertThat(tcp.config())
                    .isEqualTo(new TcpLogConfig("sink", 514, 10_000, 60_000, false, null, true, Map.of()));
            assertThat(udp.config()).isEqualTo(new UdpLogConfig("sink", 514, 10_000, Map.of()));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{port: 1}|host: required field missing",
                "{host: a}|port: required field missing",
                "{host: a, port: 0}|port",
                "{host: a, port: 65536}|port",
                "{host: 'a:1', port: 1}|host: expected a name or an address without a port",
                "{host: a, port: 1, timeout: 0}|timeout",
                "{host: a, port: 1, custom_fields_by_lua: {a: 'return kong.x()'}}|custom_fields_by_lua",
            })
    void refuseWhatIsNoAddress(String yaml, String problem) {
        try (PluginTester tcp = PluginTester.ofYaml(new TcpLogFactory(), yaml);
                PluginTester udp = PluginTester.ofYaml(new UdpLogFactory(), yaml)) {
            assertThat(tcp.problems()).singleElement().asString().startsWith(problem);
            assertThat(udp.problems()).singleElement().asString().startsWith(problem);
        }
    }

    @Test
    void tcpSendsLinesTogether() {
        try (PluginTester tester = tester(
                new TcpLogFactory(),
                "{tls: true, tls_sni: logs.example, ssl_verify: false, timeout: 5, keepalive: 7, custom_fields_by_lua: {x: return 1}}")) {
            for (int i = 0; i < 3; i++) {
                tester.get("/" + i).send();
            }
            tester.clock().advance(Duration.ofMillis(10));

            FakeOutlets.Write write = single(tester);
            assertThat(write.to().toString()).isEqualTo("tls://sink:514");
            assertThat(write.to().serverName()).isEqualTo("logs.example");
            assertThat(write.to().verifyTls()).isFalse();
            assertThat(write.to().timeout()).isEqualTo(Duration.ofMillis(5));
            assertThat(write.to().keepAlive()).isEqualTo(Duration.ofMillis(7));
            List<String> lines = write.text().lines().toList();
            assertThat(write.text()).endsWith("}\n");
            assertThat(lines)
                    .hasSize(3)
                    .allSatisfy(line -> assertThat(
                                    JsonBytes.scan(Buffer.buffer(line)).longValue("/x"))
                            .hasValue(1));
            assertThat(lines.get(2)).contains("\"/2\"");
        }
    }

    @Test
    void udpSendsADatagramForEachEntryWithoutALineEnd() {
        try (PluginTester tester = tester(new UdpLogFactory(), "")) {
            tester.get("/0").send();
            tester.get("/1").send();
            tester.clock().advance(Duration.ofMillis(10));

            assertThat(tester.outlets().writes()).hasSize(2).allSatisfy(write -> {
                assertThat(write.to().toString()).isEqualTo("udp://sink:514");
                assertThat(write.text()).startsWith("{").endsWith("}");
            });
        }
    }

    @Test
    void udpCountsWhatDoesNotFitIntoADatagram() {
        try (PluginTester tester = tester(new UdpLogFactory(), "")) {
            tester.get("/" + "x".repeat(UdpLog.MAX_DATAGRAM)).send();
            tester.get("/short").send();
            tester.clock().advance(Duration.ofMillis(10));

            assertThat(single(tester).text()).contains("/short");
            assertThat(tester.counter(DROPPED, "udp-log", "too_large")).isEqualTo(1);
        }
    }

    @Test
    void keepEntriesWhileNobodyTakesThemAndCountThoseTheyGiveUp() {
        for (PluginFactory<? extends Record> factory : List.of(new TcpLogFactory(), new UdpLogFactory())) {
            try (PluginTester tester = tester(factory, "")) {
                tester.outlets().fail("connection refused");
                tester.get("/0").send();
                tester.clock().advance(Duration.ofSeconds(10));
                assertThat(tester.outlets().writes()).isEmpty();
                tester.outlets().fail(null);
                tester.clock().advance(Duration.ofSeconds(10));
                assertThat(single(tester).text()).contains("\"/0\"");

                tester.outlets().fail("connection refused");
                tester.get("/1").send();
                tester.clock().advance(Duration.ofSeconds(80));
                assertThat(tester.counter(DROPPED, factory.name(), "retry_time"))
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void writeAnEntryWhateverBecameOfTheRequest() {
        try (PluginTester tester = tester(new TcpLogFactory(), "")) {
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            tester.get("/dead").send();
            tester.upstream(Upstream.silent());
            tester.get("/left").send().clientLeaves();
            tester.clock().advance(Duration.ofMillis(10));

            assertThat(single(tester).text().lines())
                    .hasSize(2)
                    .anyMatch(line -> line.contains("502"))
                    .anyMatch(line -> line.contains("client_gone"));
        }
    }

    private static FakeOutlets.Write single(PluginTester tester) {
        assertThat(tester.outlets().writes()).hasSize(1);
        return tester.outlets().writes().get(0);
    }

    private static <C extends Record> PluginTester tester(PluginFactory<C> factory, String yaml) {
        String rest = yaml.isEmpty() ? "}" : ", " + yaml.substring(1);
        return PluginTester.ofYaml(factory, "{host: sink, port: 514" + rest);
    }
}
