package io.gatehouse.core.service;

import io.gatehouse.api.Metrics;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All series of one name. Bounded: what comes after the last free place shares one series whose label values are all
 * {@code other}, so that sums stay right.
 *
 * @param <S> the kind of series
 */
abstract sealed class Family<S extends Series> {
    static final String OTHER = "other";

    final String name;
    final String help;
    final MetricType type;
    final List<String> labels;
    final double[] buckets;
    /** Names of the plugins that use this family. */
    final Set<String> owners = ConcurrentHashMap.newKeySet();

    final MetricsRegistry registry;
    private final ConcurrentHashMap<List<String>, S> series = new ConcurrentHashMap<>();

    private Family(
            MetricsRegistry registry,
            MetricType type,
            String name,
            String help,
            List<String> labels,
            double[] buckets) {
        this.registry = registry;
        this.type = type;
        this.name = name;
        this.help = help;
        this.labels = labels;
        this.buckets = buckets;
    }

    abstract S make(String text, String[] values);

    public final S with(String... values) {
        S known = series.get(Arrays.asList(values));
        return known != null ? known : bind(values);
    }

    private S bind(String[] values) {
        if (values.length != labels.size()) {
            registry.refused();
            throw new IllegalArgumentException(
                    name + ": " + values.length + " label values (expected: " + labels.size() + ", " + labels + ")");
        }
        String[] shown = new String[values.length];
        for (int i = 0; i < values.length; i++) {
            String value = values[i];
            shown[i] = LabelText.bounded(value);
            if (shown[i].length() != value.length()) {
                registry.refused();
            }
        }
        synchronized (series) {
            List<String> key = Arrays.asList(shown);
            S known = series.get(key);
            if (known != null) {
                return known;
            }
            if (series.size() >= registry.seriesLimit() && !labels.isEmpty()) {
                registry.refused();
                Arrays.fill(shown, OTHER);
                S other = series.get(key);
                if (other != null) {
                    return other;
                }
            }
            S made = make(LabelText.of(labels, shown), shown);
            series.put(key, made);
            return made;
        }
    }

    final int size() {
        return series.size();
    }

    /** The series in the order they are printed in. */
    final List<S> sorted() {
        List<S> all = new ArrayList<>(series.values());
        all.sort(Comparator.comparing(Series::labels));
        return all;
    }

    static final class Counters extends Family<Series.OfCounter> implements Metrics.Counter {
        private final Counter values;

        Counters(MetricsRegistry registry, String name, String help, List<String> labels) {
            super(registry, MetricType.COUNTER, name, help, labels, new double[0]);
            values = Counter.build(name, help)
                    .labelNames(labels.toArray(String[]::new))
                    .withoutExemplars()
                    .create();
        }

        @Override
        Series.OfCounter make(String text, String[] labelValues) {
            return new Series.OfCounter(text, values.labels(labelValues), registry);
        }
    }

    static final class Gauges extends Family<Series.OfGauge> implements Metrics.Gauge {
        private final Gauge values;

        Gauges(MetricsRegistry registry, String name, String help, List<String> labels) {
            super(registry, MetricType.GAUGE, name, help, labels, new double[0]);
            values = Gauge.build(name, help)
                    .labelNames(labels.toArray(String[]::new))
                    .create();
        }

        @Override
        Series.OfGauge make(String text, String[] labelValues) {
            return new Series.OfGauge(text, values.labels(labelValues));
        }
    }

    static final class Histograms extends Family<Series.OfHistogram> implements Metrics.Histogram {
        private final Histogram values;

        Histograms(MetricsRegistry registry, String name, String help, double[] buckets, List<String> labels) {
            super(registry, MetricType.HISTOGRAM, name, help, labels, buckets);
            values = Histogram.build(name, help)
                    .buckets(buckets)
                    .labelNames(labels.toArray(String[]::new))
                    .withoutExemplars()
                    .create();
        }

        @Override
        Series.OfHistogram make(String text, String[] labelValues) {
            return new Series.OfHistogram(text, values.labels(labelValues), registry);
        }
    }
}
