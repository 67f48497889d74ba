package io.gatehouse.core.exchange;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.util.ArrayDeque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a socket's stream of bytes, pulled item by item, or pushed straight to the finisher when nobody in between
 * wants to see them. The stream must be paused when this is made.
 */
public final class StreamReader extends Watched implements BodyReader<Buffer> {
    /** Whom the stream belongs to. */
    public interface Owner {
        /** The stream has ended, whole or not. Called exactly once. */
        void ended(BodyEnd end);

        /** Nobody wants the rest: free the source. Called at most once, right after {@link #ended}. */
        void cancelled();

        /** The trailers of a body that came whole; null when there are none. */
        default @Nullable MultiMap trailers() {
            return null;
        }
    }

    /** Lets bytes come, or holds them back. A few that were under way may still come after {@link #shut}. */
    public interface Valve {
        /** Bytes are wanted. */
        void open();

        /** No bytes are wanted for now. */
        void shut();
    }

    private final Valve valve;
    private final Owner owner;
    private final Sweeper watch;
    private long readTimeoutNanos;
    private @Nullable ArrayDeque<Buffer> queue;
    private @Nullable Promise<@Nullable Buffer> waiting;
    private @Nullable BodyEnd end;
    private @Nullable PushTarget pushed;
    private long bytes;
    private @Nullable Runnable beforeFirstRead;
    private boolean shut;
    private boolean endless;
    private @Nullable Failure late;
    private long most = Long.MAX_VALUE;
    private FailureKind tooLong = FailureKind.INVALID_REQUEST;
    private @Nullable Pace pace;
    private long paceLeft;
    private long awaitedSince;

    /** Where a pushed stream goes. */
    interface PushTarget {
        void bytes(Buffer buffer);

        void end(BodyEnd end);
    }

    /**
     * Takes a stream over that has not begun to flow.
     *
     * @param valve holds the stream's bytes back
     * @param flowing whether the valve is open now
     * @param readTimeoutNanos the longest wait for bytes while they are wanted; 0 for none
     * @param classify tells what a throwable of the stream means
     */
    public StreamReader(
            ReadStream<Buffer> stream,
            Valve valve,
            boolean flowing,
            Owner owner,
            Sweeper sweeper,
            long readTimeoutNanos,
            Function<Throwable, Failure> classify) {
        this.valve = valve;
        this.shut = !flowing;
        this.owner = owner;
        this.watch = sweeper;
        this.readTimeoutNanos = readTimeoutNanos;
        stream.handler(this::received);
        stream.endHandler(v -> {
            MultiMap trailers = owner.trailers();
            finish(trailers == null || trailers.isEmpty() ? BodyEnd.ok() : BodyEnd.ok(trailers));
        });
        stream.exceptionHandler(e -> finish(BodyEnd.truncated(classify.apply(e))));
    }

    /** Sets what is to happen before the first byte is asked for. */
    public StreamReader beforeFirstRead(Runnable action) {
        beforeFirstRead = action;
        return this;
    }

    /**
     * Sets how many bytes may come.
     *
     * @param beyond what one more means: the stream ends so
     */
    public StreamReader limit(long bytes, FailureKind beyond) {
        most = bytes;
        tooLong = beyond;
        return this;
    }

    /** Sets how slow the stream may be while bytes of it are wanted. */
    public StreamReader pace(Pace least) {
        if (least.counts()) {
            pace = least;
            paceLeft = least.start();
        }
        return this;
    }

    /** Bytes read so far. */
    public long bytes() {
        return bytes;
    }

    /** Whether the end has been reached, whole or not. */
    public boolean hasEnded() {
        return end != null;
    }

    /** What is read has no end of its own: it is a tunnel's. */
    public void endless() {
        endless = true;
    }

    /**
     * Sets the longest wait for bytes while they are wanted, and begins it anew.
     *
     * @param late what it means when none come
     */
    public void readTimeout(long nanos, Failure late) {
        readTimeoutNanos = nanos;
        this.late = late;
        stillWaits();
    }

    /** Begins the wait for bytes anew, if there is one: something else has moved that keeps the stream alive. */
    public void stillWaits() {
        if (watched()) {
            watch.add(this, System.nanoTime() + readTimeoutNanos);
        }
    }

    /** Whether somebody waits for the next bytes. */
    boolean isWaitedFor() {
        return waiting != null;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        if (queue != null && !queue.isEmpty()) {
            return Future.succeededFuture(queue.poll());
        }
        if (end != null) {
            return Future.succeededFuture();
        }
        if (waiting != null) {
            throw new IllegalStateException("next: called before the last item came");
        }
        Promise<@Nullable Buffer> promise = Promise.promise();
        waiting = promise;
        await();
        open();
        return promise.future();
    }

    @Override
    public BodyEnd end() {
        if (end == null) {
            throw new IllegalStateException("end: not reached yet");
        }
        return end;
    }

    @Override
    public boolean isEndless() {
        return endless;
    }

    @Override
    public boolean keepsLength() {
        return true; // Netty ends a stream that is not as long as its head said with an exception
    }

    @Override
    public void cancel() {
        fail(Failure.of(FailureKind.CANCELLED, "the rest of the body is not wanted"));
    }

    /** Ends the stream from outside: the source is freed and the reader sees the failure. */
    public void fail(Failure failure) {
        if (end == null) {
            finish(BodyEnd.truncated(failure));
            owner.cancelled();
        }
        if (queue != null) {
            queue.clear();
        }
    }

    /** Sends what comes straight to a target, until {@link #pausePush()}. No item may be waited for. */
    void push(PushTarget target) {
        pushed = target;
        while (queue != null && !queue.isEmpty()) {
            target.bytes(queue.poll());
        }
        if (end != null) {
            target.end(end);
            return;
        }
        await();
        open();
    }

    void pausePush() {
        shut();
        unwatch();
    }

    void resumePush() {
        if (end == null) {
            await();
            open();
        }
    }

    private void open() {
        if (shut) {
            shut = false;
            valve.open();
        }
    }

    private void shut() {
        if (!shut) {
            shut = true;
            valve.shut();
        }
    }

    private void received(Buffer buffer) {
        bytes += buffer.length();
        if (end != null) {
            return; // cancelled: what was under way is dropped
        }
        if (pace != null) {
            keepPace(pace, buffer.length());
        }
        if (bytes > most) {
            fail(Failure.of(tooLong, "the body is longer than " + most + " bytes"));
            return;
        }
        if (pushed != null) {
            if (!shut) {
                await();
            }
            pushed.bytes(buffer);
        } else if (waiting != null) {
            Promise<@Nullable Buffer> promise = waiting;
            waiting = null;
            unwatch();
            promise.complete(buffer);
        } else {
            if (queue == null) {
                queue = new ArrayDeque<>(2);
            }
            queue.add(buffer);
            shut();
        }
    }

    private void finish(BodyEnd how) {
        if (end != null) {
            return;
        }
        end = how;
        unwatch();
        if (how.complete()) {
            open(); // what comes next on the connection is not this stream's
        }
        owner.ended(how);
        if (pushed != null) {
            pushed.end(how);
        } else if (waiting != null) {
            Promise<@Nullable Buffer> promise = waiting;
            waiting = null;
            promise.complete(null);
        }
    }

    private void await() {
        if (beforeFirstRead != null) {
            Runnable action = beforeFirstRead;
            beforeFirstRead = null;
            action.run();
        }
        if (readTimeoutNanos > 0) {
            long now = System.nanoTime();
            awaitedSince = now;
            watch.add(this, now + (pace == null ? readTimeoutNanos : Math.min(readTimeoutNanos, paceLeft)));
        }
    }

    private void unwatch() {
        if (watched()) {
            if (pace != null) {
                keepPace(pace, 0);
            }
            watch.remove(this);
        }
    }

    /** Only while bytes are waited for does time go by. */
    private void keepPace(Pace least, int came) {
        long waited = 0;
        if (watched()) {
            long now = System.nanoTime();
            waited = now - awaitedSince;
            awaitedSince = now;
        }
        paceLeft = least.after(paceLeft, waited, came);
    }

    @Override
    protected void expired() {
        Failure why = late;
        fail(
                why != null
                        ? why
                        : Failure.of(
                                FailureKind.TIMEOUT,
                                pace != null && paceLeft < readTimeoutNanos
                                        ? "the body comes too slowly"
                                        : "no byte for " + readTimeoutNanos / 1_000_000 + " ms"));
    }
}
