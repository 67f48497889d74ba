package io.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyCodeException;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.body.SseEvent;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every body transform keeps, however its bytes arrive and however its body ends: the same bytes come out at every
 * split, a failure travels outward, {@code closed} is called exactly once, nothing is thrown, no timer is left. A test
 * of a transform extends this class and adds what is special.
 *
 * <pre>{@code
 * class UpperCaseTest extends BodyTransformContract<SseEvent> {
 *   protected Framing<SseEvent> framing() { return Framing.SSE; }
 *   protected BodyTransform<SseEvent> transform() { return new UpperCase(); }
 *   protected List<Buffer> samples() { return List.of(Buffer.buffer("data: a\n\ndata: b\n\n")); }
 * }
 * }</pre>
 *
 * <p>What comes out is compared as bytes, not piece by piece; of server-sent events,
 * without blank lines between them and whatever the line ends. A transform that waits for something holds with a future
 * that completes on this thread or at a time of {@link #clock()}.
 *
 * @param <T> the item
 */
public abstract class BodyTransformContract<T> {
    /** How much time a body may take on the fake clock. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final Failure PLANTED = Failure.of(FailureKind.RESET, "planted");

    private final FakeClock clock = new FakeClock();
    private final List<BodyCodeException> faults = new ArrayList<>();
    private @Nullable TesterRuntime runtime;

    /** Made by the test class. */
    protected BodyTransformContract() {}

    /** The framing that the transform works on. */
    protected abstract Framing<T> framing();

    /** A new transform, for one body. */
    protected abstract BodyTransform<T> transform();

    /** Bodies to try it with. Small ones: each is cut at every pair of places. */
    protected abstract List<Buffer> samples();

    /** Whether a body that came whole ends whole; false when the transform breaks off these samples on purpose. */
    protected boolean endsWhole() {
        return true;
    }

    /** The clock that the transform's timers run on. */
    protected final FakeClock clock() {
        return clock;
    }

    /** Puts the transform's timers on the fake clock. */
    @BeforeEach
    final void openRuntime() {
        runtime = TesterRuntime.open(clock, faults::add);
    }

    /** Gives the timers back. */
    @AfterEach
    final void closeRuntime() {
        TesterRuntime opened = runtime;
        if (opened != null) {
            TesterRuntime.close(opened);
        }
    }

    /** The bytes do not depend on how they arrive. */
    @Test
    void givesTheSameBytesAtEverySplit() {
        for (Buffer sample : samples()) {
            Run whole = run(List.of(sample), BodyEnd.ok());
            assertThat(whole.end.complete())
                    .as("ends whole, but: %s", whole.end.failure())
                    .isEqualTo(endsWhole());
            int length = sample.length();
            for (int first = 0; first <= length; first++) {
                for (int second = first; second <= length; second++) {
                    Run split = run(
                            List.of(sample.slice(0, first), sample.slice(first, second), sample.slice(second, length)),
                            BodyEnd.ok());
                    assertThat(split.out)
                            .as("split at %s and %s of %s bytes", first, second, length)
                            .isEqualTo(whole.out);
                    assertThat(split.end.complete()).isEqualTo(whole.end.complete());
                }
            }
            List<Buffer> bytes = new ArrayList<>();
            for (int i = 0; i < length; i++) {
                bytes.add(sample.slice(i, i + 1));
            }
            assertThat(run(bytes, BodyEnd.ok()).out).as("byte by byte").isEqualTo(whole.out);
        }
    }

    /** A failure at any point reaches the outside as it is, unless the transform broke the body off before. */
    @Test
    void passesOnAFailureAtEveryPoint() {
        for (Buffer sample : samples()) {
            for (int at = 0; at <= sample.length(); at++) {
                Run run = run(List.of(sample.slice(0, at)), BodyEnd.truncated(PLANTED));
                assertThat(run.end.complete()).as("dies after %s bytes", at).isFalse();
                if (endsWhole()) {
                    assertThat(run.end.failure()).as("dies after %s bytes", at).isSameAs(PLANTED);
                }
            }
        }
    }

    /** A client that leaves at any point frees the source and closes the transform. */
    @Test
    void closesOnceWhenCancelledAtEveryPoint() {
        for (Buffer sample : samples()) {
            for (int at = 0; at <= sample.length(); at++) {
                Guard<T> guard = new Guard<>(transform());
                ChunkReader source = new ChunkReader();
                BodyReader<Buffer> reader =
                        Body.of(source, -1).transform(framing(), guard).open(Framing.BYTES);
                source.give(sample.slice(0, at));
                Future<@Nullable Buffer> next = reader.next();
                while (next.isComplete() && next.result() != null) {
                    next = reader.next();
                }
                reader.cancel();
                assertThat(next.isComplete())
                        .as("left waiting after %s bytes", at)
                        .isTrue();
                guard.check("cancelled after " + at + " bytes");
                assertThat(reader.next().result()).isNull();
                assertThat(source.isCancelled() || !endsWhole()).isTrue();
            }
        }
        assertQuiet();
    }

    /** A body that nobody reads closes the transform too. */
    @Test
    void closesOnceWhenNobodyReads() {
        Guard<T> guard = new Guard<>(transform());
        ChunkReader source = new ChunkReader();
        Body body = Body.of(source, -1).transform(framing(), guard);
        body.cancel();
        guard.check("never opened");
        assertThat(source.isCancelled()).isTrue();
        assertQuiet();
    }

    private record Run(Buffer out, BodyEnd end) {}

    private Run run(List<Buffer> chunks, BodyEnd how) {
        Guard<T> guard = new Guard<>(transform());
        ChunkReader source = new ChunkReader();
        BodyReader<Buffer> reader =
                Body.of(source, -1).transform(framing(), guard).open(Framing.BYTES);
        for (Buffer chunk : chunks) {
            source.give(chunk);
        }
        source.end(how);
        Buffer out = Buffer.buffer();
        while (true) {
            Future<@Nullable Buffer> next = reader.next();
            if (!next.isComplete()) {
                clock.advance(PATIENCE);
            }
            assertThat(next.isComplete()).as("goes on within %s", PATIENCE).isTrue();
            Buffer item = next.result();
            if (item == null) {
                break;
            }
            out.appendBuffer(item);
        }
        guard.check("read to its end");
        assertQuiet();
        return new Run(comparable(out), reader.end());
    }

    /**
     * The output; of server-sent events with line feeds as line ends and without blank lines between them, which mean
     * nothing to a client: where carriage return and line feed came apart, an event that was rewritten leaves one of them
     * over.
     */
    private Buffer comparable(Buffer out) {
        Buffer kept = Buffer.buffer(out.length());
        Framing.Decoder<T> decoder = framing().decoder();
        decoder.feed(out, item -> keep(item, kept));
        decoder.end(item -> keep(item, kept));
        return kept;
    }

    private void keep(T item, Buffer kept) {
        Buffer bytes = framing().encode(item);
        if (!(item instanceof SseEvent)) {
            kept.appendBuffer(bytes);
            return;
        }
        String lines = bytes.toString(StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n")
                .replace('\r', '\n');
        if (!lines.isBlank()) {
            kept.appendString(lines, "ISO-8859-1");
        }
    }

    private void assertQuiet() {
        assertThat(faults).as("throws of the transform").isEmpty();
    }

    /** Counts on the way to the transform under test. */
    private static final class Guard<T> implements BodyTransform<T> {
        private final BodyTransform<T> transform;
        private int ends;
        private int closes;
        private boolean late;

        Guard(BodyTransform<T> transform) {
            this.transform = transform;
        }

        void check(String when) {
            assertThat(ends).as("calls of end, %s", when).isLessThanOrEqualTo(1);
            assertThat(closes).as("calls of closed, %s", when).isEqualTo(1);
            assertThat(late).as("called after closed, %s", when).isFalse();
        }

        @Override
        public void item(T item, Out<T> out) {
            late |= closes > 0 || ends > 0;
            transform.item(item, out);
        }

        @Override
        public void tick(Out<T> out) {
            late |= closes > 0 || ends > 0;
            transform.tick(out);
        }

        @Override
        public BodyEnd end(BodyEnd end, Out<T> out) {
            late |= closes > 0;
            ends++;
            return transform.end(end, out);
        }

        @Override
        public void closed(BodyEnd end) {
            closes++;
            transform.closed(end);
        }
    }
}
