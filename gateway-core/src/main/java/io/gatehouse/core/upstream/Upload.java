package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.core.exchange.Gathering;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.exchange.Watched;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request's body as it comes, never faster than the upstream takes it. What comes within one turn of the event
 * loop leaves in one write, the head with it: a short request is one system call.
 */
final class Upload extends Watched {
    private static final int GATHER_LIMIT = 64 * 1024;

    /** What is kept of a body for the case that the upstream says it did nothing with it. */
    private static final int KEPT_LIMIT = 64 * 1024;

    /** Who wants to know how it goes. */
    interface Owner {
        /**
         * The first bytes are about to be sent. Called at most once.
         *
         * @return whether they are to be; if not, the body is for another {@link Upload}
         */
        boolean sending();

        /** Bytes have come that are to be sent. */
        default void moving() {}

        /** What may be sent on of a body's trailers. */
        MultiMap permitted(MultiMap trailers);

        /** Everything was handed to the connection. */
        void uploaded();

        /** The body cannot be sent to its end. The connection is of no use any more. */
        void uploadFailed(Failure failure);
    }

    private final Owner owner;
    private final Loop loop;
    private final Wire wire;
    private final BodyReader<Buffer> source;
    private final Duration writeTimeout;
    private final Gathering gathered = new Gathering();
    private @Nullable ArrayDeque<Buffer> kept;
    private int keptBytes;
    private @Nullable Future<@Nullable Buffer> asked;
    private @Nullable MultiMap trailers;
    private boolean flushPlanned;
    private boolean begun;
    private boolean complete;
    private boolean over;

    Upload(Owner owner, Loop loop, Wire wire, BodyReader<Buffer> source, Duration writeTimeout) {
        this.owner = owner;
        this.loop = loop;
        this.wire = wire;
        this.source = source;
        this.writeTimeout = writeTimeout;
        this.kept = wire.mayBeRefused() ? new ArrayDeque<>(2) : null;
    }

    /** Nothing of it will have to be sent again. */
    void forget() {
        kept = null;
    }

    /** The whole body once more, of which nothing is sent here any longer; null when too much of it was. */
    @Nullable
    BodyReader<Buffer> again() {
        ArrayDeque<Buffer> pieces = kept;
        if (pieces == null) {
            return null;
        }
        stop();
        return new Replay(pieces, asked, source);
    }

    /** Sends what follows on a head that was sent before. */
    void follow() {
        begun = true;
        pull();
    }

    void start() {
        planFlush(); // the head does not wait for a client that is slow with its body
        pull();
    }

    /** Nobody wants the rest sent. */
    void cancel() {
        if (!over) {
            stop();
            source.cancel();
        }
    }

    private void stop() {
        over = true;
        gathered.clear();
        loop.sweeper().remove(this);
    }

    private void pull() {
        while (!over && !complete) {
            if (begun && wire.isFull()) {
                loop.sweeper().add(this, System.nanoTime() + writeTimeout.toNanos());
                wire.onDrain(this::drained);
                return;
            }
            Future<@Nullable Buffer> next = source.next();
            if (kept != null) {
                asked = next;
            }
            if (!next.isComplete()) {
                next.onComplete(this::pulled);
                return;
            }
            take(next);
        }
    }

    private void pulled(AsyncResult<@Nullable Buffer> item) {
        if (!over) {
            take(item);
            pull();
        }
    }

    private void drained() {
        loop.sweeper().remove(this);
        pull();
    }

    private void take(AsyncResult<@Nullable Buffer> item) {
        Buffer bytes = item.result();
        if (bytes != null) {
            owner.moving();
            keep(bytes);
            gather(bytes);
            return;
        }
        BodyEnd end = source.end();
        Failure failure = end.failure();
        if (failure != null) {
            stop();
            owner.uploadFailed(failure);
            return;
        }
        complete = true;
        MultiMap came = end.trailers();
        if (came != null && wire.out.isChunked()) {
            try {
                MultiMap permitted = owner.permitted(came);
                trailers = permitted.isEmpty() ? null : permitted;
            } catch (IllegalArgumentException e) { // one that a plugin made, and that HTTP does not allow
                stop();
                owner.uploadFailed(Failure.of(FailureKind.PLUGIN, e));
                return;
            }
        }
        if (!flushPlanned) {
            flush();
        }
    }

    private void keep(Buffer bytes) {
        if (kept != null) {
            keptBytes += bytes.length();
            if (keptBytes > KEPT_LIMIT) {
                kept = null;
            } else {
                kept.add(bytes);
                asked = null;
            }
        }
    }

    private void gather(Buffer bytes) {
        gathered.add(bytes);
        if (gathered.length() >= GATHER_LIMIT) {
            flush();
        } else {
            planFlush();
        }
    }

    private void planFlush() {
        if (!flushPlanned) {
            flushPlanned = true;
            loop.later(() -> {
                flushPlanned = false;
                flush();
            });
        }
    }

    private void flush() {
        if (over) {
            return;
        }
        boolean first = !begun;
        begun = true;
        if (first && !owner.sending()) {
            return;
        }
        Buffer bytes = gathered.take();
        if (complete) {
            stop();
            if (trailers != null && first && bytes == null) {
                wire.sendHead(); // by itself, so that something follows that can bring them along
            }
            wire.end(bytes, trailers);
            owner.uploaded();
        } else if (bytes != null) {
            wire.write(bytes);
        } else if (first) {
            wire.sendHead();
        }
    }

    @Override
    protected void expired() {
        stop();
        owner.uploadFailed(
                Failure.of(FailureKind.TIMEOUT, "the upstream took no bytes for " + writeTimeout.toMillis() + " ms"));
        source.cancel();
    }
}
