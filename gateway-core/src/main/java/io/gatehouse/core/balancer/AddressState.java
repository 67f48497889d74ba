package io.gatehouse.core.balancer;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an address: its health with the counters that lead to another one, its requests in flight, how long
 * its answers take. Shared by all event loops and by successive configurations.
 */
final class AddressState {
    /** How fast what was measured counts for less. */
    private static final double DECAY_NANOS = 10e9;

    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicReference<@Nullable Sample> sample = new AtomicReference<>();
    private volatile Health health = Health.HEALTHY;
    private int successes; // this and the following: guarded by this
    private int tcpFailures;
    private int timeouts;
    private int httpFailures;

    /** The two in between have counted something towards the other side, and else are as good as their neighbours. */
    private enum Health {
        HEALTHY,
        MOSTLY_HEALTHY,
        MOSTLY_UNHEALTHY,
        UNHEALTHY
    }

    /** What was seen of an address. */
    enum Report {
        SUCCESS,
        TCP_FAILURE,
        TIMEOUT,
        HTTP_FAILURE
    }

    private record Sample(double nanos, long at) {
        double decayed(double towards, long now) {
            double weight = Math.exp(-Math.max(0, now - at) / DECAY_NANOS);
            return nanos * weight + towards * (1 - weight);
        }
    }

    boolean healthy() {
        return health.compareTo(Health.MOSTLY_HEALTHY) <= 0;
    }

    /**
     * Counts what was seen. As in Kong, a good one clears the failures and a bad one the successes, and what has no limit
     * is not counted at all.
     *
     * @param limit how many it takes; 0 for off
     * @return whether the address has become healthy or unhealthy by it
     */
    boolean report(Report report, int limit) {
        boolean good = report == Report.SUCCESS;
        if (limit == 0 || health == (good ? Health.HEALTHY : Health.UNHEALTHY)) {
            return false;
        }
        synchronized (this) {
            boolean before = healthy();
            int count = count(report);
            if (count >= limit) {
                health = good ? Health.HEALTHY : Health.UNHEALTHY;
            } else if (health == Health.HEALTHY) {
                health = Health.MOSTLY_HEALTHY;
            } else if (health == Health.UNHEALTHY) {
                health = Health.MOSTLY_UNHEALTHY;
            }
            return healthy() != before;
        }
    }

    private int count(Report report) {
        if (report == Report.SUCCESS) {
            tcpFailures = 0;
            timeouts = 0;
            httpFailures = 0;
        } else {
            successes = 0;
        }
        return switch (report) {
            case SUCCESS -> ++successes;
            case TCP_FAILURE -> ++tcpFailures;
            case TIMEOUT -> ++timeouts;
            case HTTP_FAILURE -> ++httpFailures;
        };
    }

    /**
     * Sets the health by hand; all counters start anew.
     *
     * @return whether it was another
     */
    synchronized boolean set(boolean healthy) {
        boolean before = healthy();
        successes = 0;
        tcpFailures = 0;
        timeouts = 0;
        httpFailures = 0;
        health = healthy ? Health.HEALTHY : Health.UNHEALTHY;
        return before != healthy;
    }

    int inFlight() {
        return inFlight.get();
    }

    void begun() {
        inFlight.incrementAndGet();
    }

    void ended() {
        inFlight.decrementAndGet();
    }

    /** Counts the time to an answer into the moving average. */
    void took(long nanos, long now) {
        Sample before;
        Sample after;
        do {
            before = sample.get();
            after = new Sample(before == null ? (double) nanos : before.decayed((double) nanos, now), now);
        } while (!sample.compareAndSet(before, after));
    }

    /** The moving average in nanoseconds; an address that is left alone gets better with time. */
    double latency(long now) {
        Sample known = sample.get();
        return known == null ? 0 : known.decayed(0, now);
    }

    boolean isMeasured() {
        return sample.get() != null;
    }

    /** A new address begins as an average one, lest everything runs to it. */
    void expect(double nanos, long now) {
        sample.compareAndSet(null, new Sample(nanos, now));
    }
}
