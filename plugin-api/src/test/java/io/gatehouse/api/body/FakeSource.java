package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A source that gives what it was given, at once when it has it. */
final class FakeSource<T> implements BodyReader<T> {
    static final Failure RESET = Failure.of(FailureKind.RESET, "planted");

    final ArrayDeque<T> items = new ArrayDeque<>();
    int pulls;
    int cancels;
    boolean endless;
    private @Nullable BodyEnd end;
    private @Nullable Promise<@Nullable T> waiting;
    private boolean over;

    @SafeVarargs
    @SuppressWarnings("varargs")
    static <T> FakeSource<T> open(T... items) {
        FakeSource<T> source = new FakeSource<>();
        source.items.addAll(List.of(items));
        return source;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    static <T> FakeSource<T> whole(T... items) {
        FakeSource<T> source = open(items);
        source.end = BodyEnd.ok();
        return source;
    }

    static FakeSource<Buffer> bytes(String... chunks) {
        FakeSource<Buffer> source = new FakeSource<>();
        for (String chunk : chunks) {
            source.items.add(Buffer.buffer(chunk));
        }
        source.end = BodyEnd.ok();
        return source;
    }

    @Override
    public boolean isEndless() {
        return endless;
    }

    FakeSource<T> broken() {
        end = BodyEnd.truncated(RESET);
        return this;
    }

    void give(T item) {
        Promise<@Nullable T> promise = waiting;
        if (promise == null) {
            items.add(item);
        } else {
            waiting = null;
            promise.complete(item);
        }
    }

    void end(BodyEnd how) {
        end = how;
        finish();
    }

    private void finish() {
        Promise<@Nullable T> promise = waiting;
        if (promise != null) {
            waiting = null;
            over = true;
            promise.complete(null);
        }
    }

    @Override
    public Future<@Nullable T> next() {
        if (waiting != null) {
            throw new AssertionError("next() while the last one is open");
        }
        pulls++;
        T item = items.poll();
        if (item != null) {
            return Future.succeededFuture(item);
        }
        if (end != null) {
            over = true;
            return Future.succeededFuture();
        }
        Promise<@Nullable T> promise = Promise.promise();
        waiting = promise;
        return promise.future();
    }

    @Override
    public BodyEnd end() {
        if (!over || end == null) {
            throw new IllegalStateException("not at the end");
        }
        return end;
    }

    @Override
    public void cancel() {
        cancels++;
        items.clear();
        if (!over) {
            end = BodyEnd.truncated(Failure.of(FailureKind.CANCELLED, "source"));
        }
        finish();
    }

    /** All that a reader has at hand, until it ends or would wait. */
    static <T> List<T> drain(BodyReader<T> reader) {
        List<T> all = new ArrayList<>();
        while (true) {
            Future<@Nullable T> next = reader.next();
            T item = next.isComplete() ? next.result() : null;
            if (item == null) {
                return all;
            }
            all.add(item);
        }
    }

    static String text(List<Buffer> buffers) {
        Buffer all = Buffer.buffer();
        buffers.forEach(all::appendBuffer);
        return all.toString();
    }
}
