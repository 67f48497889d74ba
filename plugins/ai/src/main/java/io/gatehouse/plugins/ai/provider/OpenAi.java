package io.gatehouse.plugins.ai.provider;

import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import java.util.Locale;

/** OpenAI, and with {@code upstream_url} any server that is compatible with it. */
public final class OpenAi extends OpenAiFormat {
    /** For the service loader. */
    public OpenAi() {
        super("openai", "https://api.openai.com");
    }

    /** The reasoning families refuse {@code max_tokens}. */
    @Override
    public String maxTokensField(LlmModel model, LlmOperation operation) {
        String name = model.name();
        return operation == LlmOperation.CHAT && name != null && isReasoning(name)
                ? "max_completion_tokens"
                : super.maxTokensField(model, operation);
    }

    private static boolean isReasoning(String name) {
        String family = name.toLowerCase(Locale.ROOT);
        return isFamily(family, "o1") || isFamily(family, "o3") || isFamily(family, "o4") || isFamily(family, "gpt-5");
    }

    /** The family's name alone, or followed by a version, size or date: not {@code o10}. */
    private static boolean isFamily(String name, String family) {
        return name.startsWith(family)
                && (name.length() == family.length() || !Character.isLetterOrDigit(name.charAt(family.length())));
    }
}
