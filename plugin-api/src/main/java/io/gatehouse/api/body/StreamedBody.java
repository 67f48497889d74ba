package io.gatehouse.api.body;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A body that comes from a reader, through transforms if there are any; readable once, unless it was buffered. */
final class StreamedBody implements Body {
    /** Neighbouring transforms of one framing. */
    private record Segment(Framing<?> framing, List<BodyTransform<?>> transforms) {}

    private BodyReader<?> reader;
    private Framing<?> framing;
    private List<Segment> segments;
    private long length;
    private boolean taken;
    private @Nullable Filling filling;
    private @Nullable BufferedBody buffered;

    private StreamedBody(Framing<?> framing, BodyReader<?> reader, long length, List<Segment> segments) {
        this.framing = framing;
        this.reader = reader;
        this.length = length;
        this.segments = segments;
    }

    static <T> Body of(Framing<T> framing, BodyReader<T> reader, long length) {
        if (length < -1) {
            throw new IllegalArgumentException("length: " + length + " (expected: -1 or more)");
        }
        return new StreamedBody(
                Objects.requireNonNull(framing, "framing"),
                Objects.requireNonNull(reader, "reader"),
                length,
                List.of());
    }

    @Override
    public boolean isEmpty() {
        return buffered != null ? buffered.isEmpty() : segments.isEmpty() && length == 0;
    }

    @Override
    public boolean isBuffered() {
        return buffered != null;
    }

    @Override
    public boolean isTaken() {
        return taken;
    }

    @Override
    public long length() {
        return buffered != null ? buffered.length() : keepsBytes() ? length : -1;
    }

    /** Whether nobody changes the bytes; an empty body that somebody watches is one to be read. */
    private boolean keepsBytes() {
        if (length == 0 && !segments.isEmpty()) {
            return false;
        }
        for (int i = 0; i < segments.size(); i++) {
            List<BodyTransform<?>> transforms = segments.get(i).transforms;
            for (int j = 0; j < transforms.size(); j++) {
                if (!transforms.get(j).keepsBytes()) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public Buffer bytes() {
        return inMemory().bytes();
    }

    @Override
    public <V> V view(Function<Buffer, V> view) {
        return inMemory().view(view);
    }

    private BufferedBody inMemory() {
        if (buffered == null) {
            throw new IllegalStateException("body: streaming (expected: buffered, call buffer(max))");
        }
        return buffered;
    }

    @Override
    public Future<Boolean> buffer(long maxBytes) {
        if (buffered != null) {
            return buffered.buffer(maxBytes);
        }
        checkFree();
        if (length() > maxBytes || reader.isEndless()) {
            return Future.succeededFuture(false);
        }
        Filling running = new Filling(assemble(Framing.BYTES), maxBytes);
        filling = running;
        running.fill();
        return running.promise.future();
    }

    @Override
    public <T> BodyReader<T> open(Framing<T> framing) {
        if (buffered != null) {
            return buffered.open(framing);
        }
        checkFree();
        taken = true;
        return assemble(framing);
    }

    @Override
    public <T> Body transform(Framing<T> framing, BodyTransform<T> transform) {
        Objects.requireNonNull(transform, "transform");
        if (buffered != null) {
            return buffered.transform(framing, transform);
        }
        checkFree();
        taken = true;
        List<Segment> longer = segments.isEmpty() ? new ArrayList<>(2) : segments;
        Segment last = longer.isEmpty() ? null : longer.get(longer.size() - 1);
        if (last == null || !last.framing.equals(framing)) {
            last = new Segment(framing, new ArrayList<>(2));
            longer.add(last);
        }
        last.transforms.add(transform);
        return new StreamedBody(this.framing, reader, length, longer);
    }

    @Override
    public Body decoded(ContentCoding coding, long maxBytes) {
        if (coding == ContentCoding.IDENTITY || isEmpty()) {
            return this;
        }
        return Body.of(new DecodingReader(open(Framing.BYTES), coding, maxBytes), -1);
    }

    @Override
    public void cancel() {
        if (buffered != null) {
            return;
        }
        if (filling != null) {
            taken = true;
            filling.bytes.cancel();
            return;
        }
        if (!taken) {
            taken = true;
            // the transforms have not run yet, but are owed their closing call
            if (!segments.isEmpty()) {
                reader = assemble(Framing.BYTES);
            }
        }
        reader.cancel();
    }

    private void checkFree() {
        if (taken || filling != null) {
            throw new IllegalStateException("body: opened, transformed or cancelled before (expected: used once)");
        }
    }

    /** Puts the readers together; afterwards {@link #reader} is the outermost of them. */
    @SuppressWarnings("unchecked") // the last pipe gives out items of the wanted framing
    private <T> BodyReader<T> assemble(Framing<T> wanted) {
        BodyReader<?> made = reader;
        if (length >= 0 && !reader.keepsLength()) {
            made = new LengthReader((BodyReader<Buffer>) made, length);
        }
        Framing<?> current = framing;
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            // bytes lie between different framings, except that the last one may be what is wanted
            boolean items = i == segments.size() - 1 && segment.framing.equals(wanted) && !isBytes(wanted);
            made = new Pipe(made, current, segment.framing, segment.transforms, !items);
            current = items ? segment.framing : Framing.BYTES;
        }
        if (!current.equals(wanted)) {
            boolean bytes = isBytes(wanted);
            made = new Pipe(made, current, bytes ? current : wanted, List.of(), bytes);
        }
        if (length > 0 && !segments.isEmpty() && isBytes(wanted) && keepsBytes()) {
            made = new LengthReader((BodyReader<Buffer>) made, length); // who said so may err
        }
        reader = made;
        return (BodyReader<T>) made;
    }

    private static boolean isBytes(Framing<?> framing) {
        return framing == Framing.BYTES;
    }

    /** Reads everything into memory, as far as it fits. */
    private final class Filling {
        private final BodyReader<Buffer> bytes;
        private final long max;
        private final Promise<Boolean> promise = Promise.promise();
        private final ArrayList<Buffer> kept = new ArrayList<>();
        private long total;

        Filling(BodyReader<Buffer> bytes, long max) {
            this.bytes = bytes;
            this.max = Math.min(max, Integer.MAX_VALUE);
        }

        void fill() {
            while (true) {
                Future<@Nullable Buffer> next = pull();
                if (!next.isComplete()) {
                    next.onComplete(this::fillLater);
                    return;
                }
                if (!taken(next)) {
                    return;
                }
            }
        }

        private Future<@Nullable Buffer> pull() {
            try {
                return bytes.next();
            } catch (RuntimeException thrown) {
                return Future.failedFuture(thrown);
            }
        }

        private void fillLater(AsyncResult<@Nullable Buffer> result) {
            if (taken(result)) {
                fill();
            }
        }

        /** Whether to go on. */
        private boolean taken(AsyncResult<@Nullable Buffer> result) {
            if (result.failed()) {
                BodyEnd end = BodyEnd.truncated(
                        result.cause() instanceof BodyException broken
                                ? broken.failure()
                                : BodyCodeException.report(bytes, "next", result.cause()));
                bytes.cancel();
                keep(new Broken(end));
                promise.fail(new BodyException(Objects.requireNonNull(end.failure(), "failure")));
                return false;
            }
            Buffer item = result.result();
            if (item != null) {
                kept.add(item);
                total += item.length();
                if (total <= max) {
                    return true;
                }
                keep(bytes);
                promise.complete(false);
                return false;
            }
            BodyEnd end = bytes.end();
            if (end.failure() != null) {
                keep(bytes);
                promise.fail(new BodyException(end.failure()));
            } else {
                filling = null;
                buffered = new BufferedBody(joined(), end);
                promise.complete(true);
            }
            return false;
        }

        /** Streams on with what was read in front of the rest. */
        private void keep(BodyReader<Buffer> rest) {
            filling = null;
            reader = new KeptReader(kept, rest);
            framing = Framing.BYTES;
            // the reader checks the length and runs the transforms from here on
            length = -1;
            segments = List.of();
        }

        private Buffer joined() {
            if (kept.size() == 1) {
                return kept.get(0);
            }
            Buffer joined = Buffer.buffer((int) total);
            for (int i = 0; i < kept.size(); i++) {
                joined.appendBuffer(kept.get(i));
            }
            return joined;
        }
    }

    /** A reader whose source failed where it must not. */
    private record Broken(BodyEnd end) implements BodyReader<Buffer> {
        @Override
        public Future<@Nullable Buffer> next() {
            return Future.succeededFuture();
        }

        @Override
        public void cancel() {}
    }
}
