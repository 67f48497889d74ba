package io.gatehouse.core.server;

/**
 * What a client sends of a request that nobody wants any more. It is read and dropped, since many clients send on before
 * they look at the answer: so many bytes, for a while, and as long as they do not come too slowly. Event loop only.
 */
final class Unwanted {
    private static final long MOST_BYTES = 1024 * 1024;

    /** nginx's lingering_time: how long is read on after the last byte was sent. */
    private static final long LINGER_NANOS = 30_000_000_000L;

    /** How long a connection may take to end once the gateway wants to stop. */
    static final long STOP_NANOS = 1_000_000_000L;

    private final Limits limits;
    private long bytes;
    private long before;
    private long until;

    Unwanted(Limits limits) {
        this.limits = limits;
    }

    void came(int count) {
        bytes += count;
    }

    /** Of the next request nothing has come yet. */
    void restart() {
        bytes = 0;
    }

    boolean isTooMuch() {
        return bytes > MOST_BYTES;
    }

    /**
     * The answer has gone out: from now on the time counts.
     *
     * @return how long to wait before {@link #patience} is to be asked
     */
    long linger(boolean stopping) {
        long nanos = stopping ? STOP_NANOS : LINGER_NANOS;
        until = System.nanoTime() + nanos;
        return next(nanos);
    }

    /** How much longer to wait; not at all if too little came, or when the time is over. */
    long patience() {
        return bytes - before >= limits.bodyPace().bytesIn(limits.rateGraceNanos())
                ? next(until - System.nanoTime())
                : 0;
    }

    private long next(long nanos) {
        before = bytes;
        return limits.bodyRate() > 0 ? Math.min(nanos, limits.rateGraceNanos()) : nanos;
    }
}
