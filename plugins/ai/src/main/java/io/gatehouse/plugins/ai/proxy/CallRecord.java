package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Key;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gathers what is known of a call and adds it to the exchange exactly once, however the call ends. Belongs to one
 * exchange.
 */
final class CallRecord {
    /** What an attempt was for. */
    static final Key<CallRecord.Tried> TRIED = Key.of("ai-proxy target");

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Exchange exchange;
    private final String pluginId;
    private final @Nullable RequestBody requestBody;
    private final boolean stream;
    private final boolean working;
    private final long startedNanos;
    private final List<Tried> tried = new ArrayList<>(1);
    private final Tokens.Meter text = new Tokens.Meter();
    private long textPieces;

    private LlmTarget.@Nullable Bound bound;
    private @Nullable Buffer sent;
    private List<String> secretFields = List.of();
    private @Nullable Payload answer;
    private @Nullable StringBuilder assembled;
    private int assembledBytes;
    private boolean assembledCut;
    private @Nullable String finishReason;
    private long firstTokenNanos = -1;
    private @Nullable TokenUsage reported;
    private @Nullable String responseModel;
    private @Nullable String serviceTier;
    private boolean answering;
    private boolean added;

    /** @param working whether the call makes a model work, so that it uses tokens */
    CallRecord(Exchange exchange, String pluginId, @Nullable RequestBody requestBody, boolean stream, boolean working) {
        this.exchange = exchange;
        this.pluginId = pluginId;
        this.requestBody = requestBody;
        this.stream = stream;
        this.working = working;
        this.startedNanos = exchange.elapsedNanos();
    }

    /** A target that was tried. */
    record Tried(LlmTarget.Bound bound, String scheme, String host, int port, String uri) {}

    /** How a call ended. */
    enum End {
        /** The provider's answer came whole: usage counts. */
        WHOLE,
        /** The answer broke off, or the client left while it came. */
        CUT,
        /** There was an answer, but none that used tokens. */
        REFUSED,
        /** There was no answer. */
        NONE
    }

    /** Notes whom the call is for, though nothing was sent yet. */
    void chosen(LlmTarget.Bound target) {
        bound = target;
    }

    /** Notes one more attempt; what was known of the one before is forgotten. */
    void attempt(Tried target, @Nullable Buffer body, List<String> secrets) {
        tried.add(target);
        bound = target.bound();
        sent = body;
        secretFields = secrets;
        reported = null;
        responseModel = null;
        firstTokenNanos = -1;
        answering = false;
    }

    boolean logsPayloads() {
        return logging().logPayloads();
    }

    private LoggingConfig logging() {
        return last().target().config().logging();
    }

    private LlmTarget.Bound last() {
        return Objects.requireNonNull(bound, "no target was chosen yet");
    }

    /** The answer has begun; from here an end is at least a cut. */
    void answering() {
        answering = true;
    }

    /** Notes the first event that gives the client something. */
    void firstToken() {
        if (firstTokenNanos < 0) {
            firstTokenNanos = exchange.elapsedNanos();
        }
    }

    boolean hasFirstToken() {
        return firstTokenNanos >= 0;
    }

    /** Reads model, usage and tier where they stand; later ones replace earlier ones. */
    void envelope(JsonValue envelope) {
        TokenUsage usage = UsageReader.read(envelope.at("/usage"));
        if (usage != null) {
            reported = usage;
        }
        if (responseModel == null) {
            responseModel = envelope.text("/model");
        }
        if (last().target().cost().needsTier()) {
            String tier = envelope.text("/service_tier");
            serviceTier = tier == null ? serviceTier : tier;
        }
    }

    /** Reads what a tap kept of an envelope. */
    void envelope(@Nullable JsonValue usage, @Nullable JsonValue model, @Nullable JsonValue tier) {
        TokenUsage read = UsageReader.read(usage);
        reported = read == null ? reported : read;
        responseModel = model == null ? responseModel : model.text();
        serviceTier = tier == null ? serviceTier : tier.text();
    }

    /** Adds text of the answer, for estimates and, with payload logging, for the log. */
    void text(@Nullable String piece) {
        if (piece == null || piece.isEmpty()) {
            return;
        }
        text.add(piece);
        textPieces++;
        if (logsPayloads()) {
            StringBuilder whole = assembled;
            if (whole == null) {
                whole = new StringBuilder();
                assembled = whole;
            }
            // a character is at most three bytes, so the limit holds
            if (assembledBytes + piece.length() * 3L > Payload.MAX_BYTES) {
                assembledCut = true;
            } else {
                whole.append(piece);
                assembledBytes += piece.length() * 3;
            }
        }
    }

    void finishReason(@Nullable String reason) {
        if (reason != null) {
            finishReason = reason;
        }
    }

    /** Adds bytes of the answer for the log. */
    void payload(Buffer piece) {
        if (logsPayloads()) {
            Payload payload = answer;
            if (payload == null) {
                payload = new Payload();
                answer = payload;
            }
            payload.add(piece);
        }
    }

    /** Replaces what is logged of the answer. */
    void wholePayload(Buffer whole) {
        if (logsPayloads()) {
            answer = Payload.of(whole, List.of());
        }
    }

    /** The exchange has ended: whatever was not added yet is added now. */
    void exchangeEnded() {
        end(answering ? End.CUT : End.NONE);
    }

    void end(End end) {
        LlmTarget.Bound bound = this.bound;
        if (added || bound == null) {
            return;
        }
        added = true;
        LoggingConfig logging = bound.target().config().logging();
        long latency = end == End.NONE ? -1 : (exchange.elapsedNanos() - startedNanos) / NANOS_PER_MILLI;
        String model = Engine.bounded(bound.model().name());
        TokenUsage usage = usage(end);
        Payload request = logging.logPayloads() && sent != null ? Payload.of(sent, secretFields) : null;
        boolean oneshot = !stream && end == End.WHOLE;
        Payload response = answer;
        exchange.add(AiCall.builder("proxy", pluginId, bound.model().provider(), model)
                .responseModel(responseModel)
                .mode(stream ? "stream" : "oneshot")
                .statistics(logging.logStatistics())
                .latencyMillis(latency)
                .timeToFirstTokenMillis(
                        firstTokenNanos >= 0
                                ? (firstTokenNanos - startedNanos) / NANOS_PER_MILLI
                                : oneshot && usage != null ? latency : -1)
                .usage(usage)
                .cost(usage == null ? 0 : bound.target().cost().of(usage, serviceTier))
                .payload(
                        request == null ? null : request.text(),
                        response != null ? response.text() : assembledText(usage),
                        request != null && request.truncated()
                                || response != null && response.truncated()
                                || response == null && assembledCut)
                .triedTargets(targets())
                .build());
    }

    private @Nullable TokenUsage usage(End end) {
        if (!working || end == End.REFUSED || end == End.NONE) {
            return null;
        }
        TokenUsage usage = reported;
        if (usage != null) {
            return end == End.WHOLE
                    ? usage
                    : new TokenUsage(
                            usage.prompt(),
                            usage.completion(),
                            usage.total(),
                            Provenance.PARTIAL,
                            usage.promptDetails(),
                            usage.completionDetails(),
                            usage.inputOutput());
        }
        LlmOperation operation = last().target().operation();
        boolean cut = end == End.CUT;
        // A cut call must not claim more than it used, so its prompt is counted plainly.
        long prompt = Tokens.ofPrompt(requestBody == null ? null : requestBody.json(), operation, stream && !cut);
        long completion = Tokens.ofAnswer(text.bytes());
        if (cut && stream) {
            // nor its answer: a delta is one token with most providers, and at least one with all
            completion = Math.min(completion, textPieces);
        }
        return new TokenUsage(
                prompt,
                completion,
                prompt + completion,
                cut ? Provenance.PARTIAL : Provenance.ESTIMATED,
                Map.of(),
                Map.of(),
                operation == LlmOperation.RESPONSES);
    }

    /** A stream as one completion, in Kong's form. */
    private @Nullable String assembledText(@Nullable TokenUsage usage) {
        StringBuilder whole = assembled;
        if (!stream || whole == null && finishReason == null || !logsPayloads()) {
            return null;
        }
        return AssembledCompletion.json(whole == null ? "" : whole.toString(), finishReason, usage);
    }

    private List<AiTarget> targets() {
        List<AiTarget> targets = new ArrayList<>(tried.size());
        for (Tried target : tried) {
            String ip = null;
            for (Attempt attempt : exchange.attempts()) {
                if (target.equals(attempt.attributes().get(TRIED))) {
                    ip = attempt.address();
                }
            }
            String model = Engine.bounded(target.bound().model().name());
            targets.add(new AiTarget(
                    target.bound().model().provider(),
                    model,
                    target.bound().target().operation().routeType(),
                    target.host(),
                    ip,
                    target.port(),
                    target.scheme(),
                    target.uri()));
        }
        return targets;
    }
}
