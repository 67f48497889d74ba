package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Key;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.ai.TokenUsage.Provenance;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
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
    private Tokens.Meter text = new Tokens.Meter();
    private long textPieces;

    private LlmTarget.@Nullable Bound bound;
    private @Nullable Buffer sent;
    private List<String> secretFields = List.of();
    private @Nullable Payload answer;
    private @Nullable AssembledCompletion assembled;
    private long firstTokenNanos = -1;
    private @Nullable TokenUsage reported;
    private boolean misreported;
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
        answer = null;
        assembled = null;
        text = new Tokens.Meter();
        textPieces = 0;
        reported = null;
        misreported = false;
        responseModel = null;
        serviceTier = null;
        firstTokenNanos = -1;
        answering = false;
    }

    Exchange exchange() {
        return exchange;
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

    /** Whether the provider has reported its usage. */
    boolean isReported() {
        return reported != null;
    }

    /**
     * Reads model, usage and tier where they stand; later ones replace earlier ones.
     *
     * @param whole whether this is where the usage has to be, if there is any
     */
    void envelope(JsonValue envelope, boolean whole) {
        JsonValue usage = envelope.at("/usage");
        if (whole || usage != null && usage.kind() != JsonKind.NULL) {
            usage(usage);
        }
        if (responseModel == null) {
            responseModel = envelope.text("/model");
        }
        if (needsTier()) {
            tier(envelope.text("/service_tier"));
        }
    }

    /** Reads what one event of a stream says. */
    void envelope(Chunk chunk) {
        JsonValue usage = chunk.usage();
        if (usage != null) {
            usage(usage);
        } else if (chunk.isAboutUsage()) {
            misreported = true;
        }
        responseModel = responseModel == null ? chunk.model() : responseModel;
        tier(chunk.serviceTier());
    }

    /** Reads what a tap kept of an envelope. */
    void envelope(@Nullable JsonValue usage, @Nullable JsonValue model, @Nullable JsonValue tier) {
        usage(usage);
        responseModel = model == null ? responseModel : model.text();
        tier(tier == null ? null : tier.text());
    }

    private void usage(@Nullable JsonValue usage) {
        if (usage != null) {
            TokenUsage read = UsageReader.read(usage);
            reported = read == null ? reported : read;
            misreported |= read == null;
        }
    }

    /** Whether the model that answers is not known yet. */
    boolean needsModel() {
        return responseModel == null;
    }

    /** Whether the service tier changes the price. */
    boolean needsTier() {
        return last().target().cost().needsTier();
    }

    private void tier(@Nullable String tier) {
        serviceTier = tier == null ? serviceTier : tier;
    }

    /** Counts text of the answer, for estimates. */
    void text(String piece, int pieces) {
        text.add(piece);
        textPieces += pieces;
    }

    /** Counts the text of a whole answer that reports nothing. */
    void answerText(Buffer answer) {
        try {
            answerText(JsonBytes.scan(answer));
        } catch (JsonException e) {
            // no text in what is no JSON
        }
    }

    /** Counts the text of a whole answer that reports nothing. */
    void answerText(JsonBytes answer) {
        for (JsonValue choice : answer.elements("/choices")) {
            text.add(choice.text("/message/content"));
            text.add(choice.text("/text"));
        }
        for (JsonValue item : answer.elements("/output")) {
            for (JsonValue part : item.elements("/content")) {
                text.add(part.text("/text"));
            }
        }
    }

    /** Adds an event to the completion that is logged. */
    void assemble(SseEvent event, LlmOperation operation) {
        AssembledCompletion completion = assembled;
        if (completion == null) {
            completion = new AssembledCompletion(operation);
            assembled = completion;
        }
        completion.add(event);
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
        AssembledCompletion completion = assembled;
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
                        response != null ? response.text() : completion == null ? null : completion.json(usage),
                        request != null && request.truncated()
                                || response != null && response.truncated()
                                || completion != null && completion.isCut())
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
        boolean inputOutput = operation == LlmOperation.RESPONSES;
        if (misreported) {
            // what it says cannot be believed, and a guess beside it neither
            return new TokenUsage(
                    0, 0, 0, cut ? Provenance.PARTIAL : Provenance.ESTIMATED, Map.of(), Map.of(), inputOutput);
        }
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
                inputOutput);
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
