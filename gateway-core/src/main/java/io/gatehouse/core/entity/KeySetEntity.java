package io.gatehouse.core.entity;

import io.gatehouse.api.config.Doc;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set of keys. */
@Doc("A set of keys.")
public record KeySetEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What keys call it.") @Nullable String name,
        @Doc("Words to select entities by.") @Distinct List<String> tags) {}
