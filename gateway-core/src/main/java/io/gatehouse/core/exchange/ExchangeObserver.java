package io.gatehouse.core.exchange;

import io.gatehouse.api.Completion;

/** What the gateway itself wants to know of its exchanges. Called on their event loops; must not throw. */
public interface ExchangeObserver {
    /**
     * A plugin broke.
     *
     * @param phase {@code admit}, {@code intercept}, {@code transform} or {@code log}
     */
    void pluginFailed(String plugin, String phase, Throwable cause, String requestId);

    /** An exchange ended; all its plugins have logged it. */
    void ended(Completion completion);
}
