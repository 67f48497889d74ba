package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Response;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.api.body.ContentCoding;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the answer of one target: it is held back until it is known to be one, and watched while it passes. Its
 * bytes stay as they are, except that a compression that nobody asked for is undone. Belongs to one attempt of one
 * exchange.
 */
final class Answer {
    /** A longer answer is not kept in memory. */
    static final int WHOLE_ANSWER = 1024 * 1024;

    /** Answers up to this size are looked at as a whole before their head is passed on, however they arrive. */
    private static final int SMALL_ANSWER = 16 * 1024;

    /** What may come of a compressed answer, which is decoded whole before it is passed on: a bomb is a 502. */
    private static final int DECODED_ANSWER = 16 * 1024 * 1024;

    private final CallRecord record;
    private final Response response;
    private final LlmTarget.Bound bound;
    private final LlmOperation operation;
    private final boolean completing;
    private final boolean hidesUsage;
    private final Duration patience;
    private final Attempt attempt;

    /** Whose answer it is. */
    interface Attempt {
        /** From here this answer is the client's. */
        void commit();

        /**
         * It broke off before the client got anything of it.
         *
         * @param end how the call ends, if no other target takes over
         */
        Future<Response> brokenOff(Failure failure, CallRecord.End end);
    }

    /**
     * Takes a response from upstream over.
     *
     * @param hidesUsage whether the usage of a stream was asked for by the gateway alone
     * @param patience how long it may be held back; zero when no other target can take over, so that there is nothing to
     *     wait for
     */
    Answer(
            CallRecord record,
            Response response,
            LlmTarget.Bound bound,
            boolean hidesUsage,
            Duration patience,
            Attempt attempt) {
        this.record = record;
        this.response = response;
        this.bound = bound;
        this.operation = bound.target().operation();
        this.completing = operation == LlmOperation.CHAT || operation == LlmOperation.COMPLETIONS;
        this.hidesUsage = hidesUsage;
        this.patience = patience;
        this.attempt = attempt;
    }

    /** An answer with another status than 200: nothing is known of it but its end. */
    Future<Response> refused() {
        return relayed(false, CallRecord.End.REFUSED);
    }

    /** An answer with status 200. */
    Future<Response> accepted() {
        ContentCoding coding = ContentCoding.of(response.headers());
        if (coding == null) {
            return unreadable();
        }
        String type = response.headers().get("Content-Type");
        boolean events = type != null && Lower.of(type).startsWith("text/event-stream");
        if (coding != ContentCoding.IDENTITY) {
            // the upstream was asked for plain bytes; what it sends instead is read, and the client gets it plain
            response.headers().remove("Content-Encoding");
            boolean heldWhole = completing && !events;
            response.body(response.body().decoded(coding, heldWhole ? DECODED_ANSWER : Long.MAX_VALUE));
            if (heldWhole) {
                return oneshot(DECODED_ANSWER);
            }
        }
        if (events) {
            return streamed();
        }
        return operation == LlmOperation.PRESERVE
                ? relayed(true, CallRecord.End.WHOLE)
                : oneshot(patience.isZero() ? SMALL_ANSWER : WHOLE_ANSWER);
    }

    /** In a coding that was not asked for and is not undone here: it passes only where nothing has to be read. */
    private Future<Response> unreadable() {
        if (operation == LlmOperation.PRESERVE) {
            return relayed(false, CallRecord.End.WHOLE);
        }
        response.discard();
        return attempt.brokenOff(
                Failure.of(
                        FailureKind.INVALID_RESPONSE,
                        "an answer in a content coding that cannot be undone (expected: none, gzip or deflate)"),
                CallRecord.End.REFUSED);
    }

    private Future<Response> streamed() {
        StreamObserver observer = new StreamObserver(record, operation, hidesUsage);
        HeldStream stream = new HeldStream(response.body(), observer, record.exchange(), patience);
        return stream.begin().compose(begun -> {
            Failure failure = begun ? null : stream.end().failure();
            if (failure != null) {
                return attempt.brokenOff(failure, CallRecord.End.CUT);
            }
            attempt.commit();
            return Response.done(response.body(Body.of(stream, -1)));
        });
    }

    private Future<Response> oneshot(long max) {
        return response.body().buffer(max).transform(result -> {
            if (result.failed()) {
                return attempt.brokenOff(failureOf(result.cause()), CallRecord.End.CUT);
            }
            if (!result.result()) {
                return relayed(true, CallRecord.End.WHOLE);
            }
            attempt.commit();
            return Response.done(judged());
        });
    }

    private static Failure failureOf(Throwable cause) {
        return cause instanceof BodyException broken
                ? broken.failure()
                : Failure.of(FailureKind.INVALID_RESPONSE, cause);
    }

    /** Looks at a whole answer; its bytes pass as they are unless there is no answer in them. */
    private Response judged() {
        Body answer = response.body();
        if (answer.isEmpty()) {
            return completing ? unusable("no response body found when transforming response") : ended();
        }
        Buffer bytes = answer.bytes();
        record.payload(bytes);
        JsonBytes json = scanned(bytes);
        if (json != null) {
            record.envelope(json.root(), true);
        }
        if (completing && (json == null || json.kind("/choices") != JsonKind.ARRAY)) {
            return unusable(noAnswer(json));
        }
        if (json != null && !record.isReported()) {
            record.answerText(json);
        }
        return ended();
    }

    private static @Nullable JsonBytes scanned(Buffer bytes) {
        try {
            return JsonBytes.scan(bytes);
        } catch (JsonException e) {
            return null;
        }
    }

    private String noAnswer(@Nullable JsonBytes json) {
        String reason = json == null
                ? "failed to decode " + operation.routeType() + " response"
                : "'choices' not in " + operation.routeType() + " response";
        return "transformation failed from type " + bound.target().provider().name() + "://" + operation.routeType()
                + ": " + reason;
    }

    private Response ended() {
        record.end(CallRecord.End.WHOLE);
        return response;
    }

    private Response unusable(String text) {
        record.end(CallRecord.End.REFUSED);
        return Refusal.of(500, text).response();
    }

    /**
     * Passes bytes on, once it is known that they are an answer.
     *
     * @param readable whether usage can be read from it
     * @param whole what it means when it comes whole
     */
    private Future<Response> relayed(boolean readable, CallRecord.End whole) {
        boolean untilChoices = readable && completing;
        long length = response.body().length();
        ObservedAnswer answer = new ObservedAnswer(response.body().open(Framing.BYTES), record, readable, whole);
        return answer.begin(untilChoices).compose(begun -> {
            Failure failure = answer.isAtEnd() ? answer.end().failure() : null;
            if (failure != null) {
                return attempt.brokenOff(failure, whole == CallRecord.End.REFUSED ? whole : CallRecord.End.CUT);
            }
            attempt.commit();
            if (!begun && untilChoices) {
                JsonBytes json = answer.isAtEnd() ? scanned(answer.heldBytes()) : null;
                answer.cancel();
                return Response.done(unusable(noAnswer(json)));
            }
            answer.commit();
            return Response.done(response.body(Body.of(answer, length)));
        });
    }
}
