package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Required;
import org.jspecify.annotations.Nullable;

/** One of the models that a request may go to. */
@Doc("One of the models that a request may go to.")
@NotBuilt("metadata")
public record TargetConfig(
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

        @Doc("The target's share of requests.") @Default("100") @Range(min = 1, max = 65535)
        int weight,

        @Doc("For people; the semantic balancer, which is not built, reads it.") @Nullable
        String description,

        LoggingConfig logging) {}
