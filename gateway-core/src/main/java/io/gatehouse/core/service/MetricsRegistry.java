package io.gatehouse.core.service;

import io.gatehouse.api.Metrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All metrics of the node, but for those of the JVM and of Vert.x. One per gateway, made before the first configuration
 * and kept over all reloads.
 *
 * <p>Values are held by simpleclient collectors, which are registered nowhere: their own names and text format differ
 * from Kong's, so {@link PrometheusText} writes them.
 *
 * <p>Bounded: {@value #SERIES_LIMIT} series a family, {@value #FAMILY_LIMIT} families a plugin, {@value
 * LabelText#MAX_VALUE_CHARS} characters a label value. Whatever is refused counts in {@code
 * kong_nginx_metric_errors_total}.
 *
 * <p>A plugin's families show only while the plugin is configured; hidden ones keep their values.
 *
 * <p>Any thread. {@link #write} reads everything and belongs on a worker thread.
 */
public final class MetricsRegistry {
    /** Series a family. */
    public static final int SERIES_LIMIT = 10_000;

    /** Families a plugin. */
    public static final int FAMILY_LIMIT = 1_000;

    static final String ERRORS = "kong_nginx_metric_errors_total";

    private static final Pattern NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
    private static final Pattern NO_NAME_CHARACTER = Pattern.compile("[^a-zA-Z0-9_]");
    private static final List<String> HISTOGRAM_SUFFIXES = List.of("_bucket", "_count", "_sum");

    private final int seriesLimit;
    private final ConcurrentSkipListMap<String, Family<?>> families = new ConcurrentSkipListMap<>();
    private final List<MetricSource> sources = new CopyOnWriteArrayList<>();
    private final LongAdder errors = new LongAdder();
    private volatile Set<String> visible = Set.of();

    /** Makes an empty registry. */
    public MetricsRegistry() {
        this(SERIES_LIMIT);
    }

    MetricsRegistry(int seriesLimit) {
        this.seriesLimit = seriesLimit;
    }

    /**
     * The metrics of one plugin.
     *
     * @param plugin the plugin's name in YAML
     * @param bundled whether it comes with the gateway: then it gives full names, which must start with {@code kong_}
     *     or {@code gatehouse_}; other plugins' names get {@code gatehouse_plugin_<plugin>_} in front, with every
     *     character of the plugin's name that is not allowed in a metric name replaced by an underscore
     */
    public Metrics metricsFor(String plugin, boolean bundled) {
        Objects.requireNonNull(plugin, "plugin");
        return new View(
                plugin,
                bundled
                        ? null
                        : "gatehouse_plugin_"
                                + NO_NAME_CHARACTER.matcher(plugin).replaceAll("_") + '_');
    }

    /** The gateway's own metrics, with full names; always shown. */
    public Metrics node() {
        return new View("", null);
    }

    /** Adds values that are computed at every scrape. */
    public void add(MetricSource source) {
        sources.add(Objects.requireNonNull(source, "source"));
    }

    /** Adds Kong's metrics of the node. Call it once. */
    public void add(NodeFacts facts) {
        add(new NodeMetrics(this, facts));
    }

    /** Says which plugins the live snapshot has: only their families are shown. */
    public void visible(Set<String> plugins) {
        visible = Set.copyOf(plugins);
    }

    /** Updates and labels that were refused so far. */
    public long errors() {
        return errors.sum();
    }

    /**
     * Writes all visible series in Kong's text format, in pieces of whole lines.
     *
     * <p>Reads every value: call it on a worker thread.
     */
    public void write(Consumer<String> pieces) {
        new PrometheusText(pieces).write(this);
    }

    /** Everything that {@link #write} would write, in one piece. */
    public String text() {
        StringBuilder all = new StringBuilder();
        write(all::append);
        return all.toString();
    }

    void refused() {
        errors.increment();
    }

    int seriesLimit() {
        return seriesLimit;
    }

    List<MetricSource> sources() {
        return sources;
    }

    SortedMap<String, Family<?>> shownFamilies() {
        Set<String> plugins = visible;
        SortedMap<String, Family<?>> shown = new TreeMap<>();
        for (Family<?> family : families.values()) {
            for (String owner : family.owners) {
                if (owner.isEmpty() || plugins.contains(owner)) {
                    shown.put(family.name, family);
                    break;
                }
            }
        }
        return shown;
    }

    /** How many series there are, hidden ones included. */
    long seriesCount() {
        long count = 1; // the errors
        for (Family<?> family : families.values()) {
            count += (long) family.size() * (family.buckets.length + 1);
        }
        return count;
    }

    /** How many series there may be at most in the families that exist. */
    long seriesCapacity() {
        long count = seriesLimit; // never nothing, since dashboards divide by it
        for (Family<?> family : families.values()) {
            count += (long) seriesLimit * (family.buckets.length + 1);
        }
        return count;
    }

    private <F extends Family<?>> F family(
            View owner, Class<F> kind, String name, List<String> labels, double[] buckets, Supplier<F> maker) {
        synchronized (families) {
            Family<?> known = families.get(name);
            if (known != null) {
                if (!kind.isInstance(known) || !known.labels.equals(labels) || !Arrays.equals(known.buckets, buckets)) {
                    throw new IllegalArgumentException("metric " + name + ": already there as "
                            + describe(known.type, known.labels, known.buckets) + " (got: " + kind.getSimpleName()
                            + " " + labels + Arrays.toString(buckets) + ")");
                }
                if (owner.prefix != null && !known.owners.contains(owner.plugin)) {
                    throw new IllegalArgumentException(
                            "metric " + name + ": belongs to " + known.owners + " (got: " + owner.plugin + ")");
                }
                known.owners.add(owner.plugin);
                return kind.cast(known);
            }
            checkNewName(owner, name, kind == Family.Histograms.class);
            checkLabels(name, labels, kind == Family.Histograms.class);
            F made = maker.get();
            made.owners.add(owner.plugin);
            families.put(name, made);
            return made;
        }
    }

    private void checkNewName(View owner, String name, boolean histogram) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("metric name: " + name + " (expected: " + NAME + ")");
        }
        if (owner.prefix == null && !name.startsWith("kong_") && !name.startsWith("gatehouse_")) {
            throw new IllegalArgumentException("metric name: " + name + " (expected: starts with kong_ or gatehouse_)");
        }
        for (String suffix : HISTOGRAM_SUFFIXES) {
            String other = null;
            if (histogram && families.containsKey(name + suffix)) {
                other = name + suffix;
            } else if (name.endsWith(suffix)
                    && families.get(name.substring(0, name.length() - suffix.length()))
                            instanceof Family.Histograms taken) {
                other = taken.name;
            }
            if (other != null) {
                throw new IllegalArgumentException("metric name: " + name + " (expected: no clash with " + other + ")");
            }
        }
        long owned = families.values().stream()
                .filter(family -> family.owners.contains(owner.plugin))
                .count();
        if (owned >= FAMILY_LIMIT) {
            throw new IllegalArgumentException("metric " + name + ": " + (owned + 1)
                    + " metrics of one plugin (expected: at most " + FAMILY_LIMIT + ")");
        }
    }

    private static void checkLabels(String name, List<String> labels, boolean histogram) {
        for (String label : labels) {
            if (!NAME.matcher(label).matches() || label.startsWith("__") || (histogram && label.equals("le"))) {
                throw new IllegalArgumentException("metric " + name + ": label " + label + " (expected: " + NAME
                        + ", not starting with __" + (histogram ? ", not le" : "") + ")");
            }
        }
        if (new HashSet<>(labels).size() != labels.size()) {
            throw new IllegalArgumentException("metric " + name + ": labels " + labels + " (expected: distinct)");
        }
    }

    private static double[] checkedBuckets(String name, double[] buckets) {
        for (int i = 0; i < buckets.length; i++) {
            if (!(Math.abs(buckets[i]) <= Double.MAX_VALUE) || (i > 0 && !(buckets[i] > buckets[i - 1]))) {
                throw new IllegalArgumentException("metric " + name + ": buckets " + Arrays.toString(buckets)
                        + " (expected: finite and ascending)");
            }
        }
        return buckets.clone();
    }

    private static String describe(MetricType type, List<String> labels, double[] buckets) {
        return type.word + " " + labels + (type == MetricType.HISTOGRAM ? " " + Arrays.toString(buckets) : "");
    }

    /** What one plugin may do. */
    private final class View implements Metrics {
        private final String plugin;
        private final @Nullable String prefix;

        View(String plugin, @Nullable String prefix) {
            this.plugin = plugin;
            this.prefix = prefix;
        }

        private String fullName(String name) {
            Objects.requireNonNull(name, "name");
            return prefix == null ? name : prefix + name;
        }

        @Override
        public Counter counter(String name, String help, String... labels) {
            String full = fullName(name);
            List<String> names = List.of(labels);
            return family(
                    this,
                    Family.Counters.class,
                    full,
                    names,
                    new double[0],
                    () -> new Family.Counters(MetricsRegistry.this, full, help, names));
        }

        @Override
        public Gauge gauge(String name, String help, String... labels) {
            String full = fullName(name);
            List<String> names = List.of(labels);
            return family(
                    this,
                    Family.Gauges.class,
                    full,
                    names,
                    new double[0],
                    () -> new Family.Gauges(MetricsRegistry.this, full, help, names));
        }

        @Override
        public Histogram histogram(String name, String help, double[] buckets, String... labels) {
            String full = fullName(name);
            List<String> names = new ArrayList<>(List.of(labels));
            double[] bounds = checkedBuckets(full, buckets);
            return family(
                    this,
                    Family.Histograms.class,
                    full,
                    List.copyOf(names),
                    bounds,
                    () -> new Family.Histograms(MetricsRegistry.this, full, help, bounds, List.copyOf(names)));
        }
    }
}
