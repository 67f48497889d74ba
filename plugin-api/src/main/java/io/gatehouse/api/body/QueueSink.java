package io.gatehouse.api.body;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A queue between writers on any thread and one reader. The lock guards fields only: futures complete outside of it, on
 * the event loop of whoever waits.
 */
final class QueueSink<T> implements BodySink<T> {
    /** Writers that may wait for room, beside as many as there is room for items. */
    private static final int MORE_WRITERS = 64;

    private record Writer(Promise<Void> promise, BodyRuntime.Loop loop) {
        void admit() {
            loop.execute(promise::tryComplete);
        }

        void refuse(Throwable cause) {
            loop.execute(() -> promise.tryFail(cause));
        }
    }

    private record Reader<T>(Promise<@Nullable T> promise, BodyRuntime.Loop loop) {
        void give(@Nullable T item) {
            loop.execute(() -> promise.tryComplete(item));
        }
    }

    private final int maxItems;
    private final Body body;
    private final ArrayDeque<T> items = new ArrayDeque<>();
    private final ArrayDeque<Writer> writers = new ArrayDeque<>();
    private @Nullable Reader<T> reader;
    private @Nullable BodyEnd end;
    private boolean cancelled;

    QueueSink(Framing<T> framing, int maxItems) {
        if (maxItems < 1) {
            throw new IllegalArgumentException("maxItems: " + maxItems + " (expected: 1 or more)");
        }
        this.maxItems = maxItems;
        this.body = Body.of(framing, new Reading());
    }

    @Override
    public Body body() {
        return body;
    }

    @Override
    public Future<Void> write(T item) {
        Objects.requireNonNull(item, "item");
        Reader<T> waiting;
        Future<Void> room;
        synchronized (this) {
            if (cancelled) {
                return Future.failedFuture(new BodyException(cancelledFailure()));
            }
            if (end != null) {
                return Future.failedFuture(new IllegalStateException("sink: ended (expected: no write after the end)"));
            }
            waiting = reader;
            reader = null;
            if (waiting == null) {
                if (items.size() >= maxItems && writers.size() >= maxItems + MORE_WRITERS) {
                    return Future.failedFuture(new IllegalStateException("sink: " + items.size()
                            + " items (expected: at most " + maxItems + ", wait for the future of the last write)"));
                }
                items.add(item);
            }
            if (items.size() < maxItems) {
                room = Future.succeededFuture();
            } else {
                Promise<Void> promise = Promise.promise();
                writers.add(new Writer(promise, InstalledRuntime.current.loop()));
                room = promise.future();
            }
        }
        if (waiting != null) {
            waiting.give(item);
        }
        return room;
    }

    @Override
    public void end() {
        finish(BodyEnd.ok());
    }

    @Override
    public void fail(Failure failure) {
        finish(BodyEnd.truncated(failure));
    }

    private void finish(BodyEnd ended) {
        Reader<T> waiting;
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = ended;
            waiting = reader;
            reader = null;
        }
        if (waiting != null) {
            waiting.give(null);
        }
    }

    private static Failure cancelledFailure() {
        return Failure.of(FailureKind.CANCELLED, "body: given up by its reader");
    }

    /** The reading end. */
    private final class Reading implements BodyReader<T> {
        private boolean over;

        @Override
        public Future<@Nullable T> next() {
            T item;
            List<Writer> admitted = List.of();
            synchronized (QueueSink.this) {
                if (reader != null) {
                    throw new IllegalStateException("next(): called again (expected: after the last future completed)");
                }
                item = items.poll();
                if (item == null && end == null) {
                    Promise<@Nullable T> promise = Promise.promise();
                    reader = new Reader<>(promise, InstalledRuntime.current.loop());
                    return promise.future();
                }
                over = item == null;
                // all of them, since one that has nothing more to write would keep the others waiting for ever
                if (items.size() < maxItems && !writers.isEmpty()) {
                    admitted = List.copyOf(writers);
                    writers.clear();
                }
            }
            for (Writer writer : admitted) {
                writer.admit();
            }
            return Future.succeededFuture(item);
        }

        @Override
        public BodyEnd end() {
            synchronized (QueueSink.this) {
                if (end == null || !items.isEmpty()) {
                    throw new IllegalStateException("body: not at its end (expected: next() gave null)");
                }
                return end;
            }
        }

        @Override
        public void cancel() {
            Reader<T> waiting;
            List<Writer> refused;
            synchronized (QueueSink.this) {
                if (cancelled || over) {
                    return;
                }
                cancelled = true;
                end = BodyEnd.truncated(cancelledFailure());
                items.clear();
                refused = List.copyOf(writers);
                writers.clear();
                waiting = reader;
                reader = null;
            }
            BodyException cause = new BodyException(cancelledFailure());
            for (Writer writer : refused) {
                writer.refuse(cause);
            }
            if (waiting != null) {
                waiting.give(null);
            }
        }
    }
}
