package io.gatehouse.api;

import io.vertx.core.Future;
import java.util.List;

/**
 * Counters in windows of time, for limits and budgets: shared by all instances of a plugin name and all event loops, and kept
 * over a reload and the swap of a JAR. Their number is bounded; when there are too many, those that were not used for the
 * longest time are forgotten.
 *
 * <p>A counter has a key and one or several windows, such as a minute and an hour. All of them are counted in one step, or
 * none is. What counts is the wall clock, yet a clock that jumps back neither frees nor blocks anybody: a counter goes on in
 * the window that holds then, with what it had.
 *
 * <pre>{@code
 * long minute = clock.millis() / 60_000 * 60_000;
 * counters.take("client:" + address, 1, List.of(Counters.Window.of(minute, minute + 60_000, 100)))
 *         .compose(count -> count.granted() ? next.proceed(request) : Response.done(Response.error(429, "slower")));
 * }</pre>
 *
 * <p>Implemented by the gateway and the testkit only. Any thread; the future completes on the caller's event loop.
 */
public interface Counters {
    /**
     * Adds to a counter if it stays within the limit of every window; else adds nothing.
     *
     * @param key names the counter; keep it short, it stays in memory
     * @param amount 0 or more; 0 only looks
     * @param windows at least one, each at least twice as long as the next shorter: the windows of a key are told apart by their
     *     {@link Window#kind()}, and those that are not named are left as they are
     * @return fails when the counters cannot be reached, never for local ones
     */
    Future<Count> take(String key, long amount, List<Window> windows);

    /**
     * What a counter had.
     *
     * <p>Implemented by the gateway and the testkit only.
     */
    interface Count {
        /** Whether the amount was added. */
        boolean granted();

        /**
         * What was counted in a window before.
         *
         * @param window its place in the list
         */
        long before(int window);
    }

    /** A window of time and how much may be counted in it. Immutable. */
    final class Window {
        private final long start;
        private final long end;
        private final long limit;

        private Window(long start, long end, long limit) {
            this.start = start;
            this.end = end;
            this.limit = limit;
        }

        /**
         * A window.
         *
         * @param start when it begins, milliseconds since the epoch; the counter begins at 0 when this grows
         * @param end when it is over, exclusive
         * @param limit the most that may be counted in it
         */
        public static Window of(long start, long end, long limit) {
            if (end <= start) {
                throw new IllegalArgumentException("end: " + end + " (expected: after the start, " + start + ")");
            }
            return new Window(start, end, limit);
        }

        /** When it begins, milliseconds since the epoch. */
        public long start() {
            return start;
        }

        /** When it is over, exclusive. */
        public long end() {
            return end;
        }

        /**
         * Tells windows of one key apart by about how long they are: all days have the same kind, all months, all years.
         *
         * @return the power of two that is not greater than its milliseconds
         */
        public int kind() {
            return Long.SIZE - 1 - Long.numberOfLeadingZeros(end - start);
        }

        /** The most that may be counted in it. */
        public long limit() {
            return limit;
        }
    }
}
