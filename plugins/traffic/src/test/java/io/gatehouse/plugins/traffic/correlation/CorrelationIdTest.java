package io.gatehouse.plugins.traffic.correlation;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CorrelationIdTest {
    private static final String UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("")) {
            assertThat(tester.config())
                    .isEqualTo(new CorrelationIdConfig(
                            "Kong-Request-ID", CorrelationIdConfig.Generator.UUID_COUNTER, false));
        }
    }

    @Test
    void refusesTheTrackerByName() {
        try (PluginTester tester = tester("generator: tracker")) {
            assertThat(tester.problems())
                    .singleElement()
                    .asString()
                    .contains("tracker")
                    .contains("uuid#counter");
        }
        try (PluginTester tester = tester("header_name: \"a b\"")) {
            assertThat(tester.problems()).singleElement().asString().contains("header_name");
        }
    }

    @Test
    void countsOnOverInstances() {
        CorrelationIdFactory factory = new CorrelationIdFactory();
        try (PluginTester one = PluginTester.ofYaml(factory, "");
                PluginTester other = PluginTester.ofYaml(factory, "header_name: X-Id")) {
            String first = upstreamHeader(one.get("/").send(), "Kong-Request-ID");
            String second = upstreamHeader(other.get("/").send(), "X-Id");

            assertThat(first).matches(UUID + "#1");
            assertThat(second).isEqualTo(first.replace("#1", "#2"));
        }
    }

    @Test
    void makesAnotherUuidForEachRequest() {
        try (PluginTester tester = tester("generator: uuid")) {
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < 50; i++) {
                ids.add(upstreamHeader(tester.get("/").send(), "Kong-Request-ID"));
            }
            assertThat(ids).hasSize(50).allMatch(id -> id.matches(UUID));
        }
    }

    @Test
    void keepsAClientsIdAndReplacesAnEmptyOne() {
        try (PluginTester tester = tester("echo_downstream: true")) {
            TestExchange own = tester.get("/").header("kong-request-id", "mine").send();
            TestExchange empty = tester.get("/").header("Kong-Request-ID", "").send();

            assertThat(upstreamHeader(own, "Kong-Request-ID")).isEqualTo("mine");
            assertThat(own.header("Kong-Request-ID")).isEqualTo("mine");
            assertThat(own.completion().logFields()).containsEntry("correlation_id", "mine");
            assertThat(upstreamHeader(empty, "Kong-Request-ID")).endsWith("#1");
        }
    }

    @Test
    void keepsAnIdUnderTheHyphenatedNameAndLogsItsText() {
        try (PluginTester tester = tester("{header_name: X_Corr, echo_downstream: true}")) {
            TestExchange exchange =
                    tester.get("/").header("X-Corr", "m\u00c3\u00bc").send();

            assertThat(upstreamHeader(exchange, "X-Corr")).isEqualTo("m\u00c3\u00bc");
            assertThat(exchange.upstreamRequest().header("X_Corr")).isNull();
            assertThat(exchange.header("X_Corr")).isEqualTo("m\u00c3\u00bc");
            assertThat(exchange.completion().logFields()).containsEntry("correlation_id", "m\u00fc");
        }
    }

    @Test
    void tellsTheClientOnlyWhenAskedToAndWhateverHappened() {
        try (PluginTester silent = tester("");
                PluginTester tester = tester("echo_downstream: true")) {
            assertThat(silent.get("/").send().header("Kong-Request-ID")).isNull();
            tester.upstream(Upstream.fails(FailureKind.TIMEOUT));
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(504);
            assertThat(exchange.header("Kong-Request-ID"))
                    .isEqualTo(exchange.completion().logFields().get("correlation_id"));
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new CorrelationIdFactory(), yaml);
    }

    private static String upstreamHeader(TestExchange exchange, String name) {
        return String.valueOf(exchange.upstreamRequest().header(name));
    }
}
