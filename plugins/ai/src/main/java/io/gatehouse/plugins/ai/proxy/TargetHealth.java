package io.gatehouse.plugins.ai.proxy;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What is remembered of one target: the circuit breaker, a wait that it asked for, and how often it fails. Shared by all
 * event loops, without locks; as long as a target never fails, it is only read.
 *
 * <p>The breaker counts as nginx's {@code max_fails} does, and Kong's: failures add up over any time, and only a success
 * later than {@code fail_timeout} after the last failure makes them forgotten. At {@code max_fails} the target rests for
 * {@code fail_timeout}; then one request tries it, and while no answer is there, no other does for a further {@code
 * fail_timeout}. A clock that was set back ends every wait.
 */
final class TargetHealth {
    private static final int ALWAYS = 1 << 16;
    private static final int RELIABLE = (int) (ALWAYS * FailoverLimits.RELIABLE);

    private final int maxFails;
    private final long failTimeout;
    private final AtomicReference<State> state = new AtomicReference<>(new State(0, 0, 0, 0, 0));
    private final AtomicInteger failing = new AtomicInteger();

    /**
     * @param maxFails failures after which it rests; 0 for never
     * @param failTimeout milliseconds that it rests
     */
    TargetHealth(int maxFails, long failTimeout) {
        this.maxFails = maxFails;
        this.failTimeout = failTimeout;
    }

    /**
     * Times in milliseconds.
     *
     * @param checkedAt the last failure, or the trial after a rest that has not ended yet
     */
    private record State(int fails, long failedAt, long checkedAt, long coolsFrom, long coolsUntil) {
        State circuit(int fails, long failedAt, long checkedAt) {
            return new State(fails, failedAt, checkedAt, coolsFrom, coolsUntil);
        }

        State cooling(long from, long until) {
            return new State(fails, failedAt, checkedAt, from, until);
        }

        boolean isFine() {
            return fails == 0 && coolsUntil == 0;
        }

        boolean onTrial() {
            return checkedAt != failedAt;
        }
    }

    private State state() {
        return Objects.requireNonNull(state.get(), "state");
    }

    /** Whether there is nothing to remember: it neither failed lately nor asked for a wait. */
    boolean isFine() {
        return state().isFine();
    }

    /** Whether it has not even failed once of late. */
    boolean isSpotless() {
        return isFine() && failing.get() == 0;
    }

    /** Whether it must not be asked now. */
    boolean rests(long now) {
        return restEnds(now) > 0;
    }

    /** Milliseconds until it may be tried; 0 when it may be now. */
    long restEnds(long now) {
        State s = state();
        long since = now - s.checkedAt;
        return isOpen(s) && since >= 0 && since < failTimeout ? failTimeout - since : 0;
    }

    /** Whether it asked to be spared for now. */
    boolean cools(long now) {
        State s = state();
        if (s.coolsUntil == 0) {
            return false;
        }
        if (now >= s.coolsFrom && now < s.coolsUntil) {
            return true;
        }
        state.compareAndSet(s, s.cooling(0, 0));
        return false;
    }

    /** Whether retries may go to it freely. */
    boolean isReliable() {
        return failing.get() <= RELIABLE;
    }

    /** Takes the right to ask it: after a rest one request only has it. */
    boolean enter(long now) {
        while (true) {
            State s = state();
            if (!isOpen(s)) {
                return true;
            }
            if (rests(now)) {
                return false;
            }
            if (state.compareAndSet(s, s.circuit(s.fails, s.failedAt, now))) {
                return true;
            }
        }
    }

    /** Whoever had entered went away without an answer or a failure: the next one may try at once. */
    void left() {
        State s = state();
        if (isOpen(s) && s.onTrial()) {
            state.compareAndSet(s, s.circuit(s.fails, s.failedAt, s.failedAt));
        }
    }

    /** It has answered. Says whether that ended its rest. */
    boolean answered(long now) {
        int share = failing.get();
        while (share > 0 && !failing.compareAndSet(share, share - Math.max(1, share / FailoverLimits.MEMORY))) {
            share = failing.get();
        }
        while (true) {
            State s = state();
            long since = now - s.failedAt;
            if (s.fails == 0 || since >= 0 && since < failTimeout) {
                return false;
            }
            if (state.compareAndSet(s, s.circuit(0, 0, 0))) {
                return isOpen(s);
            }
        }
    }

    /**
     * It has failed.
     *
     * @param counts whether the breaker counts it
     * @return whether a rest begins with it
     */
    boolean failed(long now, boolean counts) {
        int share = failing.get();
        while (!failing.compareAndSet(share, share + (ALWAYS - share) / FailoverLimits.MEMORY)) {
            share = failing.get();
        }
        if (!counts || maxFails == 0) {
            return false;
        }
        while (true) {
            State s = state();
            int fails = s.fails == Integer.MAX_VALUE ? s.fails : s.fails + 1;
            State next = s.circuit(fails, now, now);
            if (state.compareAndSet(s, next)) {
                return isOpen(next) && (!isOpen(s) || s.onTrial());
            }
        }
    }

    /** It asked to be spared for so long. A longer wait that it asked for before stays. */
    void coolDown(long now, long millis) {
        while (true) {
            State s = state();
            long until = now + millis;
            boolean longer = now >= s.coolsFrom && s.coolsUntil >= until && s.coolsUntil != 0;
            if (longer || state.compareAndSet(s, s.cooling(now, until))) {
                return;
            }
        }
    }

    private boolean isOpen(State s) {
        return maxFails > 0 && s.fails >= maxFails;
    }
}
