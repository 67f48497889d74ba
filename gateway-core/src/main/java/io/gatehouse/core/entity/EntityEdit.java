package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import org.jspecify.annotations.Nullable;

/**
 * One entity put in the place of the one with its id, added, or taken away.
 *
 * @param kind what it is
 * @param id a UUID in lower case
 * @param fields what it says, with the id, others by their ids or names; null takes it away
 */
public record EntityEdit(EntityKind kind, String id, ConfigNode.@Nullable Mapping fields) {
    /** What tells its entity from all others. */
    public String place() {
        return place(kind, id);
    }

    /** What tells an entity from all others. */
    public static String place(EntityKind kind, String id) {
        return kind.plural() + ':' + id;
    }
}
