package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the plugin reads of a client's body: scanned once, kept with the body. */
final class RequestBody {
    /** The view under which a body keeps its scan. */
    static final Function<Buffer, RequestBody> VIEW = RequestBody::of;

    /** Some upstreams look for names without regard to their case. */
    private static final boolean ANY_CASE = true;

    private final @Nullable JsonBytes json;
    private final @Nullable String ambiguity;
    private final @Nullable String model;
    private final @Nullable Boolean stream;

    private RequestBody(@Nullable JsonBytes json) {
        this.json = json;
        String name = json == null ? null : json.text("/model");
        this.model = name == null || name.isEmpty() ? null : name;
        this.stream = json == null ? null : json.bool("/stream");
        this.ambiguity = json == null ? null : json.ambiguity(ANY_CASE);
    }

    private static RequestBody of(Buffer bytes) {
        try {
            JsonBytes json = JsonBytes.scan(bytes);
            return new RequestBody(json.kind() == JsonKind.OBJECT ? json : null);
        } catch (JsonException e) {
            return new RequestBody(null);
        }
    }

    /** The scanned text; null when it is no JSON object. */
    @Nullable
    JsonBytes json() {
        return json;
    }

    /**
     * What the upstream could read otherwise than it was read here; null when there is nothing. Such a body goes to nobody:
     * the model that was checked, routed and counted might not be the one that answers.
     */
    @Nullable
    String ambiguity() {
        return ambiguity;
    }

    /** The model that the client names; null when it names none. */
    @Nullable
    String model() {
        return model;
    }

    /** Whether the client asks for a stream. */
    boolean stream() {
        return Boolean.TRUE.equals(stream);
    }

    /** Whether there is any {@code stream} of the kind it should be. */
    boolean saysStream() {
        return stream != null;
    }

    boolean asksForUsage() {
        return json != null && Boolean.TRUE.equals(json.bool("/stream_options/include_usage"));
    }

    /** Kong's text for a body that an operation cannot work with; null when it can. */
    @Nullable
    String problem(LlmOperation operation) {
        JsonBytes body = json;
        if (body == null) {
            return Refusal.NO_PROMPTS;
        }
        if (operation != LlmOperation.CHAT && operation != LlmOperation.COMPLETIONS) {
            return null;
        }
        JsonValue messages = body.at("/messages");
        JsonValue prompt = body.at("/prompt");
        boolean chat = isFilled(messages, JsonKind.ARRAY);
        boolean completions = isFilled(prompt, JsonKind.STRING)
                || prompt != null && isFilled(prompt, JsonKind.ARRAY) && areTexts(prompt);
        if (chat && completions) {
            return "request matches multiple LLM request formats";
        }
        if (chat || completions) {
            LlmOperation format = chat ? LlmOperation.CHAT : LlmOperation.COMPLETIONS;
            return format == operation
                    ? null
                    : "[" + format.routeType() + "] message format is not compatible with [" + operation.routeType()
                            + "] route type";
        }
        return isNothing(messages) && isNothing(prompt) ? Refusal.NO_PROMPTS : "request format not recognised";
    }

    private static boolean isFilled(@Nullable JsonValue value, JsonKind kind) {
        return value != null && value.kind() == kind && !isNothing(value);
    }

    private static boolean isNothing(@Nullable JsonValue value) {
        if (value == null) {
            return true;
        }
        return switch (value.kind()) {
            case NULL -> true;
            case STRING -> value.end() - value.start() == 2;
            case ARRAY -> !value.elements().iterator().hasNext();
            default -> false;
        };
    }

    private static boolean areTexts(JsonValue array) {
        for (JsonValue element : array.elements()) {
            if (element.kind() != JsonKind.STRING) {
                return false;
            }
        }
        return true;
    }
}
