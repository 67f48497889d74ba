package io.gatehouse.core.exchange;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches the deadlines of one event loop with a single periodic timer, which runs only while there is something to
 * watch: cheaper than a timer per request, exact to one period. What has expired is dealt with for a moment, then others
 * on the event loop have a turn: a thousand clients that came together are late together, too.
 */
public final class Sweeper {
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Vertx vertx;
    private final long periodMillis;
    private final Runnable idle;
    private @Nullable Watched first;
    private long timer = -1;
    private boolean goesOn;

    /**
     * Makes a sweeper for the current event loop.
     *
     * @param periodMillis how exact it is; many things that may wait long are better watched by a lazier one
     */
    public Sweeper(Vertx vertx, long periodMillis) {
        this.vertx = vertx;
        this.periodMillis = periodMillis;
        this.idle = () -> {
            vertx.cancelTimer(timer);
            timer = -1;
        };
    }

    /** Watches until a deadline on the clock of {@link System#nanoTime()}; moves it when already watched. */
    public void add(Watched watched, long deadlineNanos) {
        watched.deadlineNanos = deadlineNanos;
        if (watched.sweeper != null) {
            return;
        }
        watched.sweeper = this;
        watched.following = first;
        if (first != null) {
            first.previous = watched;
        }
        first = watched;
        if (timer < 0) {
            timer = vertx.setPeriodic(periodMillis, t -> sweep());
        }
    }

    /** Stops watching. */
    public void remove(Watched watched) {
        if (watched.sweeper != this) {
            return;
        }
        watched.sweeper = null;
        if (watched.previous != null) {
            watched.previous.following = watched.following;
        } else {
            first = watched.following;
        }
        if (watched.following != null) {
            watched.following.previous = watched.previous;
        }
        watched.previous = null;
        watched.following = null;
    }

    /** After what the sockets bring: a task would come before it. */
    private void goOnSoon() {
        if (!goesOn) {
            goesOn = true;
            vertx.setTimer(1, t -> {
                goesOn = false;
                sweep();
            });
        }
    }

    private void sweep() {
        if (first == null) {
            idle.run();
            return;
        }
        long now = System.nanoTime();
        Watched watched = first;
        while (watched != null) {
            // what follows is taken first: expired() unlinks, and may link others in front
            Watched following = watched.following;
            if (watched.deadlineNanos - now <= 0) {
                remove(watched);
                watched.expired();
                if (System.nanoTime() - now > TURN_NANOS) {
                    goOnSoon();
                    return;
                }
                if (following != null && following.sweeper == null) {
                    return; // that one was unlinked meanwhile; the rest waits for the next tick
                }
            }
            watched = following;
        }
    }
}
