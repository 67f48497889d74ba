package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads the usage that a provider reports, in the words of either OpenAI dialect. */
final class UsageReader {
    /** What no honest answer reaches; a figure above it is no figure. */
    private static final long MAX_TOKENS = 1_000_000_000_000L;

    private static final int MAX_DETAILS = 16;

    private UsageReader() {}

    /** The usage of a {@code usage} object; null when it is none, or its figures make no sense. */
    static @Nullable TokenUsage read(JsonValue usage) {
        if (usage.kind() != JsonKind.OBJECT) {
            return null;
        }
        boolean inputOutput = usage.exists("/input_tokens");
        long prompt = count(usage, inputOutput ? "/input_tokens" : "/prompt_tokens");
        String completionName = inputOutput ? "/output_tokens" : "/completion_tokens";
        // embeddings have no completion
        long completion = usage.exists(completionName) ? count(usage, completionName) : 0;
        if (prompt < 0 || completion < 0) {
            return null;
        }
        long total = count(usage, "/total_tokens");
        return new TokenUsage(
                prompt,
                completion,
                total < 0 ? prompt + completion : total,
                TokenUsage.Provenance.REPORTED,
                details(usage.at(inputOutput ? "/input_tokens_details" : "/prompt_tokens_details")),
                details(usage.at(inputOutput ? "/output_tokens_details" : "/completion_tokens_details")),
                inputOutput);
    }

    private static long count(JsonValue usage, String pointer) {
        OptionalLong value = usage.longValue(pointer);
        return value.isPresent() && value.getAsLong() >= 0 && value.getAsLong() <= MAX_TOKENS ? value.getAsLong() : -1;
    }

    private static Map<String, Long> details(@Nullable JsonValue details) {
        if (details == null || details.kind() != JsonKind.OBJECT) {
            return Map.of();
        }
        Map<String, Long> read = new LinkedHashMap<>();
        details.forEachMember((name, value) -> {
            long count = count(value, "");
            if (count >= 0 && read.size() < MAX_DETAILS && name.length() <= 64) {
                read.put(name, count);
            }
        });
        return read;
    }
}
