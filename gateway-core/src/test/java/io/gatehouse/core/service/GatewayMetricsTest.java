package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Outcome;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.TokenUsage;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GatewayMetricsTest {
    private final MetricsRegistry registry = new MetricsRegistry();
    private final GatewayMetrics metrics = new GatewayMetrics(registry);

    @Test
    void showsItsCountersFromTheStart() {
        assertThat(registry.text())
                .contains(
                        "\ngatehouse_requests_total 0\n",
                        "\ngatehouse_requests_unmatched_total 0\n",
                        "\ngatehouse_exchanges_in_flight 0\n",
                        "gatehouse_exchanges_aborted_total{by=\"client\"} 0\n",
                        "gatehouse_exchanges_aborted_total{by=\"gateway\"} 0\n",
                        "gatehouse_exchanges_aborted_total{by=\"upstream\"} 0\n",
                        "gatehouse_config_reloads_total{result=\"failure\"} 0\n",
                        "gatehouse_config_reloads_total{result=\"success\"} 0\n")
                .doesNotContain("gatehouse_config_info");
    }

    @Test
    void showsOneFingerprintAtATime() {
        metrics.live(() -> "aaaa");
        metrics.live(() -> "bbbb");

        assertThat(registry.text())
                .contains("gatehouse_config_info{fingerprint=\"bbbb\"} 1\n")
                .doesNotContain("aaaa");
    }

    @Test
    void countsWhatGoesWrong() {
        metrics.begun();
        metrics.unmatched();
        metrics.reloaded(false);
        metrics.logEntriesDropped("file-log", "queue_full", 3);
        metrics.pluginFailed("hello", "log");

        assertThat(registry.text())
                .contains(
                        "\ngatehouse_requests_total 1\n",
                        "\ngatehouse_requests_unmatched_total 1\n",
                        "\ngatehouse_exchanges_in_flight 1\n",
                        "gatehouse_config_reloads_total{result=\"failure\"} 1\n",
                        "gatehouse_log_entries_dropped_total{plugin=\"file-log\",reason=\"queue_full\"} 3\n",
                        "gatehouse_plugin_errors_total{plugin=\"hello\",phase=\"log\"} 1\n");
    }

    @Test
    void countsWhoBrokeAnExchangeOff() {
        for (Outcome.Kind kind : Outcome.Kind.values()) {
            metrics.begun();
            metrics.ended(EndedExchange.of(kind, 200));
        }

        assertThat(registry.text())
                .contains(
                        "\ngatehouse_exchanges_in_flight 0\n",
                        "gatehouse_exchanges_aborted_total{by=\"client\"} 1\n",
                        "gatehouse_exchanges_aborted_total{by=\"gateway\"} 2\n",
                        "gatehouse_exchanges_aborted_total{by=\"upstream\"} 1\n");
    }

    @Test
    void countsAnsweredLlmCallsWithoutReportedUsage() {
        metrics.ended(EndedExchange.of(
                Outcome.Kind.SENT,
                200,
                call("reported").usage(usage(TokenUsage.Provenance.REPORTED)).build(),
                call("estimated").usage(usage(TokenUsage.Provenance.ESTIMATED)).build(),
                call("cut").usage(usage(TokenUsage.Provenance.PARTIAL)).build(),
                call("none").build(),
                call("refused").latencyMillis(-1).build(),
                call("unwatched").statistics(false).build()));
        metrics.ended(EndedExchange.of(Outcome.Kind.SENT, 500, call("failed").build()));

        assertThat(registry.text().lines().filter(line -> line.startsWith("gatehouse_llm_usage_missing_total")))
                .containsExactly(
                        "gatehouse_llm_usage_missing_total{ai_provider=\"openai\",ai_model=\"estimated\"} 1",
                        "gatehouse_llm_usage_missing_total{ai_provider=\"openai\",ai_model=\"none\"} 1");
    }

    private static AiCall.Builder call(String model) {
        return AiCall.builder("proxy", "p", "openai", model).statistics(true).latencyMillis(5);
    }

    private static TokenUsage usage(TokenUsage.Provenance provenance) {
        return new TokenUsage(1, 1, 2, provenance, Map.of(), Map.of(), false);
    }
}
