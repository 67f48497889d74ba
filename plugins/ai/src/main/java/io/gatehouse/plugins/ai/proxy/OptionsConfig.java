package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Options of a model. What is set here wins over what the client sends. */
@Doc("Options of the model. What is set here wins over what the client sends.")
@NotBuilt(
        value = {
            "anthropic_version",
            "azure_deployment_id",
            "azure_instance",
            "bedrock",
            "cohere",
            "dashscope",
            "databricks",
            "gemini",
            "huggingface"
        },
        defaults = {"cohere.embedding_input_type=classification", "dashscope.international=true"})
public record OptionsConfig(
        @Doc("The most tokens of an answer.") @Nullable Integer maxTokens,

        @Doc("Sampling temperature.") @Range(min = 0, max = 5) @Nullable
        Double temperature,

        @Doc("Nucleus sampling.") @Range(min = 0, max = 1) @Nullable
        Double topP,

        @Doc("Never sent to providers that speak the OpenAI format, which do not know it.")
        @Range(min = 0, max = 500)
        @Nullable
        Integer topK,

        @Doc("Price of a million prompt tokens.") @Nullable Double inputCost,

        @Doc("Price of a million completion tokens.") @Nullable
        Double outputCost,

        @Doc("Price of a million prompt tokens read from the provider's cache; the input cost when not set.") @Nullable
        Double cacheReadCost,

        @Doc("Price of a million prompt tokens written to the provider's cache.") @Nullable
        Double cacheWriteCost,

        @Doc("Prices of cache writes by their time to live.")
        List<CacheWriteCost> cacheWriteCostList,

        @Doc("Factors on the prices above a number of prompt tokens.")
        List<ContextWindowFactor> contextWindowFactor,

        @Doc("Factors on the price by the service tier that the provider reports; the longest name found in it wins.")
        List<ServiceTierFactor> serviceTierFactor,

        @Doc("The size of embedding vectors.") @Range(min = 1) @Nullable
        Integer embeddingsDimensions,

        @Doc("The full address of the upstream; wins over the provider's own. May hold `$(headers.x)` and the like.")
        @Nullable
        String upstreamUrl,

        @Doc("Replaces the path of the address.") @Nullable String upstreamPath,

        @Doc("Read for provider azure only, which is not built; accepted since dumped files hold its default.")
        @Default("2023-05-15")
        String azureApiVersion,

        @Doc("The format a llama2 server speaks.") @OneOf("openai") @NotBuilt({"raw", "ollama"}) @Nullable
        String llama2Format,

        @Doc("The format a Mistral server speaks.") @OneOf("openai") @NotBuilt("ollama") @Nullable
        String mistralFormat) {
    /** Price of cache writes with a time to live. */
    public record CacheWriteCost(
            @Doc("The time to live, such as `5m`.") String ttl,
            @Doc("Price of a million tokens.") double cost) {}

    /** Factors on the prices for long prompts. */
    public record ContextWindowFactor(
            @Doc("A number of prompt tokens, as text.") String above,
            @Doc("Factor on the input cost.") double inputFactor,
            @Doc("Factor on the output cost.") double outputFactor) {}

    /** A factor on the price for a service tier. */
    public record ServiceTierFactor(
            @Doc("Found in the reported tier without regard to case.") @Length(min = 1)
            String tier,

            @Doc("The factor.") double factor) {}

    /** Copies the lists. */
    public OptionsConfig {
        cacheWriteCostList = List.copyOf(cacheWriteCostList);
        contextWindowFactor = List.copyOf(contextWindowFactor);
        serviceTierFactor = List.copyOf(serviceTierFactor);
    }
}
