package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.core.schema.Filled;

/** That a consumer is in a group, however the file says so. */
@Doc("That a consumer is in a group.")
public record ConsumerGroupConsumer(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("The group.") @ForeignKey(EntityKind.CONSUMER_GROUP) @Name("consumer_group")
        String consumerGroupId,

        @Doc("The member.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId) {}
