package io.gatehouse.api.body;

import static io.gatehouse.api.body.FakeSource.drain;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class QueueSinkTest {
    private FakeRuntime runtime = new FakeRuntime();

    @BeforeEach
    void install() {
        runtime = FakeRuntime.install();
    }

    @AfterEach
    void uninstall() {
        BodyRuntime.uninstall();
    }

    @Test
    void givesWhatWasWrittenInOrderThenTheEnd() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 3);
        Buffer a = Buffer.buffer("a");
        Buffer b = Buffer.buffer("b");
        assertThat(sink.write(a).succeeded()).isTrue();
        assertThat(sink.write(b).succeeded()).isTrue();
        sink.end();
        assertThat(sink.body()).isSameAs(sink.body());
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        assertThatThrownBy(reader::end).isInstanceOf(IllegalStateException.class);
        assertThat(drain(reader)).containsExactly(a, b);
        assertThat(reader.end().complete()).isTrue();
    }

    @Test
    void hasRoomForSoManyItems() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 2);
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        assertThat(sink.write(Buffer.buffer("a")).isComplete()).isTrue();
        Future<Void> second = sink.write(Buffer.buffer("b"));
        Future<Void> third = sink.write(Buffer.buffer("c"));
        assertThat(second.isComplete()).isFalse();
        reader.next();
        assertThat(second.isComplete()).isFalse();
        reader.next();
        assertThat(second.succeeded()).isTrue();
        assertThat(third.succeeded()).isTrue();
        assertThatThrownBy(() -> Body.sink(Framing.BYTES, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAWriterThatNeverWaits() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 1);
        Future<Void> last = Future.succeededFuture();
        int taken = 0;
        while (!last.failed()) {
            last = sink.write(Buffer.buffer("a"));
            taken += last.failed() ? 0 : 1;
        }
        assertThat(taken).isLessThan(100);
        assertThat(last.cause()).isInstanceOf(IllegalStateException.class).hasMessageContaining("at most 1");
        sink.end();
        assertThat(drain(sink.body().open(Framing.BYTES))).hasSize(taken);
    }

    @Test
    void handsAnItemToAWaitingReader() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 1);
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        Future<Buffer> next = reader.next();
        assertThatThrownBy(reader::next).isInstanceOf(IllegalStateException.class);
        Buffer a = Buffer.buffer("a");
        assertThat(sink.write(a).succeeded()).isTrue();
        assertThat(next.result()).isSameAs(a);
        Future<Buffer> end = reader.next();
        sink.fail(FakeSource.RESET);
        assertThat(end.isComplete()).isTrue();
        assertThat(end.result()).isNull();
        assertThat(reader.end().failure()).isSameAs(FakeSource.RESET);
    }

    @Test
    void deliversWhatWasWrittenBeforeAFailure() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 2);
        sink.write(Buffer.buffer("a"));
        sink.fail(FakeSource.RESET);
        sink.end();
        assertThat(sink.write(Buffer.buffer("b")).cause()).isInstanceOf(IllegalStateException.class);
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        assertThat(drain(reader)).hasSize(1);
        assertThat(reader.end().failure()).isSameAs(FakeSource.RESET);
    }

    @Test
    void failsWritersOnceTheBodyIsCancelled() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 1);
        Future<Void> blocked = sink.write(Buffer.buffer("a"));
        sink.body().cancel();
        for (Future<Void> write : List.of(blocked, sink.write(Buffer.buffer("b")))) {
            assertThat(write.cause())
                    .isInstanceOfSatisfying(
                            BodyException.class,
                            e -> assertThat(e.failure().kind()).isEqualTo(FailureKind.CANCELLED));
        }
    }

    @Test
    void endsForAWaitingReaderThatCancels() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 1);
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        Future<Buffer> next = reader.next();
        reader.cancel();
        reader.cancel();
        assertThat(next.isComplete()).isTrue();
        assertThat(reader.next().result()).isNull();
        assertThat(reader.end().complete()).isFalse();
    }

    @Test
    void keepsAWholeEndThatWasSeen() {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 1);
        sink.end();
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        reader.next();
        reader.cancel();
        assertThat(reader.end().complete()).isTrue();
    }

    @Test
    void framesItems() {
        BodySink<SseEvent> sink = Body.sink(Framing.SSE, 5);
        sink.write(SseEvent.of("a"));
        sink.end();
        assertThat(FakeSource.text(drain(sink.body().open(Framing.BYTES)))).isEqualTo("data: a\n\n");
    }

    @Test
    void completesOnTheReadersLoopWhenWrittenFromAnotherThread() throws InterruptedException {
        BodySink<Buffer> sink = Body.sink(Framing.BYTES, 2);
        int items = 500;
        int writers = 3;
        CountDownLatch done = new CountDownLatch(writers);
        List<Thread> threads = new ArrayList<>();
        AtomicReference<Throwable> fault = new AtomicReference<>();
        for (int w = 0; w < writers; w++) {
            Thread thread = new Thread(() -> {
                try {
                    for (int i = 0; i < items; i++) {
                        await(sink.write(Buffer.buffer("x")));
                    }
                } catch (Throwable thrown) {
                    fault.set(thrown);
                } finally {
                    done.countDown();
                }
            });
            threads.add(thread);
            thread.start();
        }
        Thread closer = new Thread(() -> {
            try {
                done.await();
            } catch (InterruptedException e) {
                fault.set(e);
            }
            sink.end();
        });
        closer.start();
        BodyReader<Buffer> reader = sink.body().open(Framing.BYTES);
        Thread mine = Thread.currentThread();
        int got = 0;
        boolean over = false;
        while (!over) {
            Future<Buffer> next = reader.next();
            AtomicReference<Thread> completer = new AtomicReference<>();
            next.onComplete(result -> completer.set(Thread.currentThread()));
            while (!next.isComplete()) {
                runtime.run();
            }
            assertThat(completer).hasValue(mine);
            over = next.result() == null;
            got += over ? 0 : 1;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        closer.join();
        assertThat(fault).hasValue(null);
        assertThat(got).isEqualTo(items * writers);
        assertThat(reader.end().complete()).isTrue();
    }

    private static void await(Future<Void> future) throws InterruptedException {
        CountDownLatch latch = new CountDownLatch(1);
        future.onComplete(result -> latch.countDown());
        if (!latch.await(60, TimeUnit.SECONDS)) {
            throw new AssertionError("no room after 60 s");
        }
        if (future.failed()) {
            throw new AssertionError(future.cause());
        }
    }
}
