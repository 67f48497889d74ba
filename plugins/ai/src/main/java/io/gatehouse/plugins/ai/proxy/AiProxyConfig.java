package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Required;
import java.util.List;

/** Configuration of ai-proxy: one target. */
@Doc("Proxies LLM requests to a model.")
public record AiProxyConfig(
        @Doc("What clients ask for.")
        @OneOf({"llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings", "llm/v1/responses", "preserve"})
        @NotBuilt({
            "audio/v1/audio/speech",
            "audio/v1/audio/transcriptions",
            "audio/v1/audio/translations",
            "image/v1/images/edits",
            "image/v1/images/generations",
            "llm/v1/assistants",
            "llm/v1/batches",
            "llm/v1/files",
            "llm/v1/multimodal-embeddings",
            "realtime/v1/realtime",
            "video/v1/videos/generations"
        })
        String routeType,

        AuthConfig auth,
        @Required ModelConfig model,
        LoggingConfig logging,

        @Doc("The format clients speak.")
        @Default("openai")
        @OneOf("openai")
        @NotBuilt({"anthropic", "bedrock", "cohere", "gemini", "huggingface"})
        String llmFormat,

        @Doc("What kind of generation the route is for.")
        @Default("text/generation")
        @OneOf({"text/generation", "text/embeddings"})
        @NotBuilt({"audio/speech", "audio/transcription", "image/generation", "video/generation"})
        String genaiCategory,

        @Doc("Whether answers may be streamed: as the client asks, never, always.")
        @Default("allow")
        @OneOf({"allow", "deny", "always"})
        String responseStreaming,

        @Doc("Whether answers name provider and model in X-Kong-LLM-Model.") @Default("true")
        boolean modelNameHeader,

        @Doc("Bytes of a request body; 0 means no limit.") @Default(value = "1048576", kong310 = "8192") @Range(min = 0)
        int maxRequestBodySize) {
    /** The same as a plugin with one target, which is what the engine works with. */
    AiProxyAdvancedConfig advanced() {
        return new AiProxyAdvancedConfig(
                BalancerConfig.DEFAULT,
                List.of(new TargetConfig(routeType, auth, model, 100, null, logging)),
                llmFormat,
                genaiCategory,
                responseStreaming,
                modelNameHeader,
                maxRequestBodySize);
    }
}
