package io.gatehouse.core.exchange;

import org.jspecify.annotations.Nullable;

/** Something with a deadline that a {@link Sweeper} watches; linked in place, so that watching allocates nothing. */
public abstract class Watched {
    @Nullable
    Watched previous;

    @Nullable
    Watched following;

    @Nullable
    Sweeper sweeper;

    long deadlineNanos;

    /** Called once when the deadline has passed; it is no longer watched then. */
    protected abstract void expired();

    final boolean watched() {
        return sweeper != null;
    }
}
