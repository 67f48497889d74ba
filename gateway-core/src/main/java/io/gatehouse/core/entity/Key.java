package io.gatehouse.core.entity;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tells the entities of a kind apart, beside their ids.
 *
 * @param name the unique field by which others refer to one; null when there is none
 * @param identity the fields that together are unique, and that the id of an entity without one is made from; empty
 *     when that is the name
 */
record Key(@Nullable String name, List<String> identity) {
    static final Key NONE = new Key(null, List.of());

    /** Has a name. */
    static Key name(String field) {
        return new Key(field, List.of());
    }

    /** Has no name; these fields together are unique. */
    static Key of(String... fields) {
        return new Key(null, List.of(fields));
    }

    /** Has a name; these fields together are unique too. */
    Key and(String... fields) {
        return new Key(name, List.of(fields));
    }
}
