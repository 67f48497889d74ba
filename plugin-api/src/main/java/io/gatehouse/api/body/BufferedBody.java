package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A body whose bytes are in memory. It can be read again and again, so cancelling it frees nothing. */
final class BufferedBody implements Body {
    private static final Object[] NONE = {};

    static final Body EMPTY = new BufferedBody(Buffer.buffer(0), BodyEnd.ok());

    private final Buffer bytes;
    private final BodyEnd end;
    private Object[] views = NONE;

    BufferedBody(Buffer bytes) {
        this(bytes, BodyEnd.ok());
    }

    /** Keeps the trailers of a body that was read into memory. */
    BufferedBody(Buffer bytes, BodyEnd end) {
        this.bytes = bytes;
        this.end = end;
    }

    @Override
    public boolean isEmpty() {
        return bytes.length() == 0;
    }

    @Override
    public boolean isBuffered() {
        return true;
    }

    @Override
    public boolean isTaken() {
        return false;
    }

    @Override
    public long length() {
        return bytes.length();
    }

    @Override
    public Buffer bytes() {
        return bytes;
    }

    @Override
    public Future<Boolean> buffer(long maxBytes) {
        return Future.succeededFuture(bytes.length() <= maxBytes);
    }

    @Override
    public <T> BodyReader<T> open(Framing<T> framing) {
        return streamed().open(framing);
    }

    @Override
    public <T> Body transform(Framing<T> framing, BodyTransform<T> transform) {
        return streamed().transform(framing, transform);
    }

    @Override
    public Body decoded(ContentCoding coding, long maxBytes) {
        return coding == ContentCoding.IDENTITY || isEmpty() ? this : streamed().decoded(coding, maxBytes);
    }

    private Body streamed() {
        return StreamedBody.of(Framing.BYTES, new Once(bytes, end), bytes.length());
    }

    @Override
    @SuppressWarnings("unchecked") // a view is stored beside the function that made it
    public <V> V view(Function<Buffer, V> view) {
        for (int i = 0; i < views.length; i += 2) {
            if (views[i] == view) {
                return (V) views[i + 1];
            }
        }
        V made = view.apply(bytes);
        // the empty body is shared by all event loops, so it keeps nothing
        if (this != EMPTY) {
            Object[] more = Arrays.copyOf(views, views.length + 2);
            more[views.length] = view;
            more[views.length + 1] = made;
            views = more;
        }
        return made;
    }

    @Override
    public void cancel() {}

    /** Gives all the bytes as one item. */
    private static final class Once implements BodyReader<Buffer> {
        private final BodyEnd whole;
        private @Nullable Buffer bytes;
        private @Nullable BodyEnd end;

        Once(Buffer bytes, BodyEnd whole) {
            this.bytes = bytes.length() == 0 ? null : bytes;
            this.whole = whole;
        }

        @Override
        public boolean keepsLength() {
            return true;
        }

        @Override
        public Future<@Nullable Buffer> next() {
            Buffer next = bytes;
            if (next != null) {
                bytes = null;
                return Future.succeededFuture(next);
            }
            if (end == null) {
                end = whole;
            }
            return Future.succeededFuture();
        }

        @Override
        public BodyEnd end() {
            if (end == null) {
                throw new IllegalStateException("body: not at its end (expected: next() gave null)");
            }
            return end;
        }

        @Override
        public void cancel() {
            if (end == null) {
                bytes = null;
                end = BodyEnd.truncated(Failure.of(FailureKind.CANCELLED, "body: given up by its reader"));
            }
        }
    }
}
