package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.body.SseEvent;
import io.vertx.core.buffer.Buffer;
import java.util.OptionalLong;
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
    private @Nullable SseEvent unfinished;
    private @Nullable Chunk last;
    private boolean done;
    private boolean whole;

    StreamObserver(CallRecord record, LlmOperation operation, boolean hidesUsage) {
        this.record = record;
        this.operation = operation;
        this.hidesUsage = hidesUsage;
        this.logsPayloads = record.logsPayloads();
    }

    @Override
    public void item(SseEvent event, Out<SseEvent> out) {
        if (!event.terminated()) {
            // shown only if it turns out that the stream ended here by itself
            unfinished = event;
            return;
        }
        if (event.dataIs(DONE)) {
            done = true;
            whole = true;
            out.emit(event);
            return;
        }
        Chunk chunk = Chunk.of(event, operation);
        if (chunk != null) {
            last = chunk;
            observe(chunk);
            if (hidesUsage && chunk.isUsageOnly()) {
                return;
            }
        }
        out.emit(event);
    }

    private void observe(Chunk chunk) {
        if (!record.hasFirstToken() && chunk.hasContent()) {
            record.firstToken();
        }
        record.envelope(chunk.envelope());
        record.text(chunk.text());
        if (chunk.isLast()) {
            whole = true;
            record.finishReason(chunk.finishReason());
            // this dialect has no [DONE]
            done = chunk.isResponses();
            Buffer response = done && logsPayloads ? chunk.json().raw("/response") : null;
            if (response != null) {
                record.wholePayload(response);
            }
        }
    }

    @Override
    public BodyEnd end(BodyEnd end, Out<SseEvent> out) {
        Failure failure = end.failure();
        if (failure == null) {
            SseEvent rest = unfinished;
            if (rest != null) {
                out.emit(rest);
            }
        } else if (!done) {
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
        Chunk before = last;
        if (operation == LlmOperation.RESPONSES || before != null && before.isResponses()) {
            OptionalLong number =
                    before == null ? OptionalLong.empty() : before.json().longValue("/sequence_number");
            return SseEvent.of(
                    "error",
                    "{\"type\":\"error\",\"code\":\"" + code + "\",\"message\":\"" + message
                            + "\",\"param\":null,\"sequence_number\":" + (number.orElse(-1) + 1) + '}');
        }
        return SseEvent.of("{\"error\":{\"message\":\"" + message + "\",\"type\":\"" + code
                + "\",\"param\":null,\"code\":\"" + code + "\"}}");
    }

    @Override
    public void closed(BodyEnd end) {
        record.end(end.complete() && (whole || last == null) ? CallRecord.End.WHOLE : CallRecord.End.CUT);
    }
}
