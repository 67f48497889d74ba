package io.gatehouse.core.service;

import io.gatehouse.api.Counters;
import io.vertx.core.Future;
import java.time.Clock;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counters in the memory of this node. A counter lives in one of some stripes by the hash of its key; a stripe is a map in
 * the order of use under a lock that is held for a few dozen instructions, so that event loops hardly ever meet.
 *
 * <p>Any thread.
 */
public final class LocalCounters {
    /** About 40 MB when all are in use. */
    private static final int MAX_COUNTERS = 1 << 17;

    private static final int STRIPES = 64;

    /** How far the clocks that two event loops have just read may be apart; more is a jump of the clock. */
    private static final long CLOCK_SKEW_MILLIS = 1000;

    private final Clock clock;
    private final Stripe[] stripes = new Stripe[STRIPES];

    /** Makes counters that read this clock. */
    public LocalCounters(Clock clock) {
        this(clock, MAX_COUNTERS);
    }

    LocalCounters(Clock clock, int max) {
        this.clock = clock;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(Math.max(1, max / STRIPES));
        }
    }

    /** The counters of one plugin name. */
    public Counters of(String plugin) {
        return (key, amount, windows) -> Future.succeededFuture(take(plugin + ':' + key, amount, windows));
    }

    /** How many counters there are. */
    int size() {
        int size = 0;
        for (Stripe stripe : stripes) {
            synchronized (stripe) {
                size += stripe.counters.size();
            }
        }
        return size;
    }

    private Counted take(String key, long amount, List<Counters.Window> windows) {
        if (amount < 0) {
            throw new IllegalArgumentException("amount: " + amount + " (expected: 0 or more)");
        }
        if (windows.isEmpty()) {
            throw new IllegalArgumentException("windows: none (expected: one or more)");
        }
        int hash = key.hashCode();
        Stripe stripe = stripes[(hash ^ hash >>> 16) & STRIPES - 1];
        long now = clock.millis();
        synchronized (stripe) {
            return stripe.take(key, amount, windows, now);
        }
    }

    private static final class Stripe {
        private final LinkedHashMap<String, Counter> counters = new LinkedHashMap<>(16, 0.75f, true);
        private final int max;

        private Stripe(int max) {
            this.max = max;
        }

        private Counted take(String key, long amount, List<Counters.Window> windows, long now) {
            Counter counter = counters.get(key);
            if (counter == null || counter.starts.length != windows.size()) {
                makeRoom(now);
                counter = new Counter(windows.size());
                counters.put(key, counter);
            }
            return counter.take(amount, windows, now);
        }

        /** Forgets what is over, a little at each call so that none takes long, and what is too much. */
        private void makeRoom(long now) {
            Iterator<Map.Entry<String, Counter>> eldest = counters.entrySet().iterator();
            for (int i = 0; i < 2 && eldest.hasNext(); i++) {
                if (eldest.next().getValue().end <= now || counters.size() >= max) {
                    eldest.remove();
                } else {
                    return;
                }
            }
        }
    }

    private static final class Counter {
        private final long[] starts;
        private final long[] counts;
        private long end;

        private Counter(int windows) {
            starts = new long[windows];
            Arrays.fill(starts, Long.MIN_VALUE);
            counts = new long[windows];
        }

        private Counted take(long amount, List<Counters.Window> windows, long now) {
            boolean granted = true;
            for (int i = 0; i < starts.length; i++) {
                Counters.Window window = windows.get(i);
                if (window.start() > starts[i]) {
                    starts[i] = window.start();
                    counts[i] = 0;
                } else if (window.start() < starts[i] && starts[i] - now > CLOCK_SKEW_MILLIS) {
                    starts[i] = window.start(); // the clock has jumped back, the count goes on
                }
                end = i == 0 ? window.end() : Math.max(end, window.end());
                granted &= amount <= window.limit() - counts[i];
            }
            long[] before = counts.clone();
            if (granted) {
                for (int i = 0; i < counts.length; i++) {
                    counts[i] += amount;
                }
            }
            return new Counted(granted, before);
        }
    }
}
