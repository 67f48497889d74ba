package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Literal;
import java.util.List;

/** A name and the secret that its owner signs requests with. */
@Doc("A name and the secret that its owner signs requests with.")
public record HmacauthCredential(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose credential it is.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The name in the signature.") String username,
        @Doc("What requests are signed with.") @Literal Secret secret,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
