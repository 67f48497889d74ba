package io.gatehouse.api.body;

import static io.gatehouse.api.body.FakeSource.RESET;
import static io.gatehouse.api.body.FakeSource.drain;
import static io.gatehouse.api.body.FakeSource.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BodyTransformTest {
    private static final Failure STOP = Failure.of(FailureKind.INVALID_RESPONSE, "stopped");

    private FakeRuntime runtime = new FakeRuntime();
    private final List<String> calls = new ArrayList<>();

    @BeforeEach
    void install() {
        runtime = FakeRuntime.install();
    }

    @AfterEach
    void uninstall() {
        BodyRuntime.uninstall();
        assertThat(runtime.timers).as("timers left").isEmpty();
    }

    /** Writes down what it is called for, and passes items on unless told otherwise. */
    private class Probe implements BodyTransform<SseEvent> {
        final String name;
        BiConsumer<SseEvent, Out<SseEvent>> onItem = (item, out) -> out.emit(item);
        Consumer<Out<SseEvent>> onTick = out -> {};
        Consumer<Out<SseEvent>> onEnd = out -> {};

        @Nullable
        BodyEnd returned;

        boolean throwInClosed;

        @Nullable
        BodyEnd closed;

        int closes;

        Probe(String name) {
            this.name = name;
        }

        @Override
        public void item(SseEvent item, Out<SseEvent> out) {
            calls.add(name + " " + item.text());
            onItem.accept(item, out);
        }

        @Override
        public void tick(Out<SseEvent> out) {
            calls.add(name + " tick");
            onTick.accept(out);
        }

        @Override
        public BodyEnd end(BodyEnd end, Out<SseEvent> out) {
            calls.add(name + " end " + name(end));
            onEnd.accept(out);
            return returned != null ? returned : end;
        }

        @Override
        public void closed(BodyEnd end) {
            calls.add(name + " closed " + name(end));
            closed = end;
            closes++;
            if (throwInClosed) {
                throw new IllegalArgumentException("planted");
            }
        }
    }

    private static String name(BodyEnd end) {
        Failure failure = end.failure();
        return failure == null ? "ok" : failure.kind().toString();
    }

    private static String sse(String... data) {
        StringBuilder text = new StringBuilder();
        for (String d : data) {
            text.append("data: ").append(d).append("\n\n");
        }
        return text.toString();
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static BodyReader<Buffer> bytesThrough(FakeSource<Buffer> source, BodyTransform<SseEvent>... transforms) {
        return through(source, transforms).open(Framing.BYTES);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static Body through(FakeSource<Buffer> source, BodyTransform<SseEvent>... transforms) {
        Body body = Body.of(source, -1);
        for (BodyTransform<SseEvent> transform : transforms) {
            body = body.transform(Framing.SSE, transform);
        }
        return body;
    }

    @Test
    void passesTheVeryBufferWhenNothingChanged() {
        Buffer first = Buffer.buffer(sse("a", "b"));
        Buffer second = Buffer.buffer(": c\r\n\r\n" + sse("c"));
        BodyReader<Buffer> reader =
                bytesThrough(FakeSource.whole(first, second), new Probe("x"), new BodyTransform<>() {});
        assertThat(drain(reader))
                .satisfiesExactly(
                        b -> assertThat(b).isSameAs(first), b -> assertThat(b).isSameAs(second));
        assertThat(reader.end().complete()).isTrue();
    }

    @Test
    void collectsWhatOneChunkProducedIntoOneBuffer() {
        Probe probe = new Probe("x");
        probe.onItem = (item, out) -> {
            if (item.dataIs("a")) {
                out.emit(item.withData(Buffer.buffer("A")));
                out.emit(SseEvent.of("more"));
            } else if (!item.dataIs("b")) {
                out.emit(item);
            }
        };
        BodyReader<Buffer> reader =
                bytesThrough(FakeSource.bytes(sse("a", "b", "c"), sse("b"), sse("d") + "data: ", "e\n\n"), probe);
        assertThat(drain(reader))
                .extracting(Buffer::toString)
                .containsExactly(sse("A", "more", "c"), sse("d"), sse("e"));
    }

    /** Of a large piece nothing is copied but the event that began in the piece before. */
    @Test
    void passesSlicesOfALargeChunkOfWhichSomeEventsStay() {
        String large = "x".repeat(3000);
        Probe probe = new Probe("x");
        probe.onItem = (item, out) -> {
            if (!item.dataIs("b")) {
                out.emit(item);
            }
        };
        String whole = sse("a", large, large, "b", large, "c");
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(whole.substring(0, 4), whole.substring(4)), probe);
        assertThat(drain(reader))
                .extracting(Buffer::toString)
                .containsExactly(sse("a"), sse(large, large), sse(large, "c"));
    }

    @Test
    void noticesThatItemsChangedPlaces() {
        Probe probe = new Probe("x");
        List<SseEvent> kept = new ArrayList<>();
        probe.onItem = (item, out) -> {
            kept.add(item);
            if (kept.size() == 2) {
                out.emit(kept.get(1));
                out.emit(kept.get(0));
            }
        };
        assertThat(text(drain(bytesThrough(FakeSource.bytes(sse("a", "b")), probe))))
                .isEqualTo(sse("b", "a"));
        Probe twice = new Probe("y");
        twice.onItem = (item, out) -> {
            out.emit(item);
            out.emit(item);
        };
        assertThat(text(drain(bytesThrough(FakeSource.bytes(sse("a")), twice)))).isEqualTo(sse("a", "a"));
    }

    @Test
    void decodesOnceForNeighboursOfOneFraming() {
        Counting framing = new Counting();
        Body body = Body.of(FakeSource.bytes(sse("a")), -1)
                .transform(framing, new Probe("1"))
                .transform(framing, new Probe("2"))
                .transform(framing, new Probe("3"));
        assertThat(drain(body.open(framing))).hasSize(1);
        assertThat(framing.decoders).isEqualTo(1);
        assertThat(calls)
                .containsExactly(
                        "1 a",
                        "2 a",
                        "3 a",
                        "1 end ok",
                        "1 closed ok",
                        "2 end ok",
                        "2 closed ok",
                        "3 end ok",
                        "3 closed ok");
    }

    @Test
    void decodesNothingWhenTheSourceHasTheFraming() {
        Counting framing = new Counting();
        SseEvent event = SseEvent.of("a");
        Body body = Body.of(framing, FakeSource.whole(event)).transform(framing, new Probe("1"));
        assertThat(drain(body.open(framing))).containsExactly(event);
        assertThat(framing.decoders).isZero();
        Body bytes = Body.of(framing, FakeSource.whole(event)).transform(framing, new Probe("1"));
        assertThat(drain(bytes.open(Framing.BYTES)))
                .singleElement()
                .satisfies(b -> assertThat(b).isSameAs(event.raw()));
        assertThat(framing.decoders).isZero();
    }

    @Test
    void passesThroughTransformsOfDifferentFramings() {
        Probe one = new Probe("1");
        Probe two = new Probe("2");
        List<String> chunks = new ArrayList<>();
        Body body = Body.of(FakeSource.bytes(sse("a", "b"), sse("c")), -1)
                .transform(Framing.SSE, one)
                .transform(Framing.BYTES, new BodyTransform<>() {
                    @Override
                    public void item(Buffer item, Out<Buffer> out) {
                        chunks.add(item.toString());
                        out.emit(Buffer.buffer(item.toString().replace('b', 'B')));
                    }
                })
                .transform(Framing.SSE, two);
        BodyReader<SseEvent> reader = body.open(Framing.SSE);
        assertThat(drain(reader)).extracting(SseEvent::text).containsExactly("a", "B", "c");
        assertThat(chunks).containsExactly(sse("a", "b"), sse("c"));
        assertThat(reader.end().complete()).isTrue();
        assertThat(one.closes).isEqualTo(1);
        assertThat(two.closes).isEqualTo(1);
    }

    @Test
    void readsAMillionItemsAtHandWithoutDeepeningTheStack() {
        int[] left = {1_000_000};
        SseEvent event = SseEvent.of("a");
        BodyReader<SseEvent> endless = new BodyReader<>() {
            @Override
            public Future<@Nullable SseEvent> next() {
                return left[0]-- > 0 ? Future.succeededFuture(event) : Future.succeededFuture();
            }

            @Override
            public BodyEnd end() {
                return BodyEnd.ok();
            }

            @Override
            public void cancel() {}
        };
        int[] seen = {0};
        Body body = Body.of(Framing.SSE, endless).transform(Framing.SSE, new BodyTransform<>() {
            @Override
            public void item(SseEvent item, Out<SseEvent> out) {
                seen[0]++;
            }
        });
        BodyReader<SseEvent> reader = body.open(Framing.SSE);
        assertThat(reader.next().result()).isNull();
        assertThat(seen[0]).isEqualTo(1_000_000);
        assertThat(reader.end().complete()).isTrue();
    }

    @Test
    void readsNothingAhead() {
        FakeSource<Buffer> source = FakeSource.bytes(sse("a", "b"), sse("c"));
        BodyReader<SseEvent> reader = through(source, new Probe("x")).open(Framing.SSE);
        assertThat(source.pulls).isZero();
        reader.next();
        reader.next();
        assertThat(source.pulls).isEqualTo(1);
        reader.next();
        assertThat(source.pulls).isEqualTo(2);
        assertThatThrownBy(reader::end).isInstanceOf(IllegalStateException.class);
        assertThat(reader.next().result()).isNull();
        assertThat(reader.next().result()).isNull();
        assertThat(source.pulls).isEqualTo(3);
    }

    @Test
    void waitsForWhatComesLater() {
        FakeSource<Buffer> source = FakeSource.open();
        BodyReader<SseEvent> reader = through(source, new Probe("x")).open(Framing.SSE);
        Future<SseEvent> next = reader.next();
        assertThatThrownBy(reader::next).isInstanceOf(IllegalStateException.class);
        source.give(Buffer.buffer("data: "));
        assertThat(next.isComplete()).isFalse();
        source.give(Buffer.buffer("a\n\n"));
        assertThat(next.result().text()).isEqualTo("a");
        Future<SseEvent> end = reader.next();
        source.end(BodyEnd.truncated(RESET));
        assertThat(end.isComplete()).isTrue();
        assertThat(reader.end().failure()).isSameAs(RESET);
        assertThat(calls).containsExactly("x a", "x end RESET", "x closed RESET");
    }

    @Test
    void handsOutTheUnfinishedRestOfABrokenSource() {
        BodyReader<Buffer> reader =
                bytesThrough(FakeSource.bytes(sse("a") + "data: b").broken(), new Probe("x"));
        assertThat(text(drain(reader))).isEqualTo(sse("a") + "data: b");
        assertThat(reader.end().failure()).isSameAs(RESET);
    }

    @Test
    void letsTheOriginalFailureTravelPastALastErrorEvent() {
        Probe inner = new Probe("1");
        inner.onEnd = out -> out.emit(SseEvent.of("error", "sorry"));
        inner.returned = BodyEnd.ok();
        Probe outer = new Probe("2");
        outer.returned = BodyEnd.truncated(STOP);
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")).broken(), inner, outer);
        assertThat(text(drain(reader))).isEqualTo(sse("a") + "event: error\ndata: sorry\n\n");
        assertThat(reader.end().failure()).isSameAs(RESET);
        assertThat(inner.closed).isNotNull().extracting(BodyEnd::failure).isSameAs(RESET);
        assertThat(outer.closed).isNotNull().extracting(BodyEnd::failure).isSameAs(RESET);
    }

    @Test
    void letsATransformAddAFailure() {
        Probe inner = new Probe("1");
        inner.returned = BodyEnd.truncated(STOP);
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")), inner, new Probe("2"));
        drain(reader);
        assertThat(reader.end().failure()).isSameAs(STOP);
        assertThat(calls)
                .endsWith(
                        "1 end ok", "1 closed INVALID_RESPONSE", "2 end INVALID_RESPONSE", "2 closed INVALID_RESPONSE");
    }

    @Test
    void breaksOffWhereATransformThrows() {
        for (String phase : List.of("item", "tick", "end", "closed")) {
            calls.clear();
            runtime.faults.clear();
            FakeSource<Buffer> source = FakeSource.bytes(sse("a"), sse("b"));
            Probe inner = new Probe("1");
            Probe broken = new Probe("2");
            Probe outer = new Probe("3");
            Consumer<Out<SseEvent>> fault = out -> {
                out.emit(SseEvent.of("last"));
                throw new IllegalArgumentException("planted");
            };
            broken.onItem = (item, out) -> {
                out.emit(item);
                if (item.dataIs("b") && phase.equals("item")) {
                    fault.accept(out);
                }
                if (phase.equals("tick")) {
                    out.wake(Duration.ZERO);
                }
            };
            broken.onTick = phase.equals("tick") ? fault : broken.onTick;
            broken.onEnd = phase.equals("end") ? fault : broken.onEnd;
            broken.throwInClosed = phase.equals("closed");
            BodyReader<Buffer> reader = bytesThrough(source, inner, broken, outer);
            String expected = phase.equals("tick")
                    ? sse("a", "last")
                    : phase.equals("closed") ? sse("a", "b") : sse("a", "b", "last");
            assertThat(text(drain(reader))).as(phase).isEqualTo(expected);
            Failure failure = reader.end().failure();
            assertThat(failure).isNotNull().extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
            assertThat(runtime.faults).singleElement().satisfies(f -> {
                assertThat(f.phase()).isEqualTo(phase);
                assertThat(f.culprit()).isEqualTo(Probe.class);
                assertThat(f).hasMessageContaining("planted").hasCauseInstanceOf(IllegalArgumentException.class);
                assertThat(failure).extracting(Failure::cause).isSameAs(f);
            });
            boolean sourceLived = phase.equals("item") || phase.equals("tick");
            assertThat(source.cancels).as(phase).isEqualTo(phase.equals("closed") ? 0 : 1);
            assertThat(calls).as(phase).contains(sourceLived ? "1 closed CANCELLED" : "1 closed ok");
            assertThat(calls).as(phase).contains("3 end PLUGIN", "3 closed PLUGIN");
            assertThat(List.of(inner.closes, broken.closes, outer.closes)).containsExactly(1, 1, 1);
        }
    }

    @Test
    void keepsTheOriginalFailureWhenATransformThrowsAfterIt() {
        Probe probe = new Probe("1");
        probe.throwInClosed = true;
        probe.onEnd = out -> {
            throw new IllegalArgumentException("planted");
        };
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")).broken(), probe);
        drain(reader);
        assertThat(reader.end().failure()).isSameAs(RESET);
        assertThat(probe.closed).isNotNull().extracting(BodyEnd::failure).isSameAs(RESET);
        assertThat(runtime.faults).extracting(BodyCodeException::phase).containsExactly("end", "closed");
    }

    @Test
    void takesANullAsAFaultOfTheTransform() {
        BodyReader<Buffer> emitted = bytesThrough(FakeSource.bytes(sse("a")), new BodyTransform<>() {
            @Override
            @SuppressWarnings("NullAway") // what the test is about
            public void item(SseEvent item, Out<SseEvent> out) {
                out.emit(null);
            }
        });
        drain(emitted);
        assertThat(emitted.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
        BodyReader<Buffer> ended = bytesThrough(FakeSource.bytes(sse("a")), new BodyTransform<>() {
            @Override
            @SuppressWarnings("NullAway") // what the test is about
            public BodyEnd end(BodyEnd end, Out<SseEvent> out) {
                return null;
            }
        });
        drain(ended);
        assertThat(ended.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
    }

    @Test
    void refusesAnOutUsedLater() {
        List<Out<SseEvent>> kept = new ArrayList<>();
        Probe probe = new Probe("1");
        probe.onItem = (item, out) -> kept.add(out);
        drain(bytesThrough(FakeSource.bytes(sse("a")), probe));
        Out<SseEvent> out = kept.get(0);
        assertThatThrownBy(() -> out.emit(SseEvent.of("x"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> out.hold(Future.succeededFuture())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> out.wake(Duration.ZERO)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> out.stop(STOP)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void holdsTheNextItemBack() {
        for (boolean fails : new boolean[] {false, true}) {
            calls.clear();
            FakeSource<Buffer> source = FakeSource.bytes(sse("a", "b"), sse("c"));
            Promise<Void> check = Promise.promise();
            Probe inner = new Probe("1");
            Probe holding = new Probe("2");
            holding.onItem = (item, out) -> {
                out.emit(item);
                out.hold(item.dataIs("a") ? check.future() : Future.succeededFuture());
            };
            BodyReader<Buffer> reader = bytesThrough(source, inner, holding);
            // what was emitted goes out at once
            assertThat(reader.next().result().toString()).isEqualTo(sse("a"));
            Future<Buffer> next = reader.next();
            assertThat(next.isComplete()).isFalse();
            assertThat(source.pulls).isEqualTo(1);
            assertThat(calls).containsExactly("1 a", "2 a", "1 b");
            if (fails) {
                check.fail("planted");
            } else {
                check.complete();
            }
            assertThat(next.result().toString()).isEqualTo(sse("b"));
            assertThat(text(drain(reader))).isEqualTo(sse("c"));
            assertThat(reader.end().complete()).isTrue();
        }
    }

    @Test
    void holdsTheEndBack() {
        Promise<Void> item = Promise.promise();
        Promise<Void> end = Promise.promise();
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> out.hold(item.future());
        probe.onEnd = out -> out.hold(end.future());
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")), probe, new Probe("2"));
        Future<Buffer> next = reader.next();
        assertThat(calls).containsExactly("1 a");
        item.complete();
        assertThat(next.isComplete()).isFalse();
        assertThat(calls).containsExactly("1 a", "1 end ok");
        end.complete();
        assertThat(next.isComplete()).isTrue();
        assertThat(calls).containsExactly("1 a", "1 end ok", "1 closed ok", "2 end ok", "2 closed ok");
    }

    @Test
    void ticksRightAfterAHoldWhenAsked() {
        Promise<Void> check = Promise.promise();
        List<SseEvent> kept = new ArrayList<>();
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> {
            kept.add(event);
            out.hold(check.future());
            out.wake(Duration.ZERO);
        };
        probe.onTick = out -> kept.forEach(out::emit);
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(sse("a")));
        BodyReader<SseEvent> reader = through(source, probe).open(Framing.SSE);
        Future<SseEvent> next = reader.next();
        assertThat(calls).containsExactly("1 a");
        check.complete();
        assertThat(next.result().text()).isEqualTo("a");
        reader.cancel();
    }

    @Test
    void ticksAfterATimeWithoutItems() {
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(sse("a")));
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> {
            out.emit(event);
            if (event.dataIs("a")) {
                out.wake(Duration.ofSeconds(99));
                out.wake(Duration.ofSeconds(10));
            }
        };
        probe.onTick = out -> out.emit(SseEvent.of("beat"));
        BodyReader<SseEvent> reader = through(source, probe).open(Framing.SSE);
        reader.next();
        Future<SseEvent> second = reader.next();
        runtime.advance(Duration.ofSeconds(6));
        source.give(Buffer.buffer(sse("b")));
        assertThat(second.result().text()).isEqualTo("b");
        Future<SseEvent> third = reader.next();
        runtime.advance(Duration.ofSeconds(9));
        assertThat(third.isComplete()).as("an item came in between").isFalse();
        runtime.advance(Duration.ofSeconds(1));
        assertThat(third.result().text()).isEqualTo("beat");
        // one tick per wake, and the source owes its item still
        Future<SseEvent> fourth = reader.next();
        runtime.advance(Duration.ofSeconds(60));
        assertThat(fourth.isComplete()).isFalse();
        source.give(Buffer.buffer(sse("c")));
        assertThat(fourth.result().text()).isEqualTo("c");
        assertThat(source.pulls).isEqualTo(3);
        reader.cancel();
    }

    @Test
    void doesNotTickWhileNobodyWaits() {
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(sse("a")));
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> {
            out.emit(event);
            out.wake(Duration.ofSeconds(10));
        };
        probe.onTick = out -> out.emit(SseEvent.of("beat"));
        BodyReader<SseEvent> reader = through(source, probe).open(Framing.SSE);
        reader.next();
        runtime.advance(Duration.ofSeconds(60));
        assertThat(calls).containsExactly("1 a");
        source.give(Buffer.buffer(sse("b")));
        assertThat(reader.next().result().text()).isEqualTo("b");
        runtime.advance(Duration.ofSeconds(60));
        assertThat(reader.next().result().text()).isEqualTo("beat");
        reader.cancel();
    }

    @Test
    void doesNotSpinWhenATickAsksForTheNext() {
        FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(sse("a")));
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> out.wake(Duration.ZERO);
        probe.onTick = out -> out.wake(Duration.ZERO);
        BodyReader<SseEvent> reader = through(source, probe).open(Framing.SSE);
        Future<SseEvent> next = reader.next();
        assertThat(calls).containsExactly("1 a", "1 tick");
        runtime.advance(Duration.ofMillis(3));
        assertThat(calls).hasSize(5);
        reader.cancel();
        assertThat(next.isComplete()).isTrue();
    }

    @Test
    void refusesAWakeWithoutATimer() {
        BodyRuntime.uninstall();
        Probe probe = new Probe("1");
        probe.onItem = (event, out) -> out.wake(Duration.ofSeconds(1));
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")), probe);
        drain(reader);
        assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
    }

    @Test
    void stopsTheBody() {
        FakeSource<Buffer> source = FakeSource.bytes(sse("a", "b", "c"), sse("d"));
        Probe inner = new Probe("1");
        Probe stopping = new Probe("2");
        stopping.onItem = (item, out) -> {
            out.emit(item);
            if (item.dataIs("b")) {
                out.stop(STOP);
                out.emit(SseEvent.of("too late"));
            }
        };
        Probe outer = new Probe("3");
        outer.onEnd = out -> out.emit(SseEvent.of("bye"));
        BodyReader<Buffer> reader = bytesThrough(source, inner, stopping, outer);
        assertThat(text(drain(reader))).isEqualTo(sse("a", "b", "bye"));
        assertThat(source.cancels).isEqualTo(1);
        assertThat(reader.end().failure()).isSameAs(STOP);
        assertThat(calls)
                .endsWith(
                        "1 closed CANCELLED",
                        "2 closed INVALID_RESPONSE",
                        "3 end INVALID_RESPONSE",
                        "3 closed INVALID_RESPONSE");
    }

    @Test
    void stopsAtTheEndAlike() {
        Probe stopping = new Probe("1");
        stopping.onEnd = out -> {
            out.emit(SseEvent.of("last"));
            out.stop(STOP);
        };
        Probe outer = new Probe("2");
        BodyReader<Buffer> reader = bytesThrough(FakeSource.bytes(sse("a")), stopping, outer);
        assertThat(text(drain(reader))).isEqualTo(sse("a", "last"));
        assertThat(reader.end().failure()).isSameAs(STOP);
        assertThat(stopping.closed).isNotNull().extracting(BodyEnd::failure).isSameAs(STOP);
        assertThat(outer.closed).isNotNull().extracting(BodyEnd::failure).isSameAs(STOP);
    }

    @Test
    void closesOnceWhateverStateItIsCancelledIn() {
        for (int state = 0; state < 6; state++) {
            calls.clear();
            FakeSource<Buffer> source = FakeSource.open(Buffer.buffer(sse("a", "b")));
            Promise<Void> never = Promise.promise();
            Probe inner = new Probe("1");
            Probe outer = new Probe("2");
            if (state == 4) {
                inner.onItem = (item, out) -> out.hold(never.future());
            }
            Body body = through(source, inner, outer);
            if (state == 0) {
                body.cancel();
                body.cancel();
                assertThat(source.pulls).isZero();
            } else {
                BodyReader<SseEvent> reader = body.open(Framing.SSE);
                Future<SseEvent> next = Future.succeededFuture();
                for (int i = 1; i < state; i++) {
                    next = reader.next();
                    if (!next.isComplete()) {
                        break;
                    }
                }
                if (state == 5) {
                    body.cancel();
                }
                reader.cancel();
                reader.cancel();
                assertThat(next.isComplete()).isTrue();
                assertThat(reader.next().result()).isNull();
                assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.CANCELLED);
                never.complete();
            }
            assertThat(source.cancels).as("state %s", state).isPositive();
            assertThat(List.of(inner.closes, outer.closes))
                    .as("state %s", state)
                    .containsExactly(1, 1);
            assertThat(calls).as("state %s", state).endsWith("1 closed CANCELLED", "2 closed CANCELLED");
        }
    }

    @Test
    void doesNothingWhenCancelledAfterTheEnd() {
        FakeSource<Buffer> source = FakeSource.bytes(sse("a"));
        Probe probe = new Probe("1");
        BodyReader<Buffer> reader = bytesThrough(source, probe);
        drain(reader);
        reader.cancel();
        assertThat(source.cancels).isZero();
        assertThat(reader.end().complete()).isTrue();
        assertThat(probe.closes).isEqualTo(1);
    }

    @Test
    void canBeCancelledFromWithin() {
        FakeSource<Buffer> source = FakeSource.bytes(sse("a", "b"), sse("c"));
        Probe probe = new Probe("1");
        List<BodyReader<Buffer>> readers = new ArrayList<>();
        probe.onItem = (item, out) -> {
            readers.get(0).cancel();
            assertThat(probe.closes).as("not while its item runs").isZero();
            out.emit(item);
        };
        readers.add(bytesThrough(source, probe));
        assertThat(readers.get(0).next().result()).isNull();
        assertThat(source.cancels).isEqualTo(1);
        assertThat(probe.closes).isEqualTo(1);
        assertThat(readers.get(0).end().complete()).isFalse();
    }

    @Test
    void endsWithTheFailureOfAFraming() {
        Body body = Body.of(FakeSource.bytes(sse("a") + "data: 0123456789", "012345678901234567"), -1)
                .transform(Framing.sse(20), new Probe("1"));
        BodyReader<Buffer> reader = body.open(Framing.BYTES);
        assertThat(text(drain(reader))).isEqualTo(sse("a"));
        assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.INVALID_RESPONSE);
        assertThat(calls).endsWith("1 end INVALID_RESPONSE", "1 closed INVALID_RESPONSE");
        assertThat(runtime.faults).isEmpty();
    }

    @Test
    void blamesAFramingThatThrows() {
        for (String phase : List.of("feed", "end", "encode")) {
            runtime.faults.clear();
            FakeSource<Buffer> source = FakeSource.bytes("a", "b");
            Probe probe = new Probe("1");
            probe.onItem = (item, out) -> out.emit(SseEvent.of("planted"));
            BodyReader<Buffer> reader =
                    Body.of(source, -1).transform(new Broken(phase), probe).open(Framing.BYTES);
            drain(reader);
            assertThat(reader.end().failure()).extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
            assertThat(runtime.faults).extracting(BodyCodeException::phase).containsExactly(phase);
            assertThat(probe.closes).isEqualTo(1);
        }
    }

    @Test
    void runsTransformsOfABufferedBody() {
        Body buffered = Body.of(Buffer.buffer(sse("a")));
        Probe probe = new Probe("1");
        Body body = buffered.transform(Framing.SSE, probe);
        assertThat(body.isBuffered()).isFalse();
        assertThat(body.buffer(100).result()).isTrue();
        assertThat(body.bytes().toString()).isEqualTo(sse("a"));
        assertThat(probe.closes).isEqualTo(1);
        Probe onEmpty = new Probe("2");
        onEmpty.onEnd = out -> out.emit(SseEvent.of("x"));
        Body empty = Body.empty().transform(Framing.SSE, onEmpty);
        assertThat(empty.isEmpty()).isFalse();
        assertThat(text(drain(empty.open(Framing.BYTES)))).isEqualTo(sse("x"));
        assertThat(buffered.bytes().toString()).isEqualTo(sse("a"));
    }

    @Test
    void streamsOnThroughTransformsWhenItDoesNotFit() {
        Probe one = new Probe("1");
        Body body = through(FakeSource.bytes(sse("a"), sse("b"), sse("c")), one);
        assertThat(body.buffer(10).result()).isFalse();
        Probe two = new Probe("2");
        BodyReader<Buffer> reader = body.transform(Framing.SSE, two).open(Framing.BYTES);
        assertThat(text(drain(reader))).isEqualTo(sse("a", "b", "c"));
        assertThat(one.closes).isEqualTo(1);
        assertThat(calls).contains("1 a", "2 a", "1 c", "2 c");
    }

    private static final class Counting implements Framing<SseEvent> {
        int decoders;

        @Override
        public Decoder<SseEvent> decoder() {
            decoders++;
            return Framing.SSE.decoder();
        }

        @Override
        public Buffer encode(SseEvent item) {
            return item.raw();
        }
    }

    private record Broken(String phase) implements Framing<SseEvent> {
        @Override
        public Decoder<SseEvent> decoder() {
            return new Decoder<>() {
                @Override
                public void feed(Buffer bytes, Consumer<? super SseEvent> items) {
                    if (phase.equals("feed")) {
                        throw new IllegalArgumentException("planted");
                    }
                    items.accept(SseEvent.of(bytes));
                }

                @Override
                public void end(Consumer<? super SseEvent> items) {
                    if (phase.equals("end")) {
                        throw new IllegalArgumentException("planted");
                    }
                }
            };
        }

        @Override
        public Buffer encode(SseEvent item) {
            if (phase.equals("encode") && item.dataIs("planted")) {
                throw new IllegalArgumentException("planted");
            }
            return item.raw();
        }
    }
}
