package io.gatehouse.plugins.ai.provider;

import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.config.Problems;

/** Mistral's platform, which speaks the OpenAI format but refuses fields that it does not know. */
public final class Mistral extends OpenAiFormat {
    /** For the service loader. */
    public Mistral() {
        super("mistral", "https://api.mistral.ai");
    }

    @Override
    public boolean supports(LlmModel model, LlmOperation operation) {
        return operation != LlmOperation.RESPONSES;
    }

    @Override
    public void validate(LlmModel model, LlmOperation operation, Problems problems) {
        requireFormat(model, "mistral_format", problems);
    }

    /** The last chunk always has the usage; asking for it is answered with a 422. */
    @Override
    public StreamUsage streamUsage(LlmModel model, LlmOperation operation) {
        return StreamUsage.ALWAYS;
    }
}
