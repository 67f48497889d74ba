package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a config that several plugins share.
 *
 * @param config what stands at the path that a plugin gives
 */
@Doc("A part of a config that several plugins share.")
public record PartialEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What plugins call it.") @Nullable String name,

        @Doc("What it describes.") @OneOf({"redis-ce", "redis-ee", "vectordb", "embeddings", "model"})
        String type,

        @Doc("The part itself.") ConfigNode.Mapping config,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    /** The type whose Redis may be a cluster, or be found by sentinels. */
    public static final String REDIS_EE = "redis-ee";

    static void check(PartialEntity partial, Report report) {
        report.each("name", Checks::name);
    }
}
