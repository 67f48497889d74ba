package io.gatehouse.core.server;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Counts of the proxy listeners. Any thread. */
public final class Traffic {
    private final LongAdder accepted = new LongAdder();
    private final AtomicLong active = new AtomicLong();
    private final LongAdder requests = new LongAdder();
    private final AtomicLong inFlight = new AtomicLong();

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

    /** Exchanges that have begun and not ended. */
    public long inFlight() {
        return inFlight.get();
    }
}
