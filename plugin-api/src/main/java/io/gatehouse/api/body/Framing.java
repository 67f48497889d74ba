package io.gatehouse.api.body;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/**
 * How a stream of bytes is cut into items: plain bytes, server-sent events, JSON lines. Open to plugins.
 *
 * <p>Items are immutable: a change is a new item, which is how the gateway tells untouched bytes. Framings that {@link
 * Object#equals equal} each other are one framing, so keep an own one in a constant.
 *
 * @param <T> the item
 */
public interface Framing<T> {
    /** The bytes as they come. */
    Framing<Buffer> BYTES = BytesFraming.INSTANCE;

    /** Server-sent events of at most 8 MiB each. */
    Framing<SseEvent> SSE = SseFraming.INSTANCE;

    /**
     * Server-sent events with a limit of your own: a longer event breaks the body off as {@link
     * io.gatehouse.api.FailureKind#INVALID_RESPONSE}.
     *
     * @param maxEventBytes 1 or more
     */
    static Framing<SseEvent> sse(int maxEventBytes) {
        return new SseFraming(maxEventBytes);
    }

    /** A decoder for one body. */
    Decoder<T> decoder();

    /** The bytes of an item. An item that nobody changed gives back the very bytes it was decoded from. */
    Buffer encode(T item);

    /**
     * Cuts one body into items. Used by one body on one event loop.
     *
     * @param <T> the item
     */
    interface Decoder<T> {
        /**
         * Takes bytes and hands out every item they complete, in order. The buffer must not be changed afterwards.
         *
         * @throws BodyException when the bytes make no sense: the body breaks off with its failure, after the items that
         *     were handed out. Any other throw is a fault of the framing's code.
         */
        void feed(Buffer bytes, Consumer<? super T> items);

        /** Takes the end and hands out what is left, so that no byte is lost. */
        void end(Consumer<? super T> items);
    }
}
