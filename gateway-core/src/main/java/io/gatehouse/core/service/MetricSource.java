package io.gatehouse.core.service;

/**
 * Gives values that are computed when they are read, such as open connections. Series that a source no longer reports
 * vanish from the next scrape.
 *
 * <p>Thread rule: called on a worker thread, one scrape at a time.
 */
@FunctionalInterface
public interface MetricSource {
    /** Reports all current values. */
    void collect(Samples samples);

    /** Takes the values of one scrape. */
    interface Samples {
        /**
         * Takes a gauge.
         *
         * @param labels names and values in turn, in the order they are to be shown
         */
        void gauge(String name, String help, double value, String... labels);
    }
}
