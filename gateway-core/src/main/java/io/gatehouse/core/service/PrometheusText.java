package io.gatehouse.core.service;

import io.prometheus.client.Histogram;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Writes metrics as Kong does: families by name; HELP and TYPE once for a family that has series; labels in the order
 * they were declared in and without a trailing comma; numbers as C's {@code %.14g}; of a histogram all buckets upwards,
 * then count and sum; no creation times, no forced {@code _total}.
 *
 * <p>One instance per scrape, one thread.
 */
final class PrometheusText {
    private static final int PIECE_CHARS = 16 * 1024;
    private static final MathContext FOURTEEN_DIGITS = new MathContext(14, RoundingMode.HALF_EVEN);

    private final Consumer<String> pieces;
    private final StringBuilder out = new StringBuilder(PIECE_CHARS + 1024);

    PrometheusText(Consumer<String> pieces) {
        this.pieces = pieces;
    }

    void write(MetricsRegistry registry) {
        SortedMap<String, Family<?>> families = registry.shownFamilies();
        SortedMap<String, Computed> computed = new TreeMap<>();
        for (MetricSource source : registry.sources()) {
            source.collect((name, help, value, labels) ->
                    computed.computeIfAbsent(name, n -> new Computed(help)).add(labels, value));
        }
        Computed errors = new Computed("Updates and labels of metrics that were refused.");
        errors.type = MetricType.COUNTER;
        errors.values.put("", (double) registry.errors());
        computed.put(MetricsRegistry.ERRORS, errors);

        SortedMap<String, Runnable> writers = new TreeMap<>();
        families.forEach((name, family) -> writers.put(name, () -> family(family)));
        computed.forEach((name, values) -> writers.putIfAbsent(name, () -> computed(name, values)));
        writers.values().forEach(Runnable::run);
        if (out.length() > 0) {
            pieces.accept(out.toString());
        }
    }

    private void family(Family<?> family) {
        List<? extends Series> series = family.sorted();
        if (series.isEmpty()) {
            return;
        }
        head(family.name, family.help, family.type);
        for (Series one : series) {
            if (one instanceof Series.OfCounter counter) {
                line(family.name, "", one.labels(), "", counter.value().get());
            } else if (one instanceof Series.OfGauge gauge) {
                line(family.name, "", one.labels(), "", gauge.value().get());
            } else if (one instanceof Series.OfHistogram histogram) {
                histogram(family, one.labels(), histogram.snapshot());
            }
        }
    }

    private void histogram(Family<?> family, String labels, Histogram.Child.Value value) {
        double[] cumulative = value.buckets;
        for (int i = 0; i < family.buckets.length; i++) {
            line(family.name, "_bucket", labels, number(family.buckets[i]), cumulative[i]);
        }
        double count = cumulative[cumulative.length - 1];
        line(family.name, "_bucket", labels, "+Inf", count);
        line(family.name, "_count", labels, "", count);
        line(family.name, "_sum", labels, "", value.sum);
    }

    private void computed(String name, Computed values) {
        head(name, values.help, values.type);
        values.values.forEach((labels, value) -> line(name, "", labels, "", value));
    }

    private void head(String name, String help, MetricType type) {
        out.append("# HELP ").append(name).append(' ');
        for (int i = 0; i < help.length(); i++) {
            char c = help.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
        out.append("\n# TYPE ").append(name).append(' ').append(type.word).append('\n');
    }

    private void line(String name, String suffix, String labels, String le, double value) {
        out.append(name).append(suffix);
        if (!labels.isEmpty() || !le.isEmpty()) {
            out.append('{').append(labels);
            if (!le.isEmpty()) {
                out.append(labels.isEmpty() ? "le=\"" : ",le=\"").append(le).append('"');
            }
            out.append('}');
        }
        out.append(' ');
        number(out, value);
        out.append('\n');
        if (out.length() >= PIECE_CHARS) {
            pieces.accept(out.toString());
            out.setLength(0);
        }
    }

    static String number(double value) {
        StringBuilder text = new StringBuilder();
        number(text, value);
        return text.toString();
    }

    /** A number as C's {@code %.14g} prints it; what is no number as Prometheus reads it. */
    static void number(StringBuilder out, double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e14) {
            out.append((long) value);
        } else if (Double.isNaN(value)) {
            out.append("NaN");
        } else if (Double.isInfinite(value)) {
            out.append(value > 0 ? "+Inf" : "-Inf");
        } else {
            // the exact binary value, as C rounds it, not the shortest decimal that Java would print
            BigDecimal rounded = new BigDecimal(value).round(FOURTEEN_DIGITS).stripTrailingZeros();
            int exponent = rounded.precision() - rounded.scale() - 1;
            if (exponent >= -4 && exponent < 14) {
                out.append(rounded.toPlainString());
                return;
            }
            String digits = rounded.unscaledValue().abs().toString();
            if (value < 0) {
                out.append('-');
            }
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            int magnitude = Math.abs(exponent);
            out.append('e').append(exponent < 0 ? '-' : '+');
            if (magnitude < 10) {
                out.append('0');
            }
            out.append(magnitude);
        }
    }

    /** A family whose values were computed for this scrape. */
    private static final class Computed {
        final String help;
        final Map<String, Double> values = new TreeMap<>();
        MetricType type = MetricType.GAUGE;

        Computed(String help) {
            this.help = help;
        }

        void add(String[] labels, double value) {
            List<String> names = new java.util.ArrayList<>(labels.length / 2);
            String[] shown = new String[labels.length / 2];
            for (int i = 0; i < shown.length; i++) {
                names.add(labels[2 * i]);
                shown[i] = LabelText.bounded(labels[2 * i + 1]);
            }
            values.put(LabelText.of(names, shown), value);
        }
    }
}
