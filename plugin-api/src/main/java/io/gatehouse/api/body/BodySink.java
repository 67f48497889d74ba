package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.vertx.core.Future;

/**
 * The writing end of a body that a plugin produces. Bounded and thread-safe.
 *
 * @param <T> the item
 */
public interface BodySink<T> {
    /** The reading end. */
    Body body();

    /**
     * Offers an item; completes when there is room for the next one, on the event loop of the caller. Fails with a
     * {@link BodyException} when the body was cancelled, and with an {@link IllegalStateException}, without taking the
     * item, after the end or when many writes wait already.
     */
    Future<Void> write(T item);

    /** Ends the body. */
    void end();

    /** Breaks the body off. */
    void fail(Failure failure);
}
