package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * Where a {@link BodyTransform} puts its items. Used only within the call it was given to.
 *
 * @param <T> the item
 */
public interface Out<T> {
    /** Passes an item on. */
    void emit(T item);

    /** Takes no next item before the future has completed, in whatever way. */
    void hold(Future<?> until);

    /** Asks for one {@link BodyTransform#tick} after a time without items; a later call replaces an earlier one. */
    void wake(Duration after);

    /** Ends the body here: what was emitted is delivered, the source is cancelled, the end carries the failure. */
    void stop(Failure reason);
}
