package io.gatehouse.core.exchange;

/**
 * How slow a peer may be on average: a stock of time that waiting for it uses up and that each byte of it refills. Who
 * never sends has the time that it begins with; who keeps up the rate lives on for ever. Only the time in which bytes
 * are waited for counts, so that a peer is not blamed for the gateway's own pauses.
 *
 * <p>Immutable, and so one for all peers: each keeps its own stock, a number of nanoseconds.
 */
public final class Pace {
    private final long bytesPerSecond;
    private final long startNanos;
    private final long mostNanos;
    private final long enough;

    /**
     * @param bytesPerSecond 0 for any slowness
     * @param startNanos the stock that a peer begins with
     * @param mostNanos what it may save up by being fast
     */
    public Pace(long bytesPerSecond, long startNanos, long mostNanos) {
        this.bytesPerSecond = bytesPerSecond;
        this.startNanos = Math.min(startNanos, mostNanos);
        this.mostNanos = mostNanos;
        this.enough = (long) (mostNanos / 1e9 * bytesPerSecond);
    }

    /** Whether there is a rate to keep. */
    public boolean counts() {
        return bytesPerSecond > 0;
    }

    /** The stock at the beginning. */
    public long start() {
        return startNanos;
    }

    /**
     * What is left of a stock.
     *
     * @param left before
     * @param waitedNanos how long bytes were waited for
     * @param bytes that came
     * @return 0 or less when the peer was too slow
     */
    public long after(long left, long waitedNanos, long bytes) {
        if (bytes >= enough) {
            return mostNanos;
        }
        return Math.min(mostNanos, left - waitedNanos + bytes * 1_000_000_000L / bytesPerSecond);
    }

    /** The bytes that a peer has to move in so much time. */
    public long bytesIn(long nanos) {
        return nanos / 1_000_000L * bytesPerSecond / 1000L;
    }
}
