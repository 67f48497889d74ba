package io.gatehouse.plugins.ai.proxy;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Keeps retries from becoming a storm of their own: within a window there are at most {@link
 * FailoverLimits#RETRY_SHARE} of the requests, or {@link FailoverLimits#MIN_RETRIES}. Shared by all event loops, without
 * locks; only requests that fail look at the clock.
 */
final class RetryBudget {
    private final LongAdder requests = new LongAdder();
    private final AtomicReference<Window> window = new AtomicReference<>(new Window(0, 0, 0));

    private record Window(long startMillis, long requestsBefore, long retries) {}

    /** One more request by a client. */
    void request() {
        requests.increment();
    }

    /**
     * One more retry, which counts in any case.
     *
     * @param harmless whether it is allowed even with nothing left
     * @return whether it may be sent
     */
    boolean take(long nowMillis, boolean harmless) {
        while (true) {
            Window known = Objects.requireNonNull(window.get(), "window");
            long age = nowMillis - known.startMillis;
            // a clock that was set back must not stop the window from ending
            Window current =
                    age < 0 || age >= FailoverLimits.RETRY_WINDOW ? new Window(nowMillis, requests.sum(), 0) : known;
            long allowed = Math.max(FailoverLimits.MIN_RETRIES, (long)
                    ((requests.sum() - current.requestsBefore) * FailoverLimits.RETRY_SHARE));
            if (!harmless && current.retries >= allowed) {
                return false;
            }
            if (window.compareAndSet(
                    known, new Window(current.startMillis, current.requestsBefore, current.retries + 1))) {
                return true;
            }
        }
    }
}
