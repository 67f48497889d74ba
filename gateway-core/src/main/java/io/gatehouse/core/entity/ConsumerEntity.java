package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A consumer: who calls. At least one of {@code username} and {@code customId} is there. */
@Doc("Who calls. `groups` may list the consumer groups it is in.")
@NotBuilt("type")
public record ConsumerEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What plugins and credentials call it.") @Nullable
        String username,

        @Doc("What another system calls it.") @Unique @Name("custom_id") @Nullable
        String customId,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    static final List<Rule> RULES = List.of(Rule.atLeastOneOf("custom_id", "username"));
}
