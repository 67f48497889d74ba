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

    /** Offers an item; completes when there is room for the next one, fails when the body was cancelled. */
    Future<Void> write(T item);

    /** Ends the body. */
    void end();

    /** Breaks the body off. */
    void fail(Failure failure);
}
