package io.gatehouse.api.body;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Pulls the items of a body, one at a time.
 *
 * @param <T> the item: a buffer of bytes, an event
 */
public interface BodyReader<T> {
    /**
     * The next item, or null at the end. Never fails: after a fault the end is reached, and {@link #end()} says why.
     * Must not be called again before the last future completed. Nothing is read ahead beyond what came with the item.
     */
    Future<@Nullable T> next();

    /**
     * How the body ended.
     *
     * @throws IllegalStateException before {@link #next()} gave null
     */
    BodyEnd end();

    /**
     * Whether this reader makes sure by itself that exactly the announced number of bytes comes, as HTTP's framing does
     * on a socket: then nobody counts them again.
     */
    default boolean keepsLength() {
        return false;
    }

    /**
     * Whether it goes on for as long as two sides like to talk, as the bytes of a WebSocket do: then {@link Body#buffer}
     * does not wait for an end.
     */
    default boolean isEndless() {
        return false;
    }

    /** Gives up the rest: frees the source at once. Afterwards {@link #next()} gives null. Repeated calls do nothing. */
    void cancel();
}
