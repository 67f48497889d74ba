package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;

/** A word that the acl plugin knows a consumer by. */
@Doc("A word that the acl plugin knows a consumer by.")
public record AclGroup(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Who has it.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The word.") String group,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
