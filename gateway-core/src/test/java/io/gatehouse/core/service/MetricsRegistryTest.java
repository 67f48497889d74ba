package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Metrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class MetricsRegistryTest {
    private static final String NO_ERRORS = """
            # HELP kong_nginx_metric_errors_total Updates and labels of metrics that were refused.
            # TYPE kong_nginx_metric_errors_total counter
            kong_nginx_metric_errors_total 0
            """;

    private final MetricsRegistry registry = new MetricsRegistry();

    @Test
    void showsOnlyTheErrorCounterWhenThereIsNothingElse() {
        assertThat(registry.text()).isEqualTo(NO_ERRORS);
    }

    @Test
    void writesLabelsInTheirDeclaredOrderAndSeriesInOrderOfTheirText() {
        Metrics.Counter counter = registry.node()
                .counter(
                        "kong_http_requests_total",
                        "Requests.",
                        "service",
                        "route",
                        "code",
                        "source",
                        "workspace",
                        "consumer");
        counter.with("mock-service", "http-route", "200", "service", "default", "")
                .add(1);
        counter.with("", "serverless", "200", "kong", "default", "").add(2);

        assertThat(registry.text()).isEqualTo("""
                        # HELP kong_http_requests_total Requests.
                        # TYPE kong_http_requests_total counter
                        kong_http_requests_total{service="",route="serverless",code="200",source="kong",workspace="default",consumer=""} 2
                        kong_http_requests_total{service="mock-service",route="http-route",code="200",source="service",workspace="default",consumer=""} 1
                        """ + NO_ERRORS);
    }

    @Test
    void putsNoSuffixOnACounterAndNoCreationTimeBesideIt() {
        registry.node().counter("kong_bandwidth_bytes", "Bytes.").with().add(7);

        assertThat(registry.text()).contains("\nkong_bandwidth_bytes 7\n").doesNotContain("_created", "bytes_total");
    }

    @Test
    void leavesOutHelpAndTypeOfAFamilyWithoutSeries() {
        registry.node().counter("kong_empty", "Nothing.", "a");

        assertThat(registry.text()).isEqualTo(NO_ERRORS);
    }

    @Test
    void writesAllBucketsUpwardsThenCountThenSum() {
        Metrics.Histogram histogram =
                registry.node().histogram("kong_kong_latency_ms", "Time.", new double[] {0.5, 1, 25, 6000}, "service");
        histogram.with("a").observe(0.25);
        histogram.with("a").observe(25);
        histogram.with("a").observe(7000.5);

        assertThat(registry.text()).startsWith("""
                        # HELP kong_kong_latency_ms Time.
                        # TYPE kong_kong_latency_ms histogram
                        kong_kong_latency_ms_bucket{service="a",le="0.5"} 1
                        kong_kong_latency_ms_bucket{service="a",le="1"} 1
                        kong_kong_latency_ms_bucket{service="a",le="25"} 2
                        kong_kong_latency_ms_bucket{service="a",le="6000"} 2
                        kong_kong_latency_ms_bucket{service="a",le="+Inf"} 3
                        kong_kong_latency_ms_count{service="a"} 3
                        kong_kong_latency_ms_sum{service="a"} 7025.75
                        """);
    }

    @Test
    void escapesLabelsAndHelp() {
        registry.node()
                .counter("kong_a", "back\\slash \"quote\"\nline", "x")
                .with("back\\slash \"quote\"\nline")
                .add(1);

        assertThat(registry.text()).startsWith("""
                        # HELP kong_a back\\\\slash "quote"\\nline
                        # TYPE kong_a counter
                        kong_a{x="back\\\\slash \\"quote\\"\\nline"} 1
                        """);
    }

    @Test
    void cutsALabelValueAtItsFirstCharacterWithoutUtf8Form() {
        registry.node().counter("kong_a", "A.", "x").with("good\ud800bad").add(1);

        assertThat(registry.text()).contains("kong_a{x=\"good\"} 1\n", "kong_nginx_metric_errors_total 1\n");
    }

    @Test
    void cutsALongLabelValueAndCountsIt() {
        registry.node()
                .counter("kong_a", "A.", "x")
                .with("x".repeat(127) + "\ud83d\ude00")
                .add(1);

        assertThat(registry.text())
                .contains("kong_a{x=\"" + "x".repeat(127) + "\"} 1\n", "kong_nginx_metric_errors_total 1\n");
    }

    @Test
    void collapsesSeriesBeyondTheLimitIntoOne() {
        MetricsRegistry small = new MetricsRegistry(3);
        Metrics.Counter counter = small.node().counter("kong_tools", "Tools.", "tool_name", "method");
        for (int i = 0; i < 10; i++) {
            counter.with("tool-" + i, "call").add(1);
        }

        assertThat(small.text()).contains("""
                        kong_tools{tool_name="other",method="other"} 7
                        kong_tools{tool_name="tool-0",method="call"} 1
                        kong_tools{tool_name="tool-1",method="call"} 1
                        kong_tools{tool_name="tool-2",method="call"} 1
                        """).contains("kong_nginx_metric_errors_total 7\n");
    }

    @Test
    void staysBoundedUnderFiftyThousandRandomNames() {
        Metrics.Counter counter = registry.node().counter("kong_tools", "Tools.", "tool_name");
        for (int i = 0; i < 50_000; i++) {
            counter.with("tool-" + i).add(1);
        }

        List<String> lines =
                registry.text().lines().filter(l -> l.startsWith("kong_tools{")).toList();
        assertThat(lines).hasSize(MetricsRegistry.SERIES_LIMIT + 1).contains("kong_tools{tool_name=\"other\"} 40000");
    }

    @Test
    void refusesAndCountsWhatWouldSpoilACounter() {
        Metrics.Counter.Child counter = registry.node().counter("kong_a", "A.").with();
        counter.add(2);
        counter.add(-1);
        counter.add(Double.NaN);
        counter.add(Double.POSITIVE_INFINITY);
        registry.node().histogram("kong_h", "H.", new double[] {1}).with().observe(Double.NaN);

        assertThat(registry.text()).contains("\nkong_a 2\n", "kong_h_count 0\n", "kong_nginx_metric_errors_total 4\n");
    }

    @Test
    void hidesTheFamiliesOfAPluginThatIsNotConfiguredAndKeepsTheirValues() {
        Metrics.Counter.Child counter =
                registry.metricsFor("prometheus", true).counter("kong_a", "A.").with();
        counter.add(1);
        assertThat(registry.text()).doesNotContain("kong_a");

        registry.visible(Set.of("prometheus"));
        assertThat(registry.text()).contains("\nkong_a 1\n");

        registry.visible(Set.of());
        counter.add(1);
        assertThat(registry.text()).doesNotContain("kong_a");

        registry.visible(Set.of("prometheus", "file-log"));
        registry.metricsFor("prometheus", true).counter("kong_a", "A.").with().add(1);
        assertThat(registry.text()).contains("\nkong_a 3\n");
    }

    @Test
    void showsAFamilyOfTheNodeEvenWhereAHiddenPluginUsesIt() {
        registry.node()
                .counter("gatehouse_dropped_total", "D.", "plugin")
                .with("file-log")
                .add(1);
        registry.metricsFor("file-log", true)
                .counter("gatehouse_dropped_total", "D.", "plugin")
                .with("file-log")
                .add(1);

        assertThat(registry.text()).contains("gatehouse_dropped_total{plugin=\"file-log\"} 2\n");
    }

    @Test
    void namesTheFamiliesOfAThirdPartyPluginAfterIt() {
        registry.visible(Set.of("hello-plugin"));
        registry.metricsFor("hello-plugin", false)
                .counter("greetings_total", "G.")
                .with()
                .add(1);

        assertThat(registry.text()).contains("\ngatehouse_plugin_hello_plugin_greetings_total 1\n");
    }

    @Test
    void refusesAFamilyThatBelongsToAnotherThirdPartyPlugin() {
        registry.metricsFor("a-b", false).counter("x", "X.");

        assertThatThrownBy(() -> registry.metricsFor("a_b", false).counter("x", "X."))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("metric gatehouse_plugin_a_b_x: belongs to [a-b] (got: a_b)");
    }

    @Test
    void refusesTheSameNameWithOtherLabelsTypeOrBuckets() {
        Metrics metrics = registry.node();
        metrics.counter("kong_a", "A.", "x");
        metrics.histogram("kong_h", "H.", new double[] {1, 2});

        assertThatThrownBy(() -> metrics.counter("kong_a", "A.", "y"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("metric kong_a: already there as counter [x]");
        assertThatThrownBy(() -> metrics.gauge("kong_a", "A.", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.histogram("kong_h", "H.", new double[] {1, 3}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.counter("kong_h_count", "H."))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("metric name: kong_h_count (expected: no clash with kong_h)");
    }

    @Test
    void refusesNamesAndLabelsThatPrometheusCannotRead() {
        Metrics metrics = registry.node();
        assertThatThrownBy(() -> metrics.counter("kong_a-b", "A.")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.counter("other_a", "A."))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("metric name: other_a (expected: starts with kong_ or gatehouse_)");
        assertThatThrownBy(() -> metrics.counter("kong_a", "A.", "__x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.counter("kong_a", "A.", "x", "x"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.histogram("kong_a", "A.", new double[] {1}, "le"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.histogram("kong_a", "A.", new double[] {2, 1}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAWrongNumberOfLabelValues() {
        Metrics.Counter counter = registry.node().counter("kong_a", "A.", "x", "y");

        assertThatThrownBy(() -> counter.with("1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kong_a: 1 label values (expected: 2, [x, y])");
    }

    @Test
    void computesTheValuesOfASourceAtEveryScrape() {
        double[] value = {1};
        registry.add(samples -> {
            samples.gauge("kong_g", "G.", value[0], "b", "2", "a", "1");
            samples.gauge("kong_g", "G.", value[0], "b", "1", "a", "1");
        });
        assertThat(registry.text()).startsWith("""
                        # HELP kong_g G.
                        # TYPE kong_g gauge
                        kong_g{b="1",a="1"} 1
                        kong_g{b="2",a="1"} 1
                        """);
        value[0] = 2.5;
        assertThat(registry.text()).contains("kong_g{b=\"1\",a=\"1\"} 2.5\n");
    }

    @Test
    void printsNumbersAsCsFourteenDigitsDo() {
        assertThat(PrometheusText.number(1)).isEqualTo("1");
        assertThat(PrometheusText.number(-3)).isEqualTo("-3");
        assertThat(PrometheusText.number(0.00037)).isEqualTo("0.00037");
        assertThat(PrometheusText.number(0.00074)).isEqualTo("0.00074");
        assertThat(PrometheusText.number(0.1 + 0.2)).isEqualTo("0.3");
        assertThat(PrometheusText.number(85.75)).isEqualTo("85.75");
        assertThat(PrometheusText.number(1.71e38)).isEqualTo("1.71e+38");
        assertThat(PrometheusText.number(99999999999999.0)).isEqualTo("99999999999999");
        assertThat(PrometheusText.number(1e14)).isEqualTo("1e+14");
        assertThat(PrometheusText.number(1.2345678901234568E17)).isEqualTo("1.2345678901235e+17");
        assertThat(PrometheusText.number(0.00001234)).isEqualTo("1.234e-05");
        assertThat(PrometheusText.number(1e-100)).isEqualTo("1e-100");
        assertThat(PrometheusText.number(-2.5e-7)).isEqualTo("-2.5e-07");
        assertThat(PrometheusText.number(99999999999999.9)).isEqualTo("1e+14");
        assertThat(PrometheusText.number(Double.NaN)).isEqualTo("NaN");
        assertThat(PrometheusText.number(Double.POSITIVE_INFINITY)).isEqualTo("+Inf");
        assertThat(PrometheusText.number(Double.NEGATIVE_INFINITY)).isEqualTo("-Inf");
    }

    @Test
    void losesNothingAndShowsNoImpossibleHistogramWhileManyThreadsWrite() throws Exception {
        Metrics.Counter counters = registry.node().counter("kong_c", "C.", "x");
        Metrics.Histogram histograms = registry.node().histogram("kong_h", "H.", new double[] {1, 2, 3});
        int threads = 4;
        int rounds = 20_000;
        CountDownLatch done = new CountDownLatch(threads);
        AtomicBoolean running = new AtomicBoolean(true);
        ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
        List<String> torn = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            pool.execute(() -> {
                for (int i = 0; i < rounds; i++) {
                    counters.with("v" + i % 50).add(1);
                    histograms.with().observe(2);
                }
                done.countDown();
            });
        }
        pool.execute(() -> {
            while (running.get()) {
                double count = 0;
                double sum = 0;
                double two = 0;
                for (String line : registry.text().lines().toList()) {
                    if (line.startsWith("kong_h_count")) {
                        count = Double.parseDouble(line.substring(line.indexOf(' ')));
                    } else if (line.startsWith("kong_h_sum")) {
                        sum = Double.parseDouble(line.substring(line.indexOf(' ')));
                    } else if (line.startsWith("kong_h_bucket{le=\"2\"}")) {
                        two = Double.parseDouble(line.substring(line.indexOf(' ')));
                    }
                }
                if (sum != 2 * count || two != count) {
                    torn.add("count " + count + ", sum " + sum + ", le=2 " + two);
                }
            }
        });
        assertThat(done.await(120, TimeUnit.SECONDS)).isTrue();
        running.set(false);
        pool.shutdown();
        assertThat(pool.awaitTermination(120, TimeUnit.SECONDS)).isTrue();

        assertThat(torn).isEmpty();
        String text = registry.text();
        assertThat(text).contains("kong_h_count " + threads * rounds + "\n");
        assertThat(text).contains("kong_c{x=\"v7\"} " + threads * rounds / 50 + "\n");
    }
}
