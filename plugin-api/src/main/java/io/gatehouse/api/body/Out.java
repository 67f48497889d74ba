package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Where a {@link BodyTransform} puts its items. Used only within the call it was given to: later, its
 * methods throw {@link IllegalStateException}.
 *
 * @param <T> the item
 */
public interface Out<T> {
    /** Passes an item on. */
    void emit(T item);

    /**
     * Takes no next item before the future has completed, in whatever way; nor the end, nor a tick. What was emitted goes
     * out meanwhile. With {@code wake(Duration.ZERO)} beside it, the tick comes right after the future, before any item.
     */
    void hold(Future<?> until);

    /**
     * Asks for one {@link BodyTransform#tick} after a time without items; a later call replaces an earlier one, and each
     * item starts the time anew. Zero asks for it at once, before the next item. A tick comes only while somebody waits
     * for the body, and never after its end.
     */
    void wake(Duration after);

    /**
     * Ends the body here: what was emitted is delivered, the source is cancelled, the end carries the failure. Nothing
     * but {@link BodyTransform#closed} follows for this transform; those further in are closed as cancelled.
     */
    void stop(Failure reason);
}
