package io.gatehouse.plugins.ai.provider;

import io.gatehouse.api.ai.LlmEndpoint;
import io.gatehouse.api.ai.LlmModel;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.api.config.Problems;
import org.jspecify.annotations.Nullable;

/** What providers that speak the OpenAI format have in common. */
abstract class OpenAiFormat implements LlmProvider {
    private final String name;
    private final @Nullable LlmEndpoint base;

    /** @param base the provider's own address, or null when there is only {@code upstream_url} */
    OpenAiFormat(String name, @Nullable String base) {
        this.name = name;
        this.base = base == null ? null : LlmEndpoint.of(base);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public boolean supports(LlmModel model, LlmOperation operation) {
        return true;
    }

    @Override
    public void validate(LlmModel model, LlmOperation operation, Problems problems) {
        if (base == null && model.option("upstream_url") == null) {
            problems.add(
                    "model.options.upstream_url",
                    "must set 'model.options.upstream_url' for self-hosted providers/models");
        }
    }

    /** Whether an {@code upstream_url} without a path gets the operation's own. */
    boolean completesUpstreamUrl() {
        return false;
    }

    @Override
    public LlmEndpoint endpoint(LlmModel model, LlmOperation operation, boolean stream) {
        String url = model.option("upstream_url");
        LlmEndpoint endpoint;
        if (url != null) {
            endpoint = LlmEndpoint.of(url);
            String path = endpoint.path();
            boolean bare = path.isEmpty() || path.equals("/");
            endpoint = endpoint.withPath(bare && completesUpstreamUrl() ? path(operation) : path);
        } else if (base != null) {
            endpoint = base.withPath(path(operation));
        } else {
            throw new IllegalArgumentException(
                    "must set 'model.options.upstream_url' for self-hosted providers/models");
        }
        String upstreamPath = model.option("upstream_path");
        return upstreamPath == null ? endpoint : endpoint.withPath(upstreamPath);
    }

    private static String path(LlmOperation operation) {
        return switch (operation) {
            case CHAT -> "/v1/chat/completions";
            case COMPLETIONS -> "/v1/completions";
            case EMBEDDINGS -> "/v1/embeddings";
            case RESPONSES -> "/v1/responses";
            case PRESERVE -> "/";
        };
    }

    static void requireFormat(LlmModel model, String field, Problems problems) {
        if (model.option(field) == null) {
            problems.add(
                    "model.options." + field,
                    "must set 'model.options." + field + "' for " + model.provider() + " provider");
        }
    }
}
