package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Pattern;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A place that secrets come from.
 *
 * @param prefix what references call it
 * @param name its type
 * @param config what its type asks for
 */
@Doc("A place that secrets come from.")
public record VaultEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What references call it.")
        @Pattern(
                value = "[a-z][a-z0-9-]*[a-z0-9]+",
                message = "invalid value: expected small letters, digits and inner dashes, a letter first")
        String prefix,

        @Doc("Its type.") @OneOf({"env", "fs"}) @NotBuilt({"aws", "gcp", "azure", "hcv", "conjur", "konnect"})
        String name,

        @Doc("What it is for.") @Nullable String description,
        @Doc("What its type asks for.") ConfigNode.Mapping config,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {
    private static final Set<String> TYPES = Set.of("env", "fs", "aws", "gcp", "azure", "hcv", "conjur", "konnect");

    static void check(VaultEntity vault, Report report) {
        if (TYPES.contains(vault.prefix)) {
            report.at(
                    "prefix",
                    "must not be one of: env, fs, aws, gcp, azure, hcv, conjur, konnect (got " + vault.prefix + ")");
        }
    }
}
