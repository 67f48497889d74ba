package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.Framing;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The start of a streamed answer, read ahead until it is known that this target answers; then it is read out again, and
 * the rest after it. Belongs to one exchange.
 */
final class HeldStream implements BodyReader<Buffer> {
    private final BodyReader<Buffer> rest;
    private final StreamObserver observer;
    private final Exchange exchange;
    private final long untilNanos;
    private final ArrayDeque<Buffer> held = new ArrayDeque<>(1);
    private final Promise<Boolean> begun = Promise.promise();
    private int heldBytes;
    private boolean atEnd;

    /**
     * Takes a body of events over.
     *
     * @param observer sees every event before it is held
     * @param patience how long to hold until an event bears content; zero to hold just until any event. An upstream that
     *     is silent ends the stream by its read time-out
     */
    HeldStream(Body body, StreamObserver observer, Exchange exchange, Duration patience) {
        this.rest = body.transform(Framing.SSE, observer).open(Framing.BYTES);
        this.observer = observer;
        this.exchange = exchange;
        this.untilNanos = patience.isZero() ? 0 : exchange.elapsedNanos() + patience.toNanos();
    }

    /** Reads ahead; true when there is something to pass on, false when the stream ended before it. */
    Future<Boolean> begin() {
        pull();
        return begun.future();
    }

    private void pull() {
        // a loop, since much may be at hand at once
        while (true) {
            Future<@Nullable Buffer> next = rest.next();
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

    private boolean took(@Nullable Buffer bytes) {
        if (bytes == null) {
            atEnd = true;
            begun.complete(false);
            return true;
        }
        held.add(bytes);
        heldBytes += bytes.length();
        boolean waits = untilNanos > 0 && !observer.hasContent();
        if (waits && heldBytes <= FailoverLimits.MAX_HELD_BYTES && exchange.elapsedNanos() < untilNanos) {
            return false;
        }
        observer.commit();
        begun.complete(true);
        return true;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        Buffer bytes = held.poll();
        if (bytes != null) {
            return Future.succeededFuture(bytes);
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
