package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.SseEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The start of a streamed answer, read ahead until it is known that this target answers; then it is read out again, and
 * the rest after it. Belongs to one exchange.
 */
final class HeldStream implements BodyReader<SseEvent> {
    private final BodyReader<SseEvent> rest;
    private final LlmOperation operation;
    private final CallRecord record;
    private final Exchange exchange;
    private final long untilNanos;
    private final ArrayDeque<SseEvent> held = new ArrayDeque<>();
    private final Promise<Boolean> begun = Promise.promise();
    private int heldBytes;
    private boolean atEnd;

    /**
     * @param patience how long to hold until an event bears content; zero to hold just until any event. An upstream that
     *     is silent ends the stream by its read time-out
     */
    HeldStream(
            BodyReader<SseEvent> rest, LlmOperation operation, CallRecord record, Exchange exchange, Duration patience) {
        this.rest = rest;
        this.operation = operation;
        this.record = record;
        this.exchange = exchange;
        this.untilNanos = patience.isZero() ? 0 : exchange.elapsedNanos() + patience.toNanos();
    }

    /** Reads ahead; true when there is something to pass on, false when the stream ended before it. */
    Future<Boolean> begin() {
        pull();
        return begun.future();
    }

    private void pull() {
        // a loop, since many events may be at hand at once
        while (true) {
            Future<@Nullable SseEvent> next = rest.next();
            if (!next.isComplete()) {
                next.onComplete(result -> {
                    if (!took(result.result())) {
                        pull();
                    }
                });
                return;
            }
            if (took(next.result())) {
                return;
            }
        }
    }

    private boolean took(@Nullable SseEvent event) {
        if (event == null) {
            atEnd = true;
            begun.complete(false);
            return true;
        }
        held.add(event);
        if (untilNanos == 0) {
            begun.complete(true);
            return true;
        }
        heldBytes += event.raw().length();
        Chunk chunk = Chunk.of(event, operation);
        if (chunk != null && chunk.hasContent()) {
            record.firstToken();
        } else if (heldBytes <= FailoverLimits.MAX_HELD_BYTES && exchange.elapsedNanos() < untilNanos) {
            return false;
        }
        begun.complete(true);
        return true;
    }

    @Override
    public Future<@Nullable SseEvent> next() {
        SseEvent event = held.poll();
        if (event != null) {
            return Future.succeededFuture(event);
        }
        return atEnd ? Future.succeededFuture() : rest.next();
    }

    @Override
    public BodyEnd end() {
        return rest.end();
    }

    @Override
    public void cancel() {
        held.clear();
        rest.cancel();
    }
}
