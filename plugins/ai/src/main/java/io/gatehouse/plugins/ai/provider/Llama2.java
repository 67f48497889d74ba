package io.gatehouse.plugins.ai.provider;

import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.config.Problems;

/** A self-hosted Llama server that speaks the OpenAI format. */
public final class Llama2 extends OpenAiFormat {
    /** For the service loader. */
    public Llama2() {
        super("llama2", null);
    }

    @Override
    public boolean supports(LlmModel model, LlmOperation operation) {
        return operation != LlmOperation.RESPONSES;
    }

    @Override
    public void validate(LlmModel model, LlmOperation operation, Problems problems) {
        requireFormat(model, "llama2_format", problems);
        super.validate(model, operation, problems);
    }
}
