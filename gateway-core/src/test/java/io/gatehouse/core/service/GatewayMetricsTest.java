package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

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
        metrics.live("aaaa");
        metrics.live("bbbb");

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
}
