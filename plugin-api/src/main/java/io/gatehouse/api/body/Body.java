package io.gatehouse.api.body;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;

/**
 * The body of a request or response: read once, unless it is buffered. It is pulled by whoever wants it, so that what
 * nobody reads is not read from the socket.
 *
 * <p>Implemented by the gateway only. Thread rule: the exchange's event loop.
 */
public interface Body {
    /** A body without bytes. */
    static Body empty() {
        return BufferedBody.EMPTY;
    }

    /** A body of these bytes, which must not be changed afterwards. */
    static Body of(Buffer bytes) {
        return bytes.length() == 0 ? BufferedBody.EMPTY : new BufferedBody(bytes);
    }

    /** A body read from a reader: the inverse of {@link #open}. */
    static <T> Body of(Framing<T> framing, BodyReader<T> reader) {
        return StreamedBody.of(framing, reader, -1);
    }

    /** A body of bytes whose length is known, or -1. Reading another number of bytes is a failure. */
    static Body of(BodyReader<Buffer> reader, long length) {
        return StreamedBody.of(Framing.BYTES, reader, length);
    }

    /** A body that is written to piece by piece, with room for some items. */
    static <T> BodySink<T> sink(Framing<T> framing, int maxItems) {
        return new QueueSink<>(framing, maxItems);
    }

    /** Whether it is known to have no bytes. */
    boolean isEmpty();

    /** Whether all bytes are in memory, so that it can be read again and again. */
    boolean isBuffered();

    /**
     * Whether it was opened, transformed or cancelled, so that it can be read no more. A buffered body is never taken.
     *
     * <p>A body that nobody touched gives back its source: {@code open(Framing.BYTES)} on a body made by {@link
     * #of(BodyReader, long)} with length -1, or of a reader that {@linkplain BodyReader#keepsLength() keeps its length},
     * returns that very reader, so that its maker can recognise it and take a
     * shorter way. Once it was partly read by {@link #buffer} or transformed, another reader comes.
     */
    boolean isTaken();

    /** The number of bytes, or -1 when unknown. */
    long length();

    /**
     * The bytes of a buffered body; not to be changed.
     *
     * @throws IllegalStateException when it is not buffered
     */
    Buffer bytes();

    /**
     * Reads all bytes into memory, if there are at most so many. Afterwards, with true, this body is buffered; with
     * false nothing is lost, and it streams as before. What has no end, as the bytes of a WebSocket, never fits.
     *
     * @return fails with a {@link BodyException} when the body breaks off before its end
     */
    Future<Boolean> buffer(long maxBytes);

    /**
     * Reads the items one by one. A streaming body can be opened once.
     *
     * @throws IllegalStateException when it was opened, transformed or cancelled before
     */
    <T> BodyReader<T> open(Framing<T> framing);

    /**
     * A body whose items pass through a transform. Takes this body over. Neighbours of one framing are fused: bytes are
     * decoded once, and untouched items keep their bytes.
     *
     * @throws IllegalStateException when it was opened, transformed or cancelled before
     */
    <T> Body transform(Framing<T> framing, BodyTransform<T> transform);

    /**
     * A body of the bytes that come of this one when its compression is undone. Takes this body over, and streams: each
     * piece is decoded when it is asked for. With {@link ContentCoding#IDENTITY}, and when this body is empty, it is this
     * body itself.
     *
     * <p>Bytes that are not what their coding demands, an end before their end, something behind it, and more than the cap
     * break the body off as {@link io.gatehouse.api.FailureKind#INVALID_RESPONSE}: never does half of an answer, or nothing,
     * look like a whole one.
     *
     * <pre>{@code
     * ContentCoding coding = ContentCoding.of(response.headers());
     * if (coding != null) {
     *   response.headers().remove("Content-Encoding");
     *   response.body(response.body().decoded(coding, 1 << 20));
     * }
     * }</pre>
     *
     * @param maxBytes how many bytes may come of it altogether; a small body can hold a thousand times its size
     * @throws IllegalStateException when it was opened, transformed or cancelled before
     */
    Body decoded(ContentCoding coding, long maxBytes);

    /**
     * A parsed view of a buffered body, parsed once per view function and kept until the body is replaced.
     *
     * @param view the function; identity decides whether two views are the same, so keep it in a constant
     * @throws IllegalStateException when it is not buffered
     */
    <V> V view(Function<Buffer, V> view);

    /** Gives up what was not read yet: frees the source at once. Repeated calls do nothing. */
    void cancel();
}
