package io.gatehouse.plugins.ai.provider;

import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.config.Problems;

/** An Ollama server, through its OpenAI endpoints. */
public final class Ollama extends OpenAiFormat {
    /** For the service loader. */
    public Ollama() {
        super("ollama", null);
    }

    @Override
    boolean completesUpstreamUrl() {
        return true;
    }

    @Override
    public void validate(LlmModel model, LlmOperation operation, Problems problems) {
        super.validate(model, operation, problems);
        String url = model.option("upstream_url");
        String path = model.option("upstream_path");
        String effective = path != null ? path : url;
        if (effective != null
                && (effective.endsWith("/api/chat")
                        || effective.endsWith("/api/generate")
                        || effective.endsWith("/api/embed"))) {
            problems.add(
                    path != null ? "model.options.upstream_path" : "model.options.upstream_url",
                    "Ollama's own format is not built (expected: its OpenAI endpoint, such as /v1/chat/completions,"
                            + " or a URL without a path)");
        }
    }
}
