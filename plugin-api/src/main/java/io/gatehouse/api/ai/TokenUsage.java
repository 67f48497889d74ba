package io.gatehouse.api.ai;

import java.util.Locale;
import java.util.Map;

/**
 * What one LLM call consumed, in tokens.
 *
 * @param prompt tokens of the prompt, cached ones included
 * @param completion tokens of the answer, reasoning included
 * @param total the provider's own total, which need not be the sum
 * @param provenance whether these figures are the provider's
 * @param promptDetails such as {@code cached_tokens}, as the provider names them
 * @param completionDetails such as {@code reasoning_tokens}
 * @param inputOutput whether the dialect calls them input and output tokens (Responses API)
 */
public record TokenUsage(
        long prompt,
        long completion,
        long total,
        Provenance provenance,
        Map<String, Long> promptDetails,
        Map<String, Long> completionDetails,
        boolean inputOutput) {
    /** Where the figures come from. */
    public enum Provenance {
        /** The provider reported them at the end of the call. */
        REPORTED,
        /** The call ended whole but the provider reported nothing: estimated from the texts. */
        ESTIMATED,
        /** The call was cut: what had been seen until then. */
        PARTIAL;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** The lower-case name that log entries show. */
        public String label() {
            return label;
        }
    }

    /** Copies the details. */
    public TokenUsage {
        promptDetails = Map.copyOf(promptDetails);
        completionDetails = Map.copyOf(completionDetails);
    }
}
