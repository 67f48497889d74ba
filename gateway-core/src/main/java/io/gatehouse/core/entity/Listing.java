package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.RecordShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All entities of one kind. An edit makes a new one; what it did not touch is shared, so that a change of one route does not
 * look at the plugins. Indexes that only edits and the Admin API need are made when they are first asked for. Deeply
 * immutable to its users, any thread.
 */
final class Listing {
    /** The index over {@link EntityKind#identity()}. */
    static final String IDENTITY = "";

    private final EntityKind kind;
    private final List<Entity> all;
    private final List<Record> records;
    private final Map<String, Entity> byKey;
    private final Map<String, Map<String, Entity>> indexes = new ConcurrentHashMap<>();
    private volatile @Nullable List<Entity> sorted;
    private volatile @Nullable List<byte[]> digests;

    Listing(EntityKind kind, List<Entity> entities) {
        this.kind = kind;
        this.all = List.copyOf(entities);
        List<Record> values = new ArrayList<>(all.size());
        Map<String, Entity> keys = new HashMap<>(4 * all.size());
        for (Entity entity : all) {
            values.add(entity.value());
            keys.put(entity.id(), entity);
        }
        if (kind.nameField() != null && kind != EntityKind.PLUGIN) {
            for (Entity entity : all) {
                keys.putIfAbsent(entity.name(), entity);
            }
        }
        this.records = List.copyOf(values);
        this.byKey = keys;
    }

    List<Entity> all() {
        return all;
    }

    List<Record> records() {
        return records;
    }

    @Nullable
    Entity find(String idOrName) {
        return byKey.get(idOrName);
    }

    /** The same with these in the place of those with their ids, or after the others, and without the ones that go. */
    Listing with(Collection<Entity> changed, Set<String> gone) {
        Map<String, Entity> fresh = new LinkedHashMap<>();
        changed.forEach(entity -> fresh.put(entity.id(), entity));
        List<Entity> next = new ArrayList<>(all.size() + fresh.size());
        List<byte[]> known = digests;
        List<byte[]> nextDigests = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Entity entity = all.get(i);
            Entity other = fresh.remove(entity.id());
            if (other != null) {
                next.add(other);
            } else if (!gone.contains(entity.id())) {
                next.add(entity);
            } else {
                continue;
            }
            if (known != null) {
                nextDigests.add(other == null ? known.get(i) : Fingerprint.digest(other));
            }
        }
        for (Entity entity : fresh.values()) {
            next.add(entity);
            if (known != null) {
                nextDigests.add(Fingerprint.digest(entity));
            }
        }
        Listing listing = new Listing(kind, next);
        if (known != null) {
            listing.digests = nextDigests;
        }
        return listing;
    }

    /** The entities in the order of their ids. */
    List<Entity> sorted() {
        List<Entity> known = sorted;
        if (known == null) {
            known = all.stream().sorted(Comparator.comparing(Entity::id)).toList();
            sorted = known;
        }
        return known;
    }

    /** The digest of each entity. */
    List<byte[]> digests() {
        List<byte[]> known = digests;
        if (known == null) {
            known = all.stream().map(Fingerprint::digest).toList();
            digests = known;
        }
        return known;
    }

    /** The entity with this value in a unique field, or this {@link #identity}; null when there is none. */
    @Nullable
    Entity holder(String index, String value) {
        return indexes.computeIfAbsent(index, this::index).get(value);
    }

    private Map<String, Entity> index(String index) {
        Map<String, Entity> entities = new HashMap<>();
        for (Entity entity : all) {
            String key = index.equals(IDENTITY) ? identity(entity) : text(entity, index);
            if (key != null) {
                entities.put(key, entity);
            }
        }
        return entities;
    }

    private static @Nullable String text(Entity entity, String field) {
        Object value = Objects.requireNonNull(
                        RecordShape.of(entity.kind().type()).component(field))
                .of(entity.value());
        return value instanceof Secret secret ? secret.value() : (String) value;
    }

    /** What tells an entity from the others, in Kong's form. */
    static String identity(Entity entity) {
        StringBuilder key = new StringBuilder(entity.kind().plural()).append(":*");
        for (String field : entity.kind().identity()) {
            String value = text(entity, field);
            if (value == null && field.equals("consumer_group")) {
                continue; // Kong's key before there were groups
            }
            key.append(':').append(value == null ? "" : value);
        }
        return key.toString();
    }
}
