package io.gatehouse.api;

import io.vertx.core.Future;

/**
 * One configured plugin instance. It acts by wrapping {@link Next} and observes in {@link #log}; every method is
 * optional.
 *
 * <p>Thread rule: one instance serves all event loops at once. {@code admit}, {@code intercept} and {@code log} run on
 * the exchange's event loop and must not block. State of one exchange lives in locals or in {@link
 * Exchange#attributes()}.
 */
public interface Plugin {
    /**
     * Checks a request at the factory's {@link PluginFactory#outerPriority()}, before plugins between the two
     * priorities see it. Same contract as {@link #intercept}. Called only when the factory states an outer priority.
     */
    default Future<Response> admit(Request request, Next next) {
        return next.proceed(request);
    }

    /**
     * Handles a request. The returned future completes when the response <em>head</em> exists; the body is a value that
     * is pulled later.
     *
     * <p>{@code next} may be called zero times (the plugin answers by itself), once, or several times, also
     * concurrently with {@linkplain Request#copy() copies}. {@code next.proceed} never fails: upstream faults and
     * failures of inner plugins arrive as a {@link Response} with {@link Response#source()} and {@link
     * Response#failure()}.
     *
     * @return never null. A null, a throw or a failed future is this plugin's fault: the client gets a plain 500 and
     *     the error log names the plugin; but a future that failed with a {@link
     *     io.gatehouse.api.body.BodyException}, as of a body that was to be buffered, is the fault of who sent that
     *     body, and answered accordingly. A future that does not complete within the plugin time limit is treated as a
     *     plugin's fault; the time inside {@code next} and the time it waits for bytes of an upstream's answer are not
     *     its own.
     */
    default Future<Response> intercept(Request request, Next next) {
        return next.proceed(request);
    }

    /**
     * Observes an exchange after any end: answered, rejected by another plugin, client gone, upstream dead, deadline,
     * shutdown. Called exactly once per exchange for every plugin that applies, by priority. A throw is logged and does
     * not stop the others.
     */
    default void log(Completion completion) {}

    /**
     * Called once, off the event loops, after this instance's last {@link #log}. Flushes what it holds. Other instances may
     * be made or closed at the same time.
     */
    default void close() throws Exception {}
}
