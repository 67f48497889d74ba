package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Required;
import java.util.List;

/** Configuration of ai-proxy-advanced. */
@Doc("Proxies LLM requests to one of several models.")
@NotBuilt({"acls", "embeddings", "vectordb"})
public record AiProxyAdvancedConfig(
        BalancerConfig balancer,

        @Doc("The models that requests may go to.") @Required @Length(min = 1)
        List<TargetConfig> targets,

        @Doc("The format clients speak.")
        @Default("openai")
        @OneOf("openai")
        @NotBuilt({"anthropic", "bedrock", "cohere", "gemini", "huggingface"})
        String llmFormat,

        @Doc("What kind of generation the route is for.")
        @Default("text/generation")
        @OneOf({"text/generation", "text/embeddings"})
        @NotBuilt({"audio/speech", "audio/transcription", "image/generation", "realtime/generation", "video/generation"
        })
        String genaiCategory,

        @Doc("Whether answers may be streamed: as the client asks, never, always.")
        @Default("allow")
        @OneOf({"allow", "deny", "always"})
        String responseStreaming,

        @Doc("Whether answers name provider and model in X-Kong-LLM-Model.") @Default("true")
        boolean modelNameHeader,

        @Doc("Bytes of a request body; 0 means no limit.") @Default(value = "1048576", kong310 = "8192") @Range(min = 0)
        int maxRequestBodySize) {
    /** Copies the targets. */
    public AiProxyAdvancedConfig {
        targets = List.copyOf(targets);
    }
}
