package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Literal;
import java.util.List;

/**
 * A name and password of a consumer.
 *
 * @param password as the client sends it
 */
@Doc("A name and password of a consumer.")
public record BasicauthCredential(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose credential it is.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The name as the client sends it.") String username,

        @Doc("The password as the client sends it.") @Literal
        Secret password,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
