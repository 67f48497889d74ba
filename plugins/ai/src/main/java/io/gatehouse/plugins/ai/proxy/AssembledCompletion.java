package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.json.JsonWriter;
import org.jspecify.annotations.Nullable;

/** Kong's log form of a streamed answer: one completion. */
final class AssembledCompletion {
    private AssembledCompletion() {}

    static String json(String text, @Nullable String finishReason, @Nullable TokenUsage usage) {
        String content = JsonWriter.write(text).toString();
        StringBuilder out = new StringBuilder(content.length() * 2 + 256);
        out.append("{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",")
                .append("\"content\":")
                .append(content)
                .append("},\"finish_reason\":")
                .append(JsonWriter.write(finishReason).toString())
                .append(",\"logprobs\":null}],\"response\":")
                .append(content);
        if (usage != null) {
            out.append(",\"usage\":{\"prompt_tokens\":")
                    .append(usage.prompt())
                    .append(",\"completion_tokens\":")
                    .append(usage.completion())
                    .append(",\"total_tokens\":")
                    .append(usage.total())
                    .append('}');
        }
        return out.append('}').toString();
    }
}
