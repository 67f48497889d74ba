package io.gatehouse.api.body;

import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;

/**
 * How a stream of bytes is cut into items: plain bytes, server-sent events, JSON lines. Open to plugins.
 *
 * @param <T> the item
 */
public interface Framing<T> {
    /** The bytes as they come. */
    Framing<Buffer> BYTES = BytesFraming.INSTANCE;

    /** Server-sent events. */
    Framing<SseEvent> SSE = SseFraming.INSTANCE;

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
        /** Takes bytes and hands out every item they complete, in order. The buffer must not be changed afterwards. */
        void feed(Buffer bytes, Consumer<? super T> items);

        /** Takes the end and hands out what is left, so that no byte is lost. */
        void end(Consumer<? super T> items);
    }
}
