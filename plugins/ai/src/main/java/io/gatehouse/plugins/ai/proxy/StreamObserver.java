package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Watches a streamed answer. Every event passes with its own bytes; only the usage that the gateway asked for and the
 * client did not is taken out, and a stream that breaks off ends with an error in the client's dialect.
 */
final class StreamObserver implements BodyTransform<SseEvent> {
    private static final String DONE = "[DONE]";

    private final CallRecord record;
    private final LlmOperation operation;
    private final boolean hidesUsage;
    private final boolean logsPayloads;
    private final boolean needsTier;
    private final Chunk chunk;
    private @Nullable SseEvent unfinished;
    private @Nullable SseEvent last;
    private boolean responses;
    private boolean committed;
    private boolean done;
    private boolean whole;

    StreamObserver(CallRecord record, LlmOperation operation, boolean hidesUsage) {
        this.record = record;
        this.operation = operation;
        this.hidesUsage = hidesUsage;
        this.logsPayloads = record.logsPayloads();
        this.needsTier = record.needsTier();
        this.chunk = new Chunk(operation);
    }

    /** Whether something of the answer has come. */
    boolean hasContent() {
        return record.hasFirstToken();
    }

    /** From here on the client sees this answer, whatever becomes of it. */
    void commit() {
        committed = true;
    }

    @Override
    public void item(SseEvent event, Out<SseEvent> out) {
        if (!event.terminated()) {
            // shown only if it turns out that the stream ended here by itself
            unfinished = event;
            return;
        }
        if (passes(event)) {
            out.emit(event);
        }
    }

    /** Looks at an event; whether the client is to see it. */
    private boolean passes(SseEvent event) {
        if (event.dataIs(DONE)) {
            done = true;
            whole = true;
            return true;
        }
        if (!chunk.read(event, record.needsModel(), needsTier)) {
            return true;
        }
        last = event;
        responses = chunk.isResponses();
        observe(event);
        // what was asked for comes at the end; what else comes without a choice, and before, is the provider's own
        return !(hidesUsage && chunk.isAboutUsage() && (whole || chunk.usage() != null));
    }

    private void observe(SseEvent event) {
        if (!record.hasFirstToken() && chunk.hasContent()) {
            record.firstToken();
        }
        if (responses) {
            JsonValue response = chunk.response();
            if (response != null) {
                record.envelope(response, chunk.isLast());
            }
        } else {
            record.envelope(chunk);
        }
        String text = chunk.text();
        if (text != null) {
            record.text(text, chunk.textPieces());
        }
        if (logsPayloads) {
            record.assemble(event, operation);
        }
        if (chunk.isLast()) {
            whole = true;
            // this dialect has no [DONE]
            done = responses;
        }
    }

    @Override
    public BodyEnd end(BodyEnd end, Out<SseEvent> out) {
        Failure failure = end.failure();
        if (failure == null) {
            SseEvent rest = unfinished;
            // clients ignore an event without its blank line, but what it reports was used
            if (rest != null && passes(rest)) {
                out.emit(rest);
            }
        } else if (committed && !done) {
            out.emit(error(failure));
        }
        return end;
    }

    private SseEvent error(Failure failure) {
        boolean late = failure.kind() == FailureKind.TIMEOUT || failure.kind() == FailureKind.DEADLINE;
        String code = late ? "upstream_timeout" : "upstream_error";
        String message = late
                ? "The upstream server is timing out"
                : "The upstream server broke off before the end of its answer";
        if (operation == LlmOperation.RESPONSES || responses) {
            return SseEvent.of(
                    "error",
                    "{\"type\":\"error\",\"code\":\"" + code + "\",\"message\":\"" + message
                            + "\",\"param\":null,\"sequence_number\":" + (lastNumber() + 1) + '}');
        }
        return SseEvent.of("{\"error\":{\"message\":\"" + message + "\",\"type\":\"" + code
                + "\",\"param\":null,\"code\":\"" + code + "\"}}");
    }

    private long lastNumber() {
        Buffer data = last == null ? null : last.data();
        try {
            return data == null
                    ? -1
                    : JsonValue.of(data, 0, data.length())
                            .longValue("/sequence_number")
                            .orElse(-1);
        } catch (JsonException e) {
            return -1;
        }
    }

    @Override
    public void closed(BodyEnd end) {
        boolean abandoned = !committed && !end.complete();
        if (!abandoned) {
            // after its last event an answer is whole, even if the client does not wait for the end of the body
            boolean came = done || end.complete() && (whole || last == null);
            record.end(came ? CallRecord.End.WHOLE : CallRecord.End.CUT);
        }
    }
}
