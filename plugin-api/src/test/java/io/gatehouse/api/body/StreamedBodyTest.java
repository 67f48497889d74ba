package io.gatehouse.api.body;

import static io.gatehouse.api.body.FakeSource.drain;
import static io.gatehouse.api.body.FakeSource.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamedBodyTest {
    private FakeRuntime runtime = new FakeRuntime();

    @BeforeEach
    void install() {
        runtime = FakeRuntime.install();
    }

    @AfterEach
    void uninstall() {
        BodyRuntime.uninstall();
        assertThat(runtime.timers).isEmpty();
    }

    @Test
    void givesBackTheVeryReaderOfAnUntouchedBody() {
        FakeSource<Buffer> source = FakeSource.bytes("a");
        Body body = Body.of(source, -1);
        assertThat(body.isTaken()).isFalse();
        assertThat(body.open(Framing.BYTES)).isSameAs(source);
        assertThat(body.isTaken()).isTrue();
        assertThat(source.pulls).isZero();
        FakeSource<SseEvent> events = FakeSource.whole();
        assertThat(Body.of(Framing.SSE, events).open(Framing.SSE)).isSameAs(events);
    }

    @Test
    void canBeUsedOnce() {
        Body opened = Body.of(FakeSource.bytes("a"), -1);
        opened.open(Framing.BYTES);
        Body transformed = Body.of(FakeSource.bytes("a"), -1);
        transformed.transform(Framing.BYTES, new BodyTransform<>() {});
        Body cancelled = Body.of(FakeSource.bytes("a"), -1);
        cancelled.cancel();
        for (Body body : List.of(opened, transformed, cancelled)) {
            assertThat(body.isTaken()).isTrue();
            assertThatThrownBy(() -> body.open(Framing.BYTES)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> body.transform(Framing.BYTES, new BodyTransform<>() {}))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> body.buffer(1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void hasNoBytesInMemoryWhileItStreams() {
        Body body = Body.of(FakeSource.bytes("a"), 1);
        assertThat(body.isBuffered()).isFalse();
        assertThat(body.isEmpty()).isFalse();
        assertThat(body.length()).isEqualTo(1);
        assertThatThrownBy(body::bytes).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> body.view(Buffer::length)).isInstanceOf(IllegalStateException.class);
        assertThat(Body.of(FakeSource.bytes("a"), -1).length()).isEqualTo(-1);
        assertThat(Body.of(FakeSource.bytes("a"), 1)
                        .transform(Framing.BYTES, new BodyTransform<>() {})
                        .length())
                .isEqualTo(-1);
        assertThatThrownBy(() -> Body.of(FakeSource.bytes(), -2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void knowsItsLengthAsLongAsNobodyChangesBytes() {
        BodyTransform<Buffer> watch = new BodyTransform<>() {
            @Override
            public boolean keepsBytes() {
                return true;
            }
        };
        BodyTransform<Buffer> doubles = new BodyTransform<>() {
            @Override
            public boolean keepsBytes() {
                return true; // a lie
            }

            @Override
            public void item(Buffer item, Out<Buffer> out) {
                out.emit(item);
                out.emit(item);
            }
        };
        Body body = Body.of(FakeSource.bytes("ab", "c"), 3).transform(Framing.BYTES, watch);
        assertThat(body.length()).isEqualTo(3);
        assertThat(text(drain(body.open(Framing.BYTES)))).isEqualTo("abc");
        assertThat(Body.of(Buffer.buffer("abc")).transform(Framing.BYTES, watch).length())
                .isEqualTo(3);
        assertThat(Body.of(FakeSource.bytes("a"), 1)
                        .transform(Framing.BYTES, watch)
                        .transform(Framing.BYTES, new BodyTransform<>() {})
                        .length())
                .isEqualTo(-1);
        Body empty = Body.empty().transform(Framing.BYTES, watch);
        assertThat(empty.isEmpty())
                .as("it is to be read, so that who watches sees its end")
                .isFalse();
        assertThat(empty.length()).isEqualTo(-1);

        BodyReader<Buffer> longer = Body.of(FakeSource.bytes("ab"), 2)
                .transform(Framing.BYTES, doubles)
                .open(Framing.BYTES);
        assertThat(text(drain(longer))).isEqualTo("ab");
        assertThat(longer.end().complete()).isFalse();
    }

    @Test
    void buffersWhatFits() {
        Body body = Body.of(FakeSource.bytes("ab", "cd"), -1);
        assertThat(body.buffer(4).result()).isTrue();
        assertThat(body.isBuffered()).isTrue();
        assertThat(body.isTaken()).isFalse();
        assertThat(body.length()).isEqualTo(4);
        assertThat(body.bytes().toString()).isEqualTo("abcd");
        for (int i = 0; i < 2; i++) {
            assertThat(text(drain(body.open(Framing.BYTES)))).isEqualTo("abcd");
        }
        assertThat(body.buffer(3).result()).isFalse();
        assertThat(body.isBuffered()).isTrue();
        body.cancel();
        assertThat(body.bytes().toString()).isEqualTo("abcd");
        assertThat(text(drain(
                        body.transform(Framing.BYTES, new BodyTransform<>() {}).open(Framing.BYTES))))
                .isEqualTo("abcd");
    }

    @Test
    void buffersASinglePieceWithoutCopying() {
        Buffer piece = Buffer.buffer("ab");
        Body body = Body.of(FakeSource.whole(piece), 2);
        assertThat(body.buffer(4).result()).isTrue();
        assertThat(body.bytes()).isSameAs(piece);
    }

    @Test
    void doesNotWaitForTheEndOfWhatHasNone() {
        FakeSource<Buffer> source = FakeSource.bytes("ab");
        source.endless = true;
        Body body = Body.of(source, -1).transform(Framing.BYTES, new BodyTransform<>() {});
        assertThat(body.buffer(100).result()).isFalse();
        assertThat(source.pulls).isZero();
        assertThat(text(drain(body.open(Framing.BYTES)))).isEqualTo("ab");
    }

    @Test
    void buffersWhatComesLater() {
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer("ab"));
        Body body = Body.of(source, -1);
        Future<Boolean> fits = body.buffer(10);
        assertThat(fits.isComplete()).isFalse();
        assertThatThrownBy(() -> body.open(Framing.BYTES)).isInstanceOf(IllegalStateException.class);
        source.give(Buffer.buffer("cd"));
        assertThat(fits.isComplete()).isFalse();
        source.end(BodyEnd.ok());
        assertThat(fits.result()).isTrue();
        assertThat(body.bytes().toString()).isEqualTo("abcd");
    }

    @Test
    void losesNothingWhenItDoesNotFit() {
        for (int max = 0; max < 8; max++) {
            FakeSource<Buffer> source = FakeSource.bytes("ab", "cd", "ef", "gh");
            Body body = Body.of(source, -1);
            assertThat(body.buffer(max).result()).isFalse();
            assertThat(body.isBuffered()).isFalse();
            assertThat(body.isTaken()).isFalse();
            assertThat(source.items).as("read ahead").hasSize(3 - max / 2);
            // a larger limit may come later
            assertThat(body.buffer(max + 1).isComplete()).isTrue();
            BodyReader<Buffer> reader = body.open(Framing.BYTES);
            assertThat(text(drain(reader))).isEqualTo("abcdefgh");
            assertThat(reader.end().complete()).isTrue();
        }
    }

    @Test
    void readsNothingWhenTheAnnouncedLengthIsTooLong() {
        FakeSource<Buffer> source = FakeSource.bytes("ab", "cd");
        Body body = Body.of(source, 4);
        assertThat(body.buffer(3).result()).isFalse();
        assertThat(source.pulls).isZero();
        assertThat(text(drain(body.open(Framing.BYTES)))).isEqualTo("abcd");
    }

    @Test
    void failsToBufferWhatBreaksOff() {
        Body body = Body.of(FakeSource.bytes("ab", "cd").broken(), -1);
        Future<Boolean> fits = body.buffer(10);
        assertThat(fits.cause())
                .isInstanceOfSatisfying(
                        BodyException.class, e -> assertThat(e.failure()).isSameAs(FakeSource.RESET));
        // what came is still there for whoever wants to pass it on
        BodyReader<Buffer> reader = body.open(Framing.BYTES);
        assertThat(text(drain(reader))).isEqualTo("abcd");
        assertThat(reader.end().failure()).isSameAs(FakeSource.RESET);
    }

    @Test
    void failsToBufferWhatIsCancelled() {
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer("ab"));
        Body body = Body.of(source, -1);
        Future<Boolean> fits = body.buffer(10);
        body.cancel();
        assertThat(source.cancels).isEqualTo(1);
        assertThat(fits.cause())
                .isInstanceOfSatisfying(
                        BodyException.class, e -> assertThat(e.failure().kind()).isEqualTo(FailureKind.CANCELLED));
        assertThat(body.isTaken()).isTrue();
    }

    @Test
    void failsToBufferFromAReaderThatBreaksItsContract() {
        for (boolean throwing : new boolean[] {true, false}) {
            BodyReader<Buffer> bad = new FakeSourceThatFails(throwing);
            Body body = Body.of(bad, -1);
            assertThat(body.buffer(10).cause())
                    .isInstanceOfSatisfying(
                            BodyException.class,
                            e -> assertThat(e.failure().kind()).isEqualTo(FailureKind.PLUGIN));
        }
        assertThat(runtime.faults)
                .hasSize(2)
                .allSatisfy(f -> assertThat(f.culprit()).isEqualTo(FakeSourceThatFails.class));
    }

    @Test
    void keepsTrailersOfABufferedBody() {
        MultiMap trailers = MultiMap.caseInsensitiveMultiMap().add("x", "1");
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer("a"));
        Body body = Body.of(source, -1);
        Future<Boolean> fits = body.buffer(10);
        source.end(BodyEnd.ok(trailers));
        assertThat(fits.result()).isTrue();
        BodyReader<Buffer> reader = body.open(Framing.BYTES);
        drain(reader);
        assertThat(reader.end().trailers()).isSameAs(trailers);
    }

    @Test
    void reportsAShorterBodyThanAnnounced() {
        BodyReader<Buffer> reader = Body.of(FakeSource.bytes("ab", "c"), 4).open(Framing.BYTES);
        assertThat(text(drain(reader))).isEqualTo("abc");
        assertInvalid(reader.end(), "body: 3 bytes (expected: 4 as announced)");
    }

    @Test
    void reportsALongerBodyThanAnnouncedAndPassesOnNoByteMore() {
        FakeSource<Buffer> source = FakeSource.bytes("ab", "cde", "f");
        BodyReader<Buffer> reader = Body.of(source, 4).open(Framing.BYTES);
        assertThat(text(drain(reader))).isEqualTo("abcd");
        assertThat(source.cancels).isEqualTo(1);
        assertInvalid(reader.end(), "body: at least 5 bytes (expected: 4 as announced)");
        FakeSource<Buffer> exact = FakeSource.bytes("abcd", "e");
        BodyReader<Buffer> second = Body.of(exact, 4).open(Framing.BYTES);
        assertThat(text(drain(second))).isEqualTo("abcd");
        assertInvalid(second.end(), "body: at least 5 bytes (expected: 4 as announced)");
    }

    @Test
    void checksTheLengthOfWhatComesLater() {
        FakeSource<Buffer> source = FakeSource.open();
        BodyReader<Buffer> reader = Body.of(source, 4).open(Framing.BYTES);
        Future<Buffer> first = reader.next();
        source.give(Buffer.buffer("abcdef"));
        assertThat(first.result().toString()).isEqualTo("abcd");
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().complete()).isFalse();
        FakeSource<Buffer> good = FakeSource.open();
        BodyReader<Buffer> second = Body.of(good, 1).open(Framing.BYTES);
        second.next();
        good.give(Buffer.buffer("a"));
        Future<Buffer> end = second.next();
        good.end(BodyEnd.ok());
        assertThat(end.isComplete()).isTrue();
        assertThat(second.end().complete()).isTrue();
    }

    @Test
    void prefersTheOriginalFailureToAWrongLength() {
        BodyReader<Buffer> reader = Body.of(FakeSource.bytes("ab").broken(), 4).open(Framing.BYTES);
        drain(reader);
        assertThat(reader.end().failure()).isSameAs(FakeSource.RESET);
    }

    @Test
    void freesItsSourceOnceCancelled() {
        FakeSource<Buffer> source = FakeSource.bytes("ab");
        Body body = Body.of(source, 2);
        body.cancel();
        assertThat(source.cancels).isEqualTo(1);
        FakeSource<Buffer> second = FakeSource.bytes("ab");
        BodyReader<Buffer> reader = Body.of(second, 2).open(Framing.BYTES);
        reader.cancel();
        assertThat(second.cancels).isEqualTo(1);
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().complete()).isFalse();
    }

    @Test
    void cancelsItsReaderAfterItWasOpened() {
        FakeSource<Buffer> source = FakeSource.open();
        Body body = Body.of(source, -1);
        Future<SseEvent> next = body.open(Framing.SSE).next();
        body.cancel();
        assertThat(source.cancels).isEqualTo(1);
        assertThat(next.isComplete()).isTrue();
        assertThat(next.result()).isNull();
    }

    @Test
    void decodesAndEncodes() {
        assertThat(drain(Body.of(FakeSource.bytes("data: a\n\nda", "ta: b\n\n"), -1)
                        .open(Framing.SSE)))
                .extracting(SseEvent::text)
                .containsExactly("a", "b");
        FakeSource<SseEvent> events = FakeSource.whole(SseEvent.of("a"), SseEvent.of("b"));
        assertThat(drain(Body.of(Framing.SSE, events).open(Framing.BYTES)))
                .extracting(Buffer::toString)
                .containsExactly("data: a\n\n", "data: b\n\n");
        FakeSource<SseEvent> again = FakeSource.whole(SseEvent.of("a"));
        Body body = Body.of(Framing.SSE, again);
        assertThat(body.buffer(2).result()).isFalse();
        assertThat(drain(body.open(Framing.SSE))).extracting(SseEvent::text).containsExactly("a");
    }

    @Test
    void keepsViewsOfABufferedBody() {
        AtomicInteger parses = new AtomicInteger();
        Function<Buffer, String> view = bytes -> bytes.toString() + parses.incrementAndGet();
        Function<Buffer, Integer> other = Buffer::length;
        Body body = Body.of(Buffer.buffer("ab"));
        assertThat(body.view(view)).isEqualTo("ab1");
        assertThat(body.view(other)).isEqualTo(2);
        assertThat(body.view(view)).isEqualTo("ab1");
        Body streamed = Body.of(FakeSource.bytes("a", "b"), -1);
        streamed.buffer(5);
        assertThat(streamed.view(view)).isEqualTo("ab2");
        assertThat(streamed.view(view)).isEqualTo("ab2");
    }

    @Test
    void sharesTheEmptyBody() {
        assertThat(Body.empty()).isSameAs(Body.of(Buffer.buffer()));
        assertThat(Body.empty().isEmpty()).isTrue();
        assertThat(Body.empty().isBuffered()).isTrue();
        AtomicInteger parses = new AtomicInteger();
        Function<Buffer, Integer> view = bytes -> parses.incrementAndGet();
        Body.empty().view(view);
        Body.empty().view(view);
        assertThat(parses).hasValue(2);
        BodyReader<Buffer> reader = Body.empty().open(Framing.BYTES);
        assertThatThrownBy(reader::end).isInstanceOf(IllegalStateException.class);
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().complete()).isTrue();
        reader.cancel();
        assertThat(reader.end().complete()).isTrue();
    }

    @Test
    void breaksOffABufferedBodyThatItsReaderGaveUp() {
        BodyReader<Buffer> reader = Body.of(Buffer.buffer("a")).open(Framing.BYTES);
        reader.cancel();
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.CANCELLED);
    }

    private static void assertInvalid(BodyEnd end, String message) {
        assertThat(end.failure()).isNotNull();
        assertThat(end.failure()).extracting(Failure::kind).isEqualTo(FailureKind.INVALID_RESPONSE);
        assertThat(end.failure()).extracting(Failure::message).isEqualTo(message);
    }

    /** A reader that fails, which no reader may. */
    private record FakeSourceThatFails(boolean throwing) implements BodyReader<Buffer> {
        @Override
        public Future<Buffer> next() {
            if (throwing) {
                throw new IllegalArgumentException("planted");
            }
            return Future.failedFuture(new IllegalArgumentException("planted"));
        }

        @Override
        public BodyEnd end() {
            throw new IllegalStateException("never");
        }

        @Override
        public void cancel() {}
    }
}
