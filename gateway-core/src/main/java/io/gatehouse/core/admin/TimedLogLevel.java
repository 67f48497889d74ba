package io.gatehouse.core.admin;

import io.gatehouse.core.Settings.LogLevel;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The log level, changed for a time or until the end. There is one level and one end of it: a later change takes the place
 * of an earlier one, and what a level for a time goes back to is the last one that had no end. Any thread.
 */
final class TimedLogLevel {
    /** Does something later. */
    @FunctionalInterface
    interface Timers {
        /** Yields what calls it off. */
        Runnable after(long seconds, Runnable work);
    }

    private final Predicate<LogLevel> sets;
    private final Timers timers;
    private LogLevel lasting;
    private @Nullable Runnable callOff;
    private int changes;

    /**
     * @param lasting what holds now
     * @param sets changes it; false when that cannot be
     */
    TimedLogLevel(LogLevel lasting, Predicate<LogLevel> sets, Timers timers) {
        this.lasting = lasting;
        this.sets = sets;
        this.timers = timers;
    }

    /**
     * Changes the level.
     *
     * @param seconds how long; 0 for until the end
     * @return false when that cannot be
     */
    synchronized boolean set(LogLevel level, long seconds) {
        if (!sets.test(level)) {
            return false;
        }
        if (callOff != null) {
            callOff.run();
            callOff = null;
        }
        int own = ++changes;
        if (seconds == 0) {
            lasting = level;
        } else {
            callOff = timers.after(seconds, () -> end(own));
        }
        return true;
    }

    private synchronized void end(int change) {
        if (change == changes) { // a timer that was called off may be under way already
            callOff = null;
            boolean unused = sets.test(lasting);
        }
    }
}
