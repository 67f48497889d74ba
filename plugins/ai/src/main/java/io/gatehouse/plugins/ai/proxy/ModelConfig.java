package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import org.jspecify.annotations.Nullable;

/** A model at a provider. */
@Doc("A model at a provider.")
public record ModelConfig(
        @Doc("The provider: `openai`, `mistral`, `llama2`, `vllm`, `ollama`, or one that a plugin JAR brings.")
        @NotBuilt({
            "anthropic",
            "azure",
            "bedrock",
            "cerebras",
            "cohere",
            "dashscope",
            "databricks",
            "deepseek",
            "gemini",
            "huggingface",
            "xai"
        })
        String provider,

        @Doc(
                "The model's name at the provider. Not set: what the client asks for. May hold `$(headers.x)` and the like.")
        @Nullable
        String name,

        @Doc("A name that clients may use instead.") @Nullable
        String modelAlias,

        OptionsConfig options) {}
