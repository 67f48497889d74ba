package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer that passes as bytes and is watched: what it reports is noted, and its end. The start of it can be held back
 * until it is known to be one. Belongs to one exchange.
 */
final class ObservedAnswer implements BodyReader<Buffer> {
    private static final int USAGE = 0;
    private static final int MODEL = 1;
    private static final int TIER = 2;

    private final BodyReader<Buffer> source;
    private final CallRecord record;
    private final @Nullable TopLevelTap tap;
    private final CallRecord.End whole;
    private final ArrayDeque<Buffer> held = new ArrayDeque<>(4);
    private final Promise<Boolean> begun = Promise.promise();

    /** What has passed, for an estimate of an answer that reports nothing; null when it is too much. */
    private @Nullable List<Buffer> passed;

    private long size;
    private boolean untilChoices;
    private boolean committed;
    private boolean atEnd;
    private boolean over;

    /**
     * Takes a source over.
     *
     * @param readable whether usage is expected in it and can be read
     * @param whole what it means when it comes whole
     */
    ObservedAnswer(BodyReader<Buffer> source, CallRecord record, boolean readable, CallRecord.End whole) {
        this.source = source;
        this.record = record;
        this.tap = readable ? new TopLevelTap("choices", "usage", "model", "service_tier") : null;
        this.whole = whole;
        this.passed = readable ? new ArrayList<>() : null;
    }

    /** From here on the client sees this answer, whatever becomes of it. */
    void commit() {
        committed = true;
        if (atEnd) {
            // nobody reads an answer without a body
            ended(source.end());
        }
    }

    /**
     * Reads ahead.
     *
     * @param untilChoices whether to hold until choices are seen, or just until the first bytes
     * @return true when it is to be passed on; false when it has ended before, or cannot become an answer any more
     */
    Future<Boolean> begin(boolean untilChoices) {
        this.untilChoices = untilChoices;
        pull();
        return begun.future();
    }

    private void pull() {
        while (true) {
            Future<@Nullable Buffer> next = source.next();
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
        see(bytes);
        held.add(bytes);
        TopLevelTap watched = tap;
        if (untilChoices && watched != null && size <= Answer.WHOLE_ANSWER) {
            if (watched.isNoObject()) {
                begun.complete(false);
                return true;
            }
            if (!watched.watchedIsArray()) {
                return false;
            }
        }
        begun.complete(true);
        return true;
    }

    /** What was held back, as one; for an answer that is none. */
    Buffer heldBytes() {
        return joined(held);
    }

    /** Whether the source has ended while it was held back. */
    boolean isAtEnd() {
        return atEnd;
    }

    @Override
    public Future<@Nullable Buffer> next() {
        Buffer bytes = held.poll();
        if (bytes != null) {
            return Future.succeededFuture(bytes);
        }
        if (atEnd) {
            ended(source.end());
            return Future.succeededFuture();
        }
        Future<@Nullable Buffer> next = source.next();
        if (!next.isComplete()) {
            return next.map(this::seen);
        }
        seen(next.result());
        return next;
    }

    private @Nullable Buffer seen(@Nullable Buffer bytes) {
        if (bytes == null) {
            ended(source.end());
        } else {
            see(bytes);
        }
        return bytes;
    }

    private void see(Buffer bytes) {
        size += bytes.length();
        record.payload(bytes);
        if (tap != null) {
            tap.feed(bytes);
        }
        if (passed != null) {
            if (size > Answer.WHOLE_ANSWER) {
                passed = null;
            } else {
                passed.add(bytes);
            }
        }
    }

    private void ended(BodyEnd end) {
        if (over) {
            return;
        }
        over = true;
        if (tap != null) {
            record.envelope(tap.value(USAGE), tap.value(MODEL), tap.value(TIER));
        }
        List<Buffer> kept = passed;
        if (end.complete() && kept != null && !record.isReported()) {
            record.answerText(joined(kept));
        }
        record.end(end.complete() ? whole : CallRecord.End.CUT);
    }

    private static Buffer joined(Iterable<Buffer> pieces) {
        Buffer joined = Buffer.buffer();
        for (Buffer piece : pieces) {
            joined.appendBuffer(piece);
        }
        return joined;
    }

    @Override
    public BodyEnd end() {
        return source.end();
    }

    @Override
    public boolean keepsLength() {
        return source.keepsLength();
    }

    @Override
    public void cancel() {
        held.clear();
        source.cancel();
        if (committed && !over) {
            over = true;
            if (tap != null) {
                record.envelope(tap.value(USAGE), tap.value(MODEL), tap.value(TIER));
            }
            record.end(CallRecord.End.CUT);
        }
    }
}
