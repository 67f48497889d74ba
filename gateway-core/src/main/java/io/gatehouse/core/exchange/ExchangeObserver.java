package io.gatehouse.core.exchange;

import io.gatehouse.api.Completion;

/** What the gateway itself wants to know of its exchanges. Called on their event loops; must not throw. */
public interface ExchangeObserver {
    /**
     * A request came in.
     *
     * @param matched whether a route matched
     */
    void begun(boolean matched);

    /** What came in is no request that could be served, and becomes no exchange. */
    void refused();

    /**
     * A request was turned away since the gateway is short of something.
     *
     * @param reason a short fixed word such as {@code heap}
     */
    void shed(String reason);

    /**
     * A plugin broke.
     *
     * @param phase {@code admit}, {@code intercept}, {@code transform} or {@code log}
     */
    void pluginFailed(String plugin, String phase, Throwable cause, String requestId);

    /**
     * Code of a plugin that works on a body threw: the body breaks off there.
     *
     * @param culprit the class whose code it was
     * @param method such as {@code item} or {@code closed}
     */
    void bodyCodeFailed(Class<?> culprit, String method, Throwable cause);

    /** An exchange ended; all its plugins have logged it. */
    void ended(Completion completion);
}
