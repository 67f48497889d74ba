package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.schema.RecordShape;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

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
    private final PMap<String, Entity> byId;
    private final PMap<String, Entity> byName;
    private final Map<String, PMap<String, Entity>> indexes = new ConcurrentHashMap<>();
    private volatile @Nullable List<Entity> sorted;
    private volatile @Nullable List<byte[]> digests;

    private Listing(EntityKind kind, List<Entity> all, PMap<String, Entity> byId, PMap<String, Entity> byName) {
        this.kind = kind;
        this.all = all;
        this.records = new Records(all);
        this.byId = byId;
        this.byName = byName;
    }

    /** What the entities of a list say. */
    private static final class Records extends AbstractList<Record> implements RandomAccess {
        private final List<Entity> entities;

        Records(List<Entity> entities) {
            this.entities = entities;
        }

        @Override
        public Record get(int index) {
            return entities.get(index).value();
        }

        @Override
        public int size() {
            return entities.size();
        }
    }

    static Listing of(EntityKind kind, List<Entity> entities) {
        Map<String, Entity> ids = new HashMap<>();
        Map<String, Entity> names = new HashMap<>();
        for (Entity entity : entities) {
            ids.put(entity.id(), entity);
            if (isNamed(kind)) {
                names.putIfAbsent(entity.name(), entity);
            }
        }
        return new Listing(kind, List.copyOf(entities), HashTreePMap.from(ids), HashTreePMap.from(names));
    }

    private static boolean isNamed(EntityKind kind) {
        return kind.nameField() != null && kind != EntityKind.PLUGIN;
    }

    List<Entity> all() {
        return all;
    }

    List<Record> records() {
        return records;
    }

    @Nullable
    Entity find(String idOrName) {
        Entity found = byId.get(idOrName);
        return found == null ? byName.get(idOrName) : found;
    }

    /** The same with these in the place of those with their ids, or after the others, and without the ones that go. */
    Listing with(Collection<Entity> changed, Set<String> gone) {
        Map<String, Entity> fresh = new LinkedHashMap<>();
        changed.forEach(entity -> fresh.put(entity.id(), entity));
        List<Entity> out = new ArrayList<>();
        fresh.keySet().forEach(id -> add(out, byId.get(id)));
        gone.forEach(id -> add(out, fresh.containsKey(id) ? null : byId.get(id)));
        Listing listing = new Listing(
                kind,
                out.isEmpty() ? appended(fresh.values()) : replaced(new LinkedHashMap<>(fresh), gone),
                changed(byId, out, fresh.values(), Entity::id),
                isNamed(kind) ? changed(byName, out, fresh.values(), Entity::name) : byName);
        indexes.forEach((index, entities) ->
                listing.indexes.put(index, changed(entities, out, fresh.values(), entity -> key(index, entity))));
        List<byte[]> known = digests;
        if (known != null) {
            listing.digests =
                    out.isEmpty() ? appended(known, fresh.values()) : digests(known, listing.all, fresh, gone);
        }
        return listing;
    }

    private static List<byte[]> appended(List<byte[]> known, Collection<Entity> fresh) {
        List<byte[]> next = new ArrayList<>(known.size() + fresh.size());
        next.addAll(known);
        fresh.forEach(entity -> next.add(Fingerprint.digest(entity)));
        return next;
    }

    /** The digests of what becomes of the entities; those of what is the same are known. */
    @SuppressWarnings("ReferenceEquality") // what an edit did not touch is the same object
    private List<byte[]> digests(
            List<byte[]> known, List<Entity> entities, Map<String, Entity> fresh, Set<String> gone) {
        List<byte[]> next = new ArrayList<>(entities.size());
        Iterator<Entity> others = entities.iterator();
        for (int i = 0; i < all.size(); i++) {
            Entity old = all.get(i);
            if (!gone.contains(old.id()) || fresh.containsKey(old.id())) {
                Entity now = others.next();
                next.add(now == old ? known.get(i) : Fingerprint.digest(now));
            }
        }
        others.forEachRemaining(entity -> next.add(Fingerprint.digest(entity)));
        return next;
    }

    private static void add(List<Entity> entities, @Nullable Entity entity) {
        if (entity != null) {
            entities.add(entity);
        }
    }

    private List<Entity> appended(Collection<Entity> fresh) {
        Entity[] next = all.toArray(new Entity[all.size() + fresh.size()]);
        int at = all.size();
        for (Entity entity : fresh) {
            next[at++] = entity;
        }
        return Collections.unmodifiableList(Arrays.asList(next)); // List.of would copy once more
    }

    private List<Entity> replaced(Map<String, Entity> fresh, Set<String> gone) {
        List<Entity> next = new ArrayList<>(all.size() + fresh.size());
        for (Entity entity : all) {
            Entity other = fresh.remove(entity.id());
            if (other != null) {
                next.add(other);
            } else if (!gone.contains(entity.id())) {
                next.add(entity);
            }
        }
        next.addAll(fresh.values());
        return Collections.unmodifiableList(next);
    }

    /** An index without some entities and with others; an entity without a key is not in it. */
    @SuppressWarnings("ReferenceEquality") // another entity may have taken the key
    private static PMap<String, Entity> changed(
            PMap<String, Entity> before,
            Collection<Entity> out,
            Collection<Entity> in,
            Function<Entity, @Nullable String> key) {
        PMap<String, Entity> next = before;
        for (Entity entity : out) {
            String old = key.apply(entity);
            if (old != null && next.get(old) == entity) {
                next = next.minus(old);
            }
        }
        for (Entity entity : in) {
            String own = key.apply(entity);
            if (own != null) {
                next = next.plus(own, entity);
            }
        }
        return next;
    }

    /**
     * The ids of all entities that are not the very same in another listing, or in one of the two only; of those that are the
     * same too, where their order has changed. Where little has, little more than a walk past what has not.
     */
    @SuppressWarnings("ReferenceEquality") // what an edit did not touch is the same object
    Set<String> touchedSince(Listing before) {
        if (before == this) {
            return Set.of();
        }
        Set<String> touched = new LinkedHashSet<>();
        int i = 0;
        for (Entity now : all) {
            while (i < before.all.size() && before.all.get(i) != now && !isKept(before.all.get(i))) {
                touched.add(before.all.get(i++).id());
            }
            if (i < before.all.size() && before.all.get(i) == now) {
                i++;
            } else {
                touched.add(now.id());
            }
        }
        while (i < before.all.size()) {
            touched.add(before.all.get(i++).id());
        }
        return touched;
    }

    @SuppressWarnings("ReferenceEquality") // as above
    private boolean isKept(Entity old) {
        return byId.get(old.id()) == old;
    }

    /** The entity with this id; null when there is none. */
    @Nullable
    Entity withId(String id) {
        return byId.get(id);
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

    private PMap<String, Entity> index(String index) {
        Map<String, Entity> entities = new HashMap<>();
        for (Entity entity : all) {
            String key = key(index, entity);
            if (key != null) {
                entities.put(key, entity);
            }
        }
        return HashTreePMap.from(entities);
    }

    private static @Nullable String key(String index, Entity entity) {
        return index.equals(IDENTITY) ? identity(entity) : text(entity, index);
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
