package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.schema.RecordShape;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An entity of any kind, for whoever treats all kinds alike.
 *
 * @param kind what it is
 * @param id a UUID in lower case, given or made from the key
 * @param name what users call it: its name, else what tells it from others, without secrets
 * @param tags its tags
 * @param location where it stands in the file
 * @param path its path in the file, such as {@code services[0].routes[1]}
 * @param value the record, of the kind's type
 * @param node what the record was bound from, flat and with ids for references, so that it can be bound again; parts that
 *     partials hold are not in it
 * @param sources what the file says where variables were put in, so that it can be written again; empty when there are none
 */
public record Entity(
        EntityKind kind,
        String id,
        String name,
        List<String> tags,
        Location location,
        String path,
        Record value,
        ConfigNode.Mapping node,
        ConfigNode.Mapping sources) {
    /** The field that holds when the {@code ttl} of a credential was said last; Kong shows none of that name there. */
    public static final String TTL_SAID = "updated_at";

    /** Copies the tags. */
    public Entity {
        tags = List.copyOf(tags);
    }

    /**
     * Its fields in the order of the record, by their names in the file, null where there is no value. A reference is the
     * other one's id; a secret stays a {@link io.gatehouse.api.config.Secret} and a part of the file a {@link
     * io.gatehouse.core.config.ConfigNode}, so that whoever writes them decides how.
     */
    public Map<String, @Nullable Object> fields() {
        return fields(value);
    }

    /** A time that it says, such as {@code created_at}, in seconds since the epoch; null when it says none. */
    public @Nullable Long time(String field) {
        return node.get(field) instanceof ConfigNode.Scalar at ? at.asLong() : null;
    }

    /**
     * From when its {@code ttl} counts, in seconds since the epoch: from when that was said last, else from when the entity
     * was made; null when nothing says when.
     */
    @Nullable
    Long ttlSince() {
        Long said = time(TTL_SAID);
        return said != null ? said : time("created_at");
    }

    private static Map<String, @Nullable Object> fields(Record record) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (RecordShape.Component component : RecordShape.of(record.getClass()).components()) {
            fields.put(component.name(), plain(component.of(record)));
        }
        return Collections.unmodifiableMap(fields);
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof Record record) {
            return fields(record);
        }
        return value instanceof List<?> list ? list.stream().map(Entity::plain).toList() : value;
    }
}
