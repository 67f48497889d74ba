package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.body.SseEvent;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.gatehouse.api.json.JsonWalker;
import org.jspecify.annotations.Nullable;

/**
 * What one event of a streamed answer says: read in one pass, changed in nothing. One of it serves all events of an
 * answer, since most of them say no more than a word.
 */
final class Chunk {
    private final LlmOperation operation;
    private final JsonWalker walker = new JsonWalker();

    private boolean named;
    private boolean tiered;
    private @Nullable String type;
    private @Nullable JsonValue response;
    private @Nullable JsonValue usage;
    private @Nullable String model;
    private @Nullable String serviceTier;
    private @Nullable String text;
    private @Nullable String delta;
    private int textPieces;
    private boolean usageStated;
    private boolean choices;
    private boolean anyChoice;
    private boolean content;
    private boolean finished;

    Chunk(LlmOperation operation) {
        this.operation = operation;
    }

    /**
     * Reads an event; false when its data is no JSON object, so that nothing is known of it.
     *
     * @param named whether the model is still of interest
     * @param tiered whether the service tier is
     */
    boolean read(SseEvent event, boolean named, boolean tiered) {
        this.named = named;
        this.tiered = tiered;
        type = null;
        response = null;
        usage = null;
        model = null;
        serviceTier = null;
        text = null;
        delta = null;
        textPieces = 0;
        usageStated = false;
        choices = false;
        anyChoice = false;
        content = false;
        finished = false;
        try {
            if (!event.walkData(walker) || !walker.enterObject()) {
                return false;
            }
            while (walker.nextMember()) {
                member();
            }
            walker.finish();
        } catch (JsonException e) {
            return false;
        }
        return true;
    }

    private void member() {
        if (walker.nameIs("choices")) {
            choices();
        } else if (walker.nameIs("usage")) {
            usageStated = true;
            usage = walker.kind() == JsonKind.OBJECT ? walker.value() : null;
        } else if (named && walker.nameIs("model")) {
            model = walker.text();
        } else if (tiered && walker.nameIs("service_tier")) {
            serviceTier = walker.text();
        } else if (operation == LlmOperation.RESPONSES || operation == LlmOperation.PRESERVE) {
            if (walker.nameIs("type")) {
                type = walker.text();
            } else if (walker.nameIs("delta")) {
                delta = walker.text();
            } else if (walker.nameIs("response") && walker.kind() == JsonKind.OBJECT) {
                response = walker.value();
            }
        }
    }

    private void choices() {
        choices = walker.enterArray();
        anyChoice = false;
        while (choices && walker.nextElement()) {
            anyChoice = true;
            if (walker.enterObject()) {
                while (walker.nextMember()) {
                    choice();
                }
            }
        }
    }

    private void choice() {
        if (walker.nameIs("delta")) {
            if (walker.enterObject()) {
                while (walker.nextMember()) {
                    delta();
                }
            }
        } else if (walker.nameIs("text")) {
            text(walker.text());
        } else if (walker.nameIs("finish_reason") && isFull()) {
            content = true;
            finished = true;
        }
    }

    private void delta() {
        if (walker.nameIs("content")) {
            content |= isFull();
            text(walker.text());
        } else if (walker.nameIs("tool_calls")
                || walker.nameIs("refusal")
                || walker.nameIs("reasoning")
                || walker.nameIs("reasoning_content")
                || walker.nameIs("audio")
                || walker.nameIs("function_call")) {
            content |= isFull();
        }
    }

    private boolean isFull() {
        return switch (walker.kind()) {
            case STRING, ARRAY, OBJECT -> !walker.isEmpty();
            case NUMBER, BOOLEAN, NULL -> false;
        };
    }

    private void text(@Nullable String piece) {
        if (piece != null && !piece.isEmpty()) {
            content = true;
            text = text == null ? piece : text + piece;
            textPieces++;
        }
    }

    /** Whether it is of the Responses dialect. */
    boolean isResponses() {
        String known = type;
        return operation == LlmOperation.RESPONSES || known != null && known.startsWith("response.");
    }

    /** Whether the client gets something of the answer with it: from here on no other target may take over. */
    boolean hasContent() {
        return isResponses() ? !isType("response.created", "response.queued", "response.in_progress") : content;
    }

    private boolean isType(String one, String other, String third) {
        return one.equals(type) || other.equals(type) || third.equals(type);
    }

    /** Whether the answer is whole with it, as far as its format can tell. */
    boolean isLast() {
        return isResponses() ? isType("response.completed", "response.incomplete", "response.failed") : finished;
    }

    /** Whether it belongs to no choice, and says something of the usage. */
    boolean isAboutUsage() {
        return !isResponses() && usageStated && choices && !anyChoice;
    }

    /** The usage it reports; null when it reports none, or what it reports is no object. */
    @Nullable
    JsonValue usage() {
        return usage;
    }

    /** The model that answers; null when it does not say, or nobody wants to know. */
    @Nullable
    String model() {
        return model;
    }

    @Nullable
    String serviceTier() {
        return serviceTier;
    }

    /** The response so far, of the Responses dialect; null when there is none in it. */
    @Nullable
    JsonValue response() {
        return response;
    }

    /** The text that the answer gains; null when it gains none. */
    @Nullable
    String text() {
        return isResponses() ? "response.output_text.delta".equals(type) ? delta : null : text;
    }

    /** In how many pieces the text comes: one for each choice that gains some. */
    int textPieces() {
        return isResponses() ? 1 : textPieces;
    }
}
