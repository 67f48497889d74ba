package io.gatehouse.testkit;

import io.gatehouse.api.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Metrics that a test can read. As strict as the gateway's: a family keeps its type and labels, a child needs one value
 * per label, a counter refuses to fall. Safe for any thread.
 *
 * <pre>{@code
 * assertThat(metrics.value("greetings_total", "my-route")).isEqualTo(1);
 * assertThat(metrics.series()).containsExactly("greetings_total{route=\"my-route\"} 1.0");
 * }</pre>
 */
public final class FakeMetrics implements Metrics {
    private enum Type {
        COUNTER,
        GAUGE,
        HISTOGRAM
    }

    private final Map<String, Family> families = new LinkedHashMap<>();
    private int refused;

    /** Makes metrics without any family. */
    public FakeMetrics() {}

    @Override
    public Counter counter(String name, String help, String... labels) {
        Family family = family(Type.COUNTER, name, labels, null);
        return values -> {
            Series series = family.series(values);
            return amount -> {
                synchronized (this) {
                    if (amount < 0) {
                        refused++;
                    } else {
                        series.value += amount;
                    }
                }
            };
        };
    }

    @Override
    public Gauge gauge(String name, String help, String... labels) {
        Family family = family(Type.GAUGE, name, labels, null);
        return values -> {
            Series series = family.series(values);
            return new Gauge.Child() {
                @Override
                public void set(double value) {
                    synchronized (FakeMetrics.this) {
                        series.value = value;
                    }
                }

                @Override
                public void add(double amount) {
                    synchronized (FakeMetrics.this) {
                        series.value += amount;
                    }
                }
            };
        };
    }

    @Override
    public Histogram histogram(String name, String help, double[] buckets, String... labels) {
        for (int i = 1; i < buckets.length; i++) {
            if (buckets[i] <= buckets[i - 1]) {
                throw new IllegalArgumentException(
                        "buckets of " + name + ": " + Arrays.toString(buckets) + " (expected: ascending)");
            }
        }
        Family family = family(Type.HISTOGRAM, name, labels, buckets.clone());
        return values -> {
            Series series = family.series(values);
            return value -> {
                synchronized (this) {
                    series.observations.add(value);
                    series.value += value;
                }
            };
        };
    }

    /**
     * The value of a counter or gauge, the sum of a histogram; 0 for a series that was never touched.
     *
     * @throws AssertionError when there is no such family
     */
    public synchronized double value(String name, String... labelValues) {
        Series series = find(name, labelValues);
        return series == null ? 0 : series.value;
    }

    /**
     * What a histogram was given, in order.
     *
     * @throws AssertionError when there is no such family
     */
    public synchronized List<Double> observations(String name, String... labelValues) {
        Series series = find(name, labelValues);
        return series == null ? List.of() : List.copyOf(series.observations);
    }

    /** The names of all families, in the order they were made. */
    public synchronized List<String> families() {
        return List.copyOf(families.keySet());
    }

    /** All series as {@code name{label="value"} 1.0}, in the order they were made; histograms with their sums. */
    public synchronized List<String> series() {
        List<String> lines = new ArrayList<>();
        for (Family family : families.values()) {
            for (Map.Entry<List<String>, Series> entry : family.series.entrySet()) {
                StringBuilder line = new StringBuilder(family.name);
                for (int i = 0; i < family.labels.size(); i++) {
                    line.append(i == 0 ? '{' : ',')
                            .append(family.labels.get(i))
                            .append("=\"")
                            .append(entry.getKey().get(i))
                            .append('"');
                }
                line.append(family.labels.isEmpty() ? " " : "} ").append(entry.getValue().value);
                lines.add(line.toString());
            }
        }
        return lines;
    }

    /** How often a counter was told to fall. */
    public synchronized int refused() {
        return refused;
    }

    private @Nullable Series find(String name, String... labelValues) {
        Family family = families.get(name);
        if (family == null) {
            throw new AssertionError("metric: " + name + " (expected one of: " + families.keySet() + ")");
        }
        family.check(labelValues);
        return family.series.get(List.of(labelValues));
    }

    private synchronized Family family(Type type, String name, String[] labels, double @Nullable [] buckets) {
        Family family = families.computeIfAbsent(name, n -> new Family(n, type, List.of(labels), buckets));
        if (family.type != type || !family.labels.equals(List.of(labels)) || !Arrays.equals(family.buckets, buckets)) {
            throw new IllegalArgumentException("metric " + name + ": " + type + List.of(labels) + " (expected: "
                    + family.type + family.labels + ", as it was first made)");
        }
        return family;
    }

    private final class Family {
        private final String name;
        private final Type type;
        private final List<String> labels;
        private final double @Nullable [] buckets;
        private final Map<List<String>, Series> series = new LinkedHashMap<>();

        private Family(String name, Type type, List<String> labels, double @Nullable [] buckets) {
            this.name = name;
            this.type = type;
            this.labels = labels;
            this.buckets = buckets;
        }

        private Series series(String... values) {
            check(values);
            synchronized (FakeMetrics.this) {
                return series.computeIfAbsent(List.of(values), v -> new Series());
            }
        }

        private void check(String... values) {
            if (values.length != labels.size()) {
                throw new IllegalArgumentException("label values of " + name + ": " + Arrays.toString(values)
                        + " (expected one for each of: " + labels + ")");
            }
        }
    }

    private static final class Series {
        private final List<Double> observations = new ArrayList<>();
        private double value;
    }
}
