package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which consumers are in which groups, from both sides: {@code /consumer_groups/g/consumers} and {@code
 * /consumers/c/consumer_groups}.
 *
 * @param kind what the path begins with
 * @param owner the one whose memberships are meant
 * @param other the one on the other side; null for all
 */
record Memberships(EntityKind kind, String owner, @Nullable String other) {
    private static final String GROUP = "consumer_group";
    private static final String CONSUMER = "consumer";

    /** Reads the parts of a path; null when it is of something else. */
    static @Nullable Memberships of(List<String> parts) {
        if (parts.size() < 3 || parts.size() > 4) {
            return null;
        }
        EntityKind kind = EntityKind.at(parts.get(0));
        boolean groups = kind == EntityKind.CONSUMER_GROUP && parts.get(2).equals("consumers");
        boolean consumers = kind == EntityKind.CONSUMER && parts.get(2).equals("consumer_groups");
        return kind != null && (groups || consumers)
                ? new Memberships(kind, parts.get(1), parts.size() == 4 ? parts.get(3) : null)
                : null;
    }

    private EntityKind otherKind() {
        return kind == EntityKind.CONSUMER ? EntityKind.CONSUMER_GROUP : EntityKind.CONSUMER;
    }

    private String ownField() {
        return kind == EntityKind.CONSUMER ? CONSUMER : GROUP;
    }

    private String otherField() {
        return kind == EntityKind.CONSUMER ? GROUP : CONSUMER;
    }

    private static Entity found(DeclarativeConfig config, EntityKind kind, String key) throws AdminError {
        Entity found = config.locate(kind, key);
        if (found == null) {
            throw AdminError.notFound();
        }
        return found;
    }

    /** Those on the other side: all of them, or a page for those who ask for one. */
    JsonObject read(Snapshot live, EntityJson json, String uri, MultiMap query) throws AdminError {
        DeclarativeConfig config = live.config();
        Entity own = found(config, kind, owner);
        if (other == null && (query.contains("size") || query.contains("offset"))) {
            List<Entity> sorted = others(config, own);
            sorted.sort(Comparator.comparing(Entity::id));
            JsonObject page = EntityReads.page(sorted, Entity::id, one -> true, json::of, uri, query);
            return page.put(otherKind().plural(), page.remove("data"));
        }
        JsonArray all = new JsonArray();
        for (Entity one : others(config, own)) {
            if (other == null || config.isCalled(one, other)) {
                all.add(json.of(one));
            }
        }
        if (other != null && all.isEmpty()) {
            throw AdminError.notFound();
        }
        return new JsonObject().put(otherKind().plural(), all);
    }

    /** A group with its consumers and plugins. */
    static JsonObject group(Snapshot live, Entity group, EntityJson json, boolean withConsumers) {
        Memberships members = new Memberships(EntityKind.CONSUMER_GROUP, group.id(), null);
        JsonArray consumers = new JsonArray();
        if (withConsumers) {
            members.others(live.config(), group).forEach(consumer -> consumers.add(json.of(consumer)));
        }
        JsonArray plugins = new JsonArray();
        live.config().referring(EntityKind.PLUGIN, GROUP, group.id()).forEach(plugin -> plugins.add(json.of(plugin)));
        return new JsonObject()
                .put(GROUP, json.of(group))
                .put("consumers", consumers)
                .put("plugins", plugins);
    }

    private List<Entity> others(DeclarativeConfig config, Entity own) {
        List<Entity> others = new ArrayList<>();
        for (Entity member : members(config, own)) {
            Entity one = config.find(otherKind(), String.valueOf(member.fields().get(otherField())));
            if (one != null) {
                others.add(one);
            }
        }
        return others;
    }

    private List<Entity> members(DeclarativeConfig config, Entity own) {
        return config.referring(EntityKind.CONSUMER_GROUP_CONSUMER, ownField(), own.id());
    }

    /** Adds one that the body names. */
    Future<EntityPages.Answer> add(ConfigStore store, ConfigNode.Mapping body) {
        return store.edit(config -> {
                    Entity own = found(config, kind, owner);
                    Entity one = found(config, otherKind(), named(body));
                    if (others(config, own).contains(one)) {
                        throw AdminError.of(
                                409,
                                kind == EntityKind.CONSUMER
                                        ? "Consumer '" + own.id() + "' already in group '" + one.id() + "'"
                                        : "Consumer '" + one.id() + "' already in group '" + own.id() + "'");
                    }
                    String id = UUID.randomUUID().toString();
                    return List.of(new EntityEdit(
                            EntityKind.CONSUMER_GROUP_CONSUMER,
                            id,
                            ConfigNode.emptyMapping(RequestBody.PLACE, "")
                                    .with("id", EntityWrites.text("id", id))
                                    .with(ownField(), EntityWrites.text(ownField(), own.id()))
                                    .with(otherField(), EntityWrites.text(otherField(), one.id()))));
                })
                .map(live -> {
                    EntityJson json = new EntityJson(live, true);
                    Entity own = live.config().locate(kind, owner);
                    Entity one = live.config().locate(otherKind(), nameIn(body));
                    JsonObject shown = new JsonObject();
                    if (own != null && one != null) {
                        shown.put(ownField(), json.of(own))
                                .put(otherKind().plural(), new JsonArray().add(json.of(one)));
                    }
                    return new EntityPages.Answer(201, shown);
                });
    }

    private String named(ConfigNode.Mapping body) throws AdminError {
        String name = nameIn(body);
        if (name.isEmpty()) {
            String field = kind == EntityKind.CONSUMER ? "group" : CONSUMER;
            throw AdminError.of(400, "must provide " + field);
        }
        return name;
    }

    private String nameIn(ConfigNode.Mapping body) {
        ConfigNode named = body.get(kind == EntityKind.CONSUMER ? "group" : CONSUMER);
        if (named instanceof ConfigNode.Mapping reference
                && !reference.entries().isEmpty()) {
            named = reference.entries().iterator().next().value();
        }
        return named instanceof ConfigNode.Scalar text && !text.isNull() ? text.text() : "";
    }

    /** Takes one out, or all. */
    Future<EntityPages.Answer> remove(ConfigStore store) {
        return store.edit(config -> {
                    Entity own = found(config, kind, owner);
                    Entity one = other == null ? null : found(config, otherKind(), other);
                    List<EntityEdit> edits = new ArrayList<>();
                    for (Entity member : members(config, own)) {
                        if (one == null || one.id().equals(member.fields().get(otherField()))) {
                            edits.add(new EntityEdit(member.kind(), member.id(), null));
                        }
                    }
                    return edits;
                })
                .map(live -> new EntityPages.Answer(204, null));
    }
}
