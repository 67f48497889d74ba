package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** What one event of a streamed answer says. Reads the event in place and changes nothing. */
final class Chunk {
    private static final String[] TEXTS = {"/delta/content", "/text"};
    private static final String[] OTHER_CONTENT = {
        "/delta/tool_calls",
        "/delta/refusal",
        "/delta/reasoning",
        "/delta/reasoning_content",
        "/delta/audio",
        "/delta/function_call"
    };

    private final JsonValue json;
    private final @Nullable String responsesType;

    private Chunk(JsonValue json, @Nullable String responsesType) {
        this.json = json;
        this.responsesType = responsesType;
    }

    /** Reads an event; null when its data is no JSON object. */
    static @Nullable Chunk of(SseEvent event, LlmOperation operation) {
        Buffer data = event.data();
        if (data == null || data.length() == 0 || !event.terminated()) {
            return null;
        }
        JsonValue json;
        try {
            json = JsonValue.of(data, 0, data.length());
        } catch (JsonException e) {
            return null;
        }
        if (json.kind() != JsonKind.OBJECT) {
            return null;
        }
        String type = json.text("/type");
        boolean responses = operation == LlmOperation.RESPONSES
                || operation == LlmOperation.PRESERVE && type != null && type.startsWith("response.");
        return new Chunk(json, responses ? type == null ? "" : type : null);
    }

    JsonValue json() {
        return json;
    }

    boolean isResponses() {
        return responsesType != null;
    }

    /** Whether the client gets something of the answer with it: from here on no other target may take over. */
    boolean hasContent() {
        String type = responsesType;
        if (type != null) {
            return !type.equals("response.created")
                    && !type.equals("response.queued")
                    && !type.equals("response.in_progress");
        }
        for (JsonValue choice : json.elements("/choices")) {
            if (isFull(choice.at("/finish_reason"))) {
                return true;
            }
            for (String pointer : TEXTS) {
                if (isFull(choice.at(pointer))) {
                    return true;
                }
            }
            for (String pointer : OTHER_CONTENT) {
                if (isFull(choice.at(pointer))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isFull(@Nullable JsonValue value) {
        if (value == null) {
            return false;
        }
        return switch (value.kind()) {
            case STRING -> value.end() - value.start() > 2;
            case ARRAY -> value.elements().iterator().hasNext();
            case OBJECT -> true;
            default -> false;
        };
    }

    /** Whether it is the one chunk that holds nothing but the usage. */
    boolean isUsageOnly() {
        return responsesType == null
                && json.kind("/usage") == JsonKind.OBJECT
                && json.kind("/choices") == JsonKind.ARRAY
                && !json.elements("/choices").iterator().hasNext();
    }

    /** Whether the answer is whole with it, as far as its format can tell. */
    boolean isLast() {
        String type = responsesType;
        if (type != null) {
            return type.equals("response.completed")
                    || type.equals("response.incomplete")
                    || type.equals("response.failed");
        }
        for (JsonValue choice : json.elements("/choices")) {
            if (isFull(choice.at("/finish_reason"))) {
                return true;
            }
        }
        return false;
    }

    /** What holds model, usage and service tier. */
    JsonValue envelope() {
        JsonValue response = responsesType == null ? null : json.at("/response");
        return response == null ? json : response;
    }

    /** The text that the first choice gains; null when it gains none. */
    @Nullable
    String text() {
        String type = responsesType;
        if (type != null) {
            return type.equals("response.output_text.delta") ? json.text("/delta") : null;
        }
        String content = json.text("/choices/0/delta/content");
        return content != null ? content : json.text("/choices/0/text");
    }

    @Nullable
    String finishReason() {
        return json.text("/choices/0/finish_reason");
    }
}
