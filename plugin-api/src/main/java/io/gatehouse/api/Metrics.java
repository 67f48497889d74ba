package io.gatehouse.api;

/**
 * Metrics that show on {@code /metrics} of the Admin and the Status API. A family is made once per name and kept over
 * reloads, so that counters never fall; its series are shown while the plugin is configured.
 *
 * <p>A third-party plugin's families are called {@code gatehouse_plugin_<plugin>_<name>}. Families and series are
 * bounded: beyond the limit, values collapse into the label value {@code other}.
 *
 * <p>Implemented by the gateway and the testkit only; any thread. Bind children once, in {@link PluginFactory#create},
 * not per request, where the labels are known.
 */
public interface Metrics {
    /**
     * A counter, made or found.
     *
     * @throws IllegalArgumentException when the name exists with another type or other labels
     */
    Counter counter(String name, String help, String... labels);

    /** A gauge, made or found. */
    Gauge gauge(String name, String help, String... labels);

    /**
     * A histogram, made or found.
     *
     * @param buckets upper bounds, ascending, without infinity
     */
    Histogram histogram(String name, String help, double[] buckets, String... labels);

    /** A family of counters. */
    interface Counter {
        /** The child for label values, in the order of the labels. Keep it. */
        Counter.Child with(String... values);

        /** One counter. */
        interface Child {
            /** Adds an amount; a negative one is refused and counted as a metric error. */
            void add(double amount);
        }
    }

    /** A family of gauges. */
    interface Gauge {
        /** The child for label values, in the order of the labels. Keep it. */
        Gauge.Child with(String... values);

        /** One gauge. */
        interface Child {
            /** Sets the value. */
            void set(double value);

            /** Adds an amount, which may be negative. */
            void add(double amount);
        }
    }

    /** A family of histograms. */
    interface Histogram {
        /** The child for label values, in the order of the labels. Keep it. */
        Histogram.Child with(String... values);

        /** One histogram. */
        interface Child {
            /** Records a value. */
            void observe(double value);
        }
    }
}
