package io.gatehouse.testkit;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Bytes that a test gives piece by piece; reading waits for what has not come yet. */
final class ChunkReader implements BodyReader<Buffer> {
    private static final Failure CANCELLED = Failure.of(FailureKind.CANCELLED, "cancelled by the reader");

    private final Deque<Buffer> waiting = new ArrayDeque<>();
    private @Nullable Promise<@Nullable Buffer> asked;
    private @Nullable BodyEnd end;
    private boolean over;
    private boolean cancelled;
    private Runnable onCancel = () -> {};

    void onCancel(Runnable action) {
        onCancel = action;
    }

    void give(Buffer bytes) {
        if (end != null) {
            throw new IllegalStateException("the body has ended: no more bytes");
        }
        if (cancelled) {
            return;
        }
        Promise<@Nullable Buffer> promise = asked;
        if (promise != null) {
            asked = null;
            promise.complete(bytes);
        } else {
            waiting.add(bytes);
        }
    }

    void end(BodyEnd how) {
        if (end != null || cancelled) {
            return;
        }
        end = how;
        Promise<@Nullable Buffer> promise = asked;
        if (promise != null) {
            asked = null;
            over = true;
            promise.complete(null);
        }
    }

    /** Whether somebody waits for bytes. */
    boolean isAsked() {
        return asked != null;
    }

    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        if (asked != null) {
            throw new IllegalStateException("next(): called again before the last item came");
        }
        Buffer bytes = waiting.poll();
        if (bytes != null) {
            return Future.succeededFuture(bytes);
        }
        if (end != null || over) {
            over = true;
            return Future.succeededFuture();
        }
        Promise<@Nullable Buffer> promise = Promise.promise();
        asked = promise;
        return promise.future();
    }

    @Override
    public BodyEnd end() {
        if (!over || end == null) {
            throw new IllegalStateException("end(): the body has not ended (expected: after next() gave null)");
        }
        return end;
    }

    @Override
    public void cancel() {
        if (cancelled || over) {
            return;
        }
        cancelled = true;
        over = true;
        waiting.clear();
        end = BodyEnd.truncated(CANCELLED);
        onCancel.run();
        Promise<@Nullable Buffer> promise = asked;
        if (promise != null) {
            asked = null;
            promise.complete(null);
        }
    }
}
