package io.gatehouse.core.service;

import io.gatehouse.api.Metrics;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;

/**
 * One series of a family: its label text, written once when it is bound, and the simpleclient child that holds the
 * value.
 */
sealed interface Series {
    /** The labels as they are printed, without braces; empty when there are none. */
    String labels();

    /** A counter that refuses to fall. */
    record OfCounter(String labels, Counter.Child value, MetricsRegistry registry)
            implements Series, Metrics.Counter.Child {
        @Override
        public void add(double amount) {
            if (amount >= 0 && amount <= Double.MAX_VALUE) {
                value.inc(amount);
            } else {
                registry.refused();
            }
        }
    }

    /** A gauge. */
    record OfGauge(String labels, Gauge.Child value) implements Series, Metrics.Gauge.Child {
        @Override
        public void set(double amount) {
            value.set(amount);
        }

        @Override
        public void add(double amount) {
            value.inc(amount);
        }
    }

    /**
     * A histogram. A simpleclient child adds to a bucket and to the sum one after the other, so a scrape between the
     * two would see a count without its value; the lock makes both one step. It is held for two additions.
     */
    record OfHistogram(String labels, Histogram.Child value, MetricsRegistry registry)
            implements Series, Metrics.Histogram.Child {
        @Override
        public void observe(double amount) {
            if (Math.abs(amount) <= Double.MAX_VALUE) {
                synchronized (value) {
                    value.observe(amount);
                }
            } else {
                registry.refused();
            }
        }

        Histogram.Child.Value snapshot() {
            synchronized (value) {
                return value.get();
            }
        }
    }
}
