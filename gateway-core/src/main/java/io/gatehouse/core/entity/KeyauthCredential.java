package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import io.gatehouse.core.schema.Literal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An API key of a consumer.
 *
 * @param key the key as the client sends it
 * @param ttl seconds for which it is good, from {@link Entity#ttlSince()}, or from its loading where nothing says when; null and
 *     0 mean for ever
 */
@Doc("An API key of a consumer.")
@NotBuilt(value = "identity_realms", defaults = "identity_realms=[]")
public record KeyauthCredential(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Whose key it is.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer")
        String consumerId,

        @Doc("The key as the client sends it.") @Literal Secret key,

        @Doc(
                "Seconds for which it is good: from `updated_at`, else `created_at`, or its loading where nothing says when.")
        @Range(min = 0, max = 100000000)
        @Nullable
        Integer ttl,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
