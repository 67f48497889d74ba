package io.gatehouse.api.ai;

import org.jspecify.annotations.Nullable;

/** What a client asks an LLM to do: Kong's route types. The list grows; treat an unknown constant as unsupported. */
public enum LlmOperation {
    /** Chat completions. */
    CHAT("llm/v1/chat"),
    /** Text completions. */
    COMPLETIONS("llm/v1/completions"),
    /** Embeddings. */
    EMBEDDINGS("llm/v1/embeddings"),
    /** The Responses API with its sub-paths. */
    RESPONSES("llm/v1/responses"),
    /** Whatever the client calls: path and body as they are. */
    PRESERVE("preserve");

    private final String routeType;

    LlmOperation(String routeType) {
        this.routeType = routeType;
    }

    /** Kong's name, such as {@code llm/v1/chat}. */
    public String routeType() {
        return routeType;
    }

    /** The operation of a route type, or null when there is none. */
    public static @Nullable LlmOperation ofRouteType(String routeType) {
        for (LlmOperation operation : values()) {
            if (operation.routeType.equals(routeType)) {
                return operation;
            }
        }
        return null;
    }
}
