package io.gatehouse.api.body;

/**
 * Watches or rewrites the items of one body. One instance per body; used on one event loop. Every method is optional: as
 * it stands, the body passes unchanged.
 *
 * <p>A throw is treated as if the source had died at that point: what was emitted goes out, the source is cancelled,
 * those further out see an end of {@link io.gatehouse.api.FailureKind#PLUGIN} unless the source had failed before, this
 * transform sees only {@link #closed}, and the error log names the plugin.
 *
 * @param <T> the item
 */
public interface BodyTransform<T> {
    /** Takes an item. Emit it, emit others, or emit nothing. */
    default void item(T item, Out<T> out) {
        out.emit(item);
    }

    /**
     * Whether all bytes pass as they came, for a transform that only watches: then the length of the body stays known, and the
     * other side is told it. Another number of bytes is a failure then, as in {@link Body#of(BodyReader, long)}. Asked when the
     * body is transformed; the answer must not change.
     */
    default boolean keepsBytes() {
        return false;
    }

    /** Called when the time asked for with {@link Out#wake} has passed. */
    default void tick(Out<T> out) {}

    /**
     * Called once when the source has ended, whole or not; last items may be emitted. The original failure travels
     * outward even past a well-formed last error event.
     *
     * @return how the body is to end for those further out; a failure can be added, never taken away
     */
    default BodyEnd end(BodyEnd end, Out<T> out) {
        return end;
    }

    /**
     * Called exactly once when nothing more will happen: after the end, with the end that goes outward, or when the body
     * was cancelled or stopped, with that.
     */
    default void closed(BodyEnd end) {}
}
