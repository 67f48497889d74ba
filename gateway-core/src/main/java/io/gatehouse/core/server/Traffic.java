package io.gatehouse.core.server;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Counts of the proxy listeners. Any thread. */
public final class Traffic {
    private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongAdder accepted = new LongAdder();
    private final AtomicLong active = new AtomicLong();
    private final LongAdder requests = new LongAdder();
    private final AtomicLong inFlight = new AtomicLong();

    private long known;
    private long busyUntil = System.nanoTime();

    void connectionOpened() {
        accepted.increment();
        active.incrementAndGet();
    }

    void connectionClosed() {
        active.decrementAndGet();
    }

    void begun() {
        requests.increment();
        inFlight.incrementAndGet();
    }

    void ended() {
        inFlight.decrementAndGet();
    }

    /** Connections accepted since the start. */
    public long accepted() {
        return accepted.sum();
    }

    /** Connections open now. */
    public long active() {
        return active.get();
    }

    /** Requests since the start. */
    public long requests() {
        return requests.sum();
    }

    /** Whether an exchange is under way, or one was found, at most a second ago, to have begun since this was asked before. */
    public synchronized boolean busy() {
        long now = System.nanoTime();
        long begun = requests();
        if (begun != known) {
            known = begun;
            busyUntil = now + BUSY_NANOS;
        }
        return inFlight() > 0 || busyUntil - now > 0;
    }

    /** Exchanges that have begun and not ended. */
    public long inFlight() {
        return inFlight.get();
    }
}
