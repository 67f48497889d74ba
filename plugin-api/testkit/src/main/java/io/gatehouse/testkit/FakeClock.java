package io.gatehouse.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Objects;
import java.util.PriorityQueue;

/**
 * A clock that stands still until a test turns it. Timers that come due are run by {@link #advance}, in their order, on
 * the calling thread.
 *
 * <pre>{@code
 * FakeClock clock = new FakeClock();
 * clock.after(Duration.ofSeconds(5), () -> ...);
 * clock.advance(Duration.ofSeconds(6));   // runs it
 * }</pre>
 */
public final class FakeClock extends Clock {
    /** What the clock shows at first. */
    public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.comparingLong(Timer::due).thenComparingLong(Timer::order));
    private long nanos;
    private long created;
    private Duration jumped = Duration.ZERO;

    /** Makes a clock that shows {@link #START}. */
    public FakeClock() {}

    @Override
    public Instant instant() {
        return START.plusNanos(nanos).plus(jumped);
    }

    /** Nanoseconds since {@link #START}. */
    public long nanos() {
        return nanos;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    /** Not supported: the gateway's clock is read for instants only. */
    @Override
    public Clock withZone(ZoneId zone) {
        if (zone.equals(ZoneOffset.UTC)) {
            return this;
        }
        throw new UnsupportedOperationException("zone: " + zone + " (expected: UTC)");
    }

    /** Sets the wall clock forward or, with a negative time, back, as an administrator would: no timer notices. */
    public void jump(Duration by) {
        jumped = jumped.plus(by);
    }

    /** Turns the clock forward and runs what comes due, each at its own moment. */
    public void advance(Duration by) {
        if (by.isNegative()) {
            throw new IllegalArgumentException("by: " + by + " (expected: not negative)");
        }
        long until = nanos + by.toNanos();
        for (Timer next = timers.peek(); next != null && next.due <= until; next = timers.peek()) {
            timers.remove();
            nanos = Math.max(nanos, next.due);
            next.action.run();
        }
        nanos = until;
    }

    /** Runs an action once when so much time has passed. */
    public Timer after(Duration delay, Runnable action) {
        Timer timer = new Timer(nanos + delay.toNanos(), created++, Objects.requireNonNull(action, "action"));
        timers.add(timer);
        return timer;
    }

    /** How many timers are still to come due. */
    public int timers() {
        return timers.size();
    }

    /** Something that is to happen later. */
    public final class Timer {
        private final long due;
        private final long order;
        private final Runnable action;

        private Timer(long due, long order, Runnable action) {
            this.due = due;
            this.order = order;
            this.action = action;
        }

        private long due() {
            return due;
        }

        private long order() {
            return order;
        }

        /** Takes it back; without effect once it has run. */
        public void cancel() {
            timers.remove(this);
        }
    }
}
