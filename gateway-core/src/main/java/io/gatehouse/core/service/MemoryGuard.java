package io.gatehouse.core.service;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows whether memory is short, so that new requests can be turned away before the process dies of it.
 *
 * <p>Of the heap it is told what outlived a collection: what is in use between two collections is garbage for the most
 * part, and near the limit in every healthy process. Direct memory is short once an allocation of it has failed: its
 * allocator keeps what it once had, so that its size tells nothing, while what fails is a connection and not the process.
 *
 * <p>Any thread asks; one thread calls {@link #check}, about ten times a second.
 */
public final class MemoryGuard {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryGuard.class);

    /** How far below the limit the heap must be before requests are served again, as a share of it. */
    private static final double HYSTERESIS = 0.05;

    /** How long direct memory is short after an allocation has failed. */
    private static final long DIRECT_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How long a shortage may last without a collection before one is asked for: nobody else may make garbage now. */
    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Collections that were asked for take at most one part in so many of the time. */
    private static final long COLLECTING_SHARE = 10;

    /** What is short. */
    public enum Shortage {
        /** The Java heap. */
        HEAP("heap"),
        /** Memory outside of it, for what is read from and written to sockets. */
        DIRECT("direct_memory");

        private final String label;

        Shortage(String label) {
            this.label = label;
        }

        /** As metrics and the log call it. */
        public String label() {
            return label;
        }
    }

    /** The heap, as far as a guard has to know it. */
    public interface Heap {
        /** What of it outlived the last collection, at most: 0 to 1. */
        double lived();

        /** Collects garbage; returns when that is done. */
        void collect();
    }

    private final Heap heap;
    private final double limit;
    private final LongSupplier nanoClock;
    private volatile @Nullable Shortage shortage;
    private double lastLived;
    private long collectAt;
    private long begun;
    private long directUntil;

    /**
     * Makes a guard.
     *
     * @param limit what the heap may be filled to, 0 to 1; 0 for a guard that finds nothing short, whatever happens
     * @param nanoClock such as {@link System#nanoTime}
     */
    public MemoryGuard(Heap heap, double limit, LongSupplier nanoClock) {
        this.heap = heap;
        this.limit = limit;
        this.nanoClock = nanoClock;
    }

    /** What is short right now; null when nothing is. Costs no more than the read of a volatile field. */
    public @Nullable Shortage shortage() {
        return shortage;
    }

    /** A connection broke: that may be since direct memory could not be had. Any thread. */
    public void connectionBroke(Throwable cause) {
        if (limit > 0 && (cause instanceof OutOfMemoryError || cause.getCause() instanceof OutOfMemoryError)) {
            directMemoryFailed();
        }
    }

    private synchronized void directMemoryFailed() {
        long now = nanoClock.getAsLong();
        directUntil = now + DIRECT_NANOS;
        if (shortage == null) {
            begin(Shortage.DIRECT, now);
            LOG.warn("memory is short, new requests are turned away: reason={}", Shortage.DIRECT.label());
        }
    }

    /** Looks at the memory. May take as long as a collection. */
    public void check() {
        double lived = heap.lived();
        if (isStale(lived)) {
            long before = nanoClock.getAsLong();
            heap.collect();
            long after = nanoClock.getAsLong();
            lived = heap.lived();
            collectAt = after + Math.max(STALE_NANOS, COLLECTING_SHARE * (after - before));
        }
        decide(lived);
    }

    /** Whether the heap has been short for a while and no collection has told anything new. */
    private boolean isStale(double lived) {
        long now = nanoClock.getAsLong();
        if (shortage != Shortage.HEAP || lived != lastLived) {
            lastLived = lived;
            collectAt = Math.max(collectAt, now + STALE_NANOS);
            return false;
        }
        return now - collectAt >= 0;
    }

    private synchronized void decide(double lived) {
        long now = nanoClock.getAsLong();
        Shortage known = shortage;
        if (known != Shortage.HEAP && lived >= limit) {
            begin(Shortage.HEAP, now);
            LOG.warn(
                    "memory is short, new requests are turned away: reason={} used_percent={} limit_percent={}",
                    Shortage.HEAP.label(),
                    percent(lived),
                    percent(limit));
        } else if (known == Shortage.HEAP && lived < limit - HYSTERESIS
                || known == Shortage.DIRECT && now - directUntil >= 0) {
            shortage = null;
            LOG.warn(
                    "memory is back, requests are served again: reason={} used_percent={} after_ms={}",
                    known.label(),
                    percent(lived),
                    TimeUnit.NANOSECONDS.toMillis(now - begun));
        }
    }

    private void begin(Shortage what, long now) {
        begun = now;
        shortage = what;
    }

    private static long percent(double share) {
        return Math.round(share * 100);
    }
}
