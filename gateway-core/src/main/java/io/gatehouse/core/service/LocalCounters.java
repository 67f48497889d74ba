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
            if (counter == null) {
                makeRoom(now);
                counter = new Counter();
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

    /** The windows of a key that were ever named, in the order in which they were. */
    private static final class Counter {
        private int[] kinds = {};
        private long[] starts = {};
        private long[] counts = {};
        private long end;

        private Counted take(long amount, List<Counters.Window> windows, long now) {
            boolean granted = true;
            long[] before = new long[windows.size()];
            for (int i = 0; i < before.length; i++) {
                Counters.Window window = windows.get(i);
                int slot = slot(window.kind(), i);
                if (window.start() > starts[slot]) {
                    starts[slot] = window.start();
                    counts[slot] = 0;
                } else if (window.start() < starts[slot] && starts[slot] - now > CLOCK_SKEW_MILLIS) {
                    starts[slot] = window.start(); // the clock has jumped back, the count goes on
                }
                end = i == 0 ? window.end() : Math.max(end, window.end());
                before[i] = counts[slot];
                granted &= amount <= window.limit() - before[i];
            }
            if (granted) {
                for (int i = 0; i < before.length; i++) {
                    counts[slot(windows.get(i).kind(), i)] += amount;
                }
            }
            return new Counted(granted, before);
        }

        /** Where this window is kept, which is mostly where it stands. */
        private int slot(int kind, int expected) {
            if (expected < kinds.length && kinds[expected] == kind) {
                return expected;
            }
            int slot = 0;
            while (slot < kinds.length && kinds[slot] != kind) {
                slot++;
            }
            if (slot == kinds.length) {
                kinds = Arrays.copyOf(kinds, slot + 1);
                starts = Arrays.copyOf(starts, slot + 1);
                counts = Arrays.copyOf(counts, slot + 1);
                kinds[slot] = kind;
                starts[slot] = Long.MIN_VALUE;
            }
            return slot;
        }
    }
}
