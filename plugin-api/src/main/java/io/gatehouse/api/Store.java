package io.gatehouse.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bytes under keys, each for a time, which all instances of a plugin name share on all nodes that name the same Redis. It is a
 * cache, not a database: anything may be gone at any time.
 *
 * <p>What is put was made from something, mostly a while ago. So whoever puts shows what {@link #get} found before that: when
 * anything was deleted meanwhile, by any node, nothing is put, since it may be just what was to be forgotten.
 *
 * <pre>{@code
 * store.get(key).compose(found -> {
 *     if (found.value() != null) {
 *         return answer(found.value());
 *     }
 *     return make(request).onSuccess(made -> store.put(key, made, Duration.ofMinutes(5), found));
 * });
 * }</pre>
 *
 * <p>All futures fail when the store cannot be reached: within the time-out, and at once when one has waited that long or some
 * have failed in a row. What to do then is the plugin's choice.
 *
 * <p>Implemented by the gateway and the testkit only. Any thread; futures complete on the caller's event loop.
 */
public interface Store {
    /** The most bytes that a value may have. */
    int MAX_VALUE = 16 << 20;

    /** Looks for a value. */
    Future<Found> get(String key);

    /**
     * Puts a value in the place of the one before, unless something was deleted from this store meanwhile.
     *
     * @param value at most {@link #MAX_VALUE} bytes; not to be changed any more
     * @param ttl how long it is kept, at least a millisecond
     * @param before what was found when this value was not yet made, under whatever key
     * @return whether it was put
     * @throws IllegalArgumentException when the value is too large, or the time too short
     */
    Future<Boolean> put(String key, Buffer value, Duration ttl, Found before);

    /**
     * Deletes a value.
     *
     * @return whether there was one
     */
    Future<Boolean> delete(String key);

    /**
     * Deletes all values whose keys begin so; all there are with an empty text. It walks over all keys of the database, and takes
     * as long as that takes.
     *
     * @return how many there were
     */
    Future<Long> deleteAll(String prefix);

    /**
     * What was found.
     *
     * <p>Implemented by the gateway and the testkit only.
     */
    interface Found {
        /** The value, not to be changed; null when there is none. */
        @Nullable
        Buffer value();
    }
}
