package io.gatehouse.core.schema;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Referenceable;
import io.gatehouse.api.config.Required;
import io.gatehouse.api.config.Secret;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Part of what ai-proxy-advanced asks for: nesting, enums, secrets, free data. */
record AiLike(
        @Required @Length(min = 1) List<Target> targets,
        Balancer balancer,
        @Nullable Embeddings embeddings) {

    enum Algorithm {
        @Name("round-robin")
        ROUND_ROBIN,
        PRIORITY
    }

    enum RouteType {
        @Name("llm/v1/chat")
        CHAT,
        @Name("llm/v1/responses")
        RESPONSES
    }

    record Balancer(
            @Default("round-robin") @NotBuilt({"semantic", "lowest-usage"})
            Algorithm algorithm,

            @Default({"error", "timeout"}) @OneOf({"error", "timeout", "http_429"})
            Set<String> failoverCriteria,

            @Default("60000") @Range(min = 1, max = 2147483646)
            int readTimeout) {}

    record Target(
            Model model,
            RouteType routeType,
            @Nullable Auth auth,
            Logging logging,
            @Default("100") @Range(min = 1, max = 65535) int weight,
            @Nullable Object metadata) {}

    record Model(
            @Nullable String name,

            @OneOf({"openai", "mistral"}) @NotBuilt({"anthropic", "bedrock"})
            String provider,

            Options options) {}

    record Options(
            @Nullable Integer maxTokens,
            @Range(min = 0, max = 5) @Nullable Double temperature,
            @Nullable String mistralFormat,
            @Nullable String upstreamUrl) {}

    record Auth(
            @Referenceable @Nullable String headerName,
            @Doc("The credential.") @Nullable Secret headerValue,
            Map<String, Secret> more) {}

    record Logging(
            @Default("false") boolean logPayloads,
            @Default("false") boolean logStatistics) {}

    record Embeddings(String model) {}
}
