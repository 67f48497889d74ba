package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Ids;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.ServiceEntity;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.snapshot.ConfigStore;
import io.gatehouse.core.snapshot.Snapshot;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes entities: what a request asks for becomes edits of the configuration that holds when its turn comes, so that no
 * two requests undo each other. Any thread.
 */
final class EntityWrites {
    private static final String LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final Set<String> OF_URL = Set.of("protocol", "host", "port", "path");

    private final Supplier<ConfigStore> store;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    EntityWrites(Supplier<ConfigStore> store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** What becomes of a request: its edits, and which entity is shown of them. Made anew for each. */
    private abstract class Write implements ConfigStore.Change {
        final EntityPath path;
        final ConfigNode.Mapping body;
        private volatile ConfigNode.Mapping said;
        private volatile @Nullable DeclarativeConfig before;
        volatile String id = "";
        private volatile boolean freeing;

        Write(EntityPath path, ConfigNode.Mapping body) {
            this.path = path;
            this.body = body;
            this.said = body;
        }

        @Override
        public final List<EntityEdit> of(DeclarativeConfig config) throws AdminError {
            before = config;
            return edits(config);
        }

        abstract List<EntityEdit> edits(DeclarativeConfig config) throws AdminError;

        /** An entity in the place of another or of none. */
        List<EntityEdit> put(
                DeclarativeConfig config, @Nullable Entity existing, String newId, ConfigNode.Mapping fields)
                throws AdminError {
            EntityKind kind = path.kind();
            id = newId;
            ConfigNode.Mapping full = fields.without(name -> name.equals("snis") && kind == EntityKind.CERTIFICATE)
                    .with(
                            "id",
                            isText(fields.get("id")) ? text("id", newId) : Objects.requireNonNull(fields.get("id")));
            full = withRandom(kind, full);
            long now = clock.instant().getEpochSecond();
            for (String time : kind.times()) {
                full = full.with(time, time.equals("created_at") ? made(config, existing, now) : number(time, now));
            }
            if (kind == EntityKind.KEYAUTH) {
                // as in Kong, a ttl counts from when it is said; what says none changes nothing of that
                long since = body.get("ttl") != null || existing == null ? now : config.ttlSince(existing);
                full = full.with(Entity.TTL_SAID, number(Entity.TTL_SAID, since));
            }
            said = full;
            List<EntityEdit> edits = new ArrayList<>();
            String key = freeing ? given(full.get("key")) : null;
            Entity sameKey = key == null ? null : config.locate(kind, key);
            if (sameKey != null && !sameKey.id().equals(newId) && config.isOver(sameKey)) {
                edits.add(new EntityEdit(kind, sameKey.id(), null));
            }
            edits.add(new EntityEdit(kind, newId, full));
            ConfigNode names = kind == EntityKind.CERTIFICATE ? fields.get("snis") : null;
            if (names != null && !names.isNull()) {
                snis(config, newId, names, now, edits);
            }
            return edits;
        }

        /** When it was made: as asked, else as before. */
        private ConfigNode made(DeclarativeConfig config, @Nullable Entity existing, long now) {
            ConfigNode asked = body.get("created_at");
            ConfigNode old = existing == null ? null : existing.node().get("created_at");
            if (asked != null && !asked.isNull()) {
                return asked;
            }
            return old != null
                    ? old
                    : number(
                            "created_at",
                            existing == null ? now : config.since().getEpochSecond());
        }

        final Future<EntityPages.Answer> done(int status, Consumer<String> changed) {
            return store.get()
                    .edit(this)
                    .recover(cause -> {
                        // a key is free again when the time of the one that has it is over; finding that one is slow
                        boolean again = !freeing
                                && path.kind() == EntityKind.KEYAUTH
                                && cause instanceof ConfigStore.RefusedException;
                        freeing = true;
                        return again ? store.get().edit(this) : Future.failedFuture(cause);
                    })
                    .map(live -> {
                        Entity entity = live.config().find(path.kind(), id);
                        return new EntityPages.Answer(
                                status, status == 204 || entity == null ? null : new EntityJson(live, true).of(entity));
                    })
                    .recover(cause -> Future.failedFuture(error(cause)))
                    .onComplete(done -> {
                        DeclarativeConfig config = before;
                        // the path may hold a key, and what was never there has an id that nobody knows
                        if (!id.isEmpty()
                                && (done.succeeded() || config != null && config.find(path.kind(), id) != null)) {
                            changed.accept(id);
                        }
                    });
        }

        private Throwable error(Throwable cause) {
            DeclarativeConfig config = before;
            return cause instanceof ConfigStore.RefusedException refused && config != null
                    ? Violations.of(refused.problems(), path.kind(), said, config)
                    : cause;
        }
    }

    /** Makes an entity; tells which, when it is there. */
    Future<EntityPages.Answer> create(EntityPath path, ConfigNode.Mapping body, Consumer<String> changed) {
        return new Write(path, body) {
            @Override
            List<EntityEdit> edits(DeclarativeConfig config) throws AdminError {
                ConfigNode.Mapping fields = withParent(path, config, body);
                String id = given(fields.get("id"));
                if (id != null && config.find(path.kind(), id) != null && Ids.isValid(id)) {
                    throw AdminError.coded(
                            400,
                            3,
                            "primary key violation",
                            "primary key violation on key '{id=\"" + id + "\"}'",
                            Map.of("id", id));
                }
                checkPlugin(path, fields, List.of(), config);
                return put(config, null, id != null ? id : UUID.randomUUID().toString(), withUrl(fields, null));
            }
        }.done(201, changed);
    }

    Future<EntityPages.Answer> replace(EntityPath path, ConfigNode.Mapping body, Consumer<String> changed) {
        return new Write(path, body) {
            @Override
            List<EntityEdit> edits(DeclarativeConfig config) throws AdminError {
                ConfigNode.Mapping fields = withUrl(withParent(path, config, body), null);
                checkPlugin(path, fields, List.of(), config);
                Entity existing = path.find(config);
                if (path.through() != null) {
                    return existing == null ? tied(config, fields) : put(config, existing, existing.id(), fields);
                }
                String key = String.valueOf(path.key());
                if (Ids.isValid(key)) {
                    return put(config, existing != null ? existing : config.find(path.kind(), key), key, fields);
                }
                String name = path.kind().endpointKey();
                if (name != null) {
                    fields = fields.with(name, text(name, key));
                    if (existing == null
                            && path.kind().isUnique(name)) { // as in Kong, another one's becomes this one's
                        Entity others = config.locate(path.kind(), key);
                        existing = others == null || config.isOver(others) ? null : others;
                    }
                } else if (path.serverName() == null) {
                    throw AdminError.notFound();
                } else if (existing == null || fields.get("snis") instanceof ConfigNode.Sequence) {
                    fields = fields.with("snis", withName(fields.get("snis"), key));
                }
                String id = given(fields.get("id"));
                return put(
                        config,
                        existing,
                        existing != null
                                ? existing.id()
                                : id != null ? id : UUID.randomUUID().toString(),
                        fields);
            }

            /** As in Kong, one that the other did not refer to yet is made, and the other refers to it from then on. */
            private List<EntityEdit> tied(DeclarativeConfig config, ConfigNode.Mapping fields) throws AdminError {
                String field = Objects.requireNonNull(path.through());
                Entity from = Objects.requireNonNull(path.parent(config));
                String id = UUID.randomUUID().toString();
                List<EntityEdit> edits = new ArrayList<>(put(config, null, id, fields));
                ConfigNode.Mapping tied = from.node()
                        .with(field, text(field, id))
                        .with("updated_at", number("updated_at", clock.instant().getEpochSecond()));
                edits.add(new EntityEdit(from.kind(), from.id(), tied));
                return edits;
            }
        }.done(200, changed);
    }

    Future<EntityPages.Answer> update(
            EntityPath path, ConfigNode.Mapping body, Snapshot live, Consumer<String> changed) {
        return new Write(path, body) {
            @Override
            List<EntityEdit> edits(DeclarativeConfig config) throws AdminError {
                Entity existing = path.find(config);
                if (existing == null) {
                    throw path.missing();
                }
                id = existing.id();
                ConfigNode.Mapping said = body.without(name -> name.equals("id"));
                ConfigNode names = said.get("snis");
                if (path.kind() == EntityKind.CERTIFICATE && names != null && names.isNull()) {
                    said = said.with("snis", new ConfigNode.Sequence(RequestBody.PLACE, "snis", List.of()));
                }
                // what is wrong is told by the paths of the entity, wherever a file has it
                ConfigNode.Mapping node = existing.node().at("");
                ConfigNode.Mapping before = withUrl(node, said.get("url"));
                RecordShape shape = RecordShape.of(path.kind().type());
                ConfigNode.Mapping merged = RequestBody.merged(before, withUrl(said, null), shape);
                if (node.get("config") instanceof ConfigNode.Mapping old
                        && said.get("config") instanceof ConfigNode.Mapping changed) {
                    RecordShape ofConfig = path.kind() == EntityKind.PLUGIN
                            ? RequestBody.configShape(live, node.get("name"))
                            : typeShape(path.kind(), existing, live);
                    merged = merged.with("config", config(old, changed, ofConfig));
                }
                if (PluginProtocols.isAskedBy(said)) {
                    checkPlugin(path, merged, kept(existing, said), config);
                }
                return put(config, existing, existing.id(), merged);
            }
        }.done(200, changed);
    }

    /** A config with what is said of it in its place, be it under old names. */
    private static ConfigNode.Mapping config(
            ConfigNode.Mapping old, ConfigNode.Mapping changed, @Nullable RecordShape shape) throws AdminError {
        if (shape == null) {
            return RequestBody.merged(old, changed, null);
        }
        List<Problem> problems = new ArrayList<>();
        shape.contradictions(changed, (at, message) -> problems.add(Problem.error(at, message)));
        if (!problems.isEmpty()) {
            throw Violations.schema(problems);
        }
        return RequestBody.merged(shape.withNewNames(old), shape.withNewNames(changed), shape);
    }

    private static void checkPlugin(
            EntityPath path, ConfigNode.Mapping fields, List<String> otherwise, DeclarativeConfig config)
            throws AdminError {
        if (path.kind() == EntityKind.PLUGIN) {
            PluginProtocols.check(fields, otherwise, config);
        }
    }

    /** The protocols that a plugin keeps, if the change says nothing of them. */
    private static List<String> kept(Entity existing, ConfigNode.Mapping change) {
        return change.get("protocols") == null && existing.value() instanceof PluginEntity plugin
                ? plugin.protocols()
                : List.of();
    }

    /** What the config of a vault or a partial has; null when its type is not known. */
    private static @Nullable RecordShape typeShape(EntityKind kind, Entity entity, Snapshot live) {
        String type = given(entity.node().get(kind == EntityKind.VAULT ? "name" : "type"));
        Class<? extends Record> config = type == null ? null : EntityJson.configType(kind, type, live.catalogue());
        return config == null ? null : RecordShape.of(config);
    }

    Future<EntityPages.Answer> delete(EntityPath path, Consumer<String> changed) {
        return new Write(path, ConfigNode.emptyMapping(RequestBody.PLACE, "")) {
            @Override
            List<EntityEdit> edits(DeclarativeConfig config) throws AdminError {
                if (path.through() != null) {
                    throw AdminError.of(405, "Method not allowed");
                }
                Entity existing = path.find(config);
                Map<String, EntityEdit> gone = new LinkedHashMap<>();
                if (existing != null) {
                    id = existing.id();
                    remove(existing, config, gone);
                } else if (path.serverName() != null) {
                    throw path.missing();
                }
                return List.copyOf(gone.values());
            }
        }.done(204, changed);
    }

    /** Whether an entity by itself is right. */
    Future<EntityPages.Answer> check(EntityKind kind, ConfigNode.Mapping body) {
        String own = given(body.get("id"));
        String id = own != null ? own : UUID.randomUUID().toString();
        EntityEdit edit =
                new EntityEdit(kind, id, withUrl(withRandom(kind, body).with("id", text("id", id)), null));
        return store.get()
                .check(edit)
                .map(problems -> Violations.ofSchema(problems))
                .compose(problems -> problems.isEmpty()
                        ? Future.succeededFuture(new EntityPages.Answer(
                                200, new JsonObject().put("message", "schema validation successful")))
                        : Future.failedFuture(Violations.schema(problems)));
    }

    /** With what nobody has to think up. */
    private ConfigNode.Mapping withRandom(EntityKind kind, ConfigNode.Mapping fields) {
        ConfigNode.Mapping full = fields;
        for (String field : kind.random()) {
            ConfigNode given = full.get(field);
            boolean wanted = !field.equals("secret") || kind != EntityKind.JWT || isSymmetric(full);
            if (wanted && (given == null || given.isNull())) {
                full = full.with(field, text(field, random()));
            }
        }
        return full;
    }

    private static ConfigNode.Mapping withParent(EntityPath path, DeclarativeConfig config, ConfigNode.Mapping body)
            throws AdminError {
        Entity parent = path.parent(config);
        return parent == null || path.through() != null
                ? body
                : body.with(path.parentField(), text(path.parentField(), parent.id()));
    }

    /** As in Kong, a url wins over its parts. */
    private static ConfigNode.Mapping withUrl(ConfigNode.Mapping fields, @Nullable ConfigNode other) {
        ConfigNode url = other != null ? other : fields.get("url");
        return url == null || url.isNull() ? fields : fields.without(OF_URL::contains);
    }

    /** An entity goes, and with it what cannot be without it; what is in the way refuses that. */
    static void remove(Entity entity, DeclarativeConfig config, Map<String, EntityEdit> gone) throws AdminError {
        EntityEdit edit = new EntityEdit(entity.kind(), entity.id(), null);
        if (gone.putIfAbsent(edit.place(), edit) != null) {
            return;
        }
        for (EntityKind kind : EntityKind.values()) {
            for (EntityKind.Reference reference : kind.references()) {
                if (reference.kind() != entity.kind()) {
                    continue;
                }
                for (Entity own : config.referring(kind, reference.field(), entity.id())) {
                    if (!reference.cascades()) {
                        throw inUse(kind, entity.kind());
                    }
                    remove(own, config, gone);
                }
            }
        }
        if (entity.kind() == EntityKind.PARTIAL && config.isLinked(entity)) {
            throw inUse(EntityKind.PLUGIN, EntityKind.PARTIAL);
        }
        if (entity.kind() == EntityKind.CA_CERTIFICATE) {
            for (Entity service : config.all(EntityKind.SERVICE)) {
                if (service.value() instanceof ServiceEntity one
                        && one.caCertificates() != null
                        && one.caCertificates().contains(entity.id())) {
                    throw AdminError.coded(
                            400,
                            19,
                            "referenced by others",
                            "ca certificate " + entity.id() + " is still referenced by services (id = " + service.id()
                                    + ")",
                            Map.of());
                }
            }
        }
    }

    private static AdminError inUse(EntityKind by, EntityKind what) {
        return AdminError.coded(
                400,
                4,
                "foreign key violation",
                "an existing '" + by.plural() + "' entity references this '" + what.plural() + "' entity",
                Map.of("@referenced_by", by.plural()));
    }

    /** The names of a certificate become those; what else it had goes. */
    private static void snis(
            DeclarativeConfig config, String certificate, ConfigNode names, long now, List<EntityEdit> edits)
            throws AdminError {
        if (!(names instanceof ConfigNode.Sequence list)) {
            throw Violations.schema(List.of(Problem.error(RequestBody.PLACE, "snis", "expected an array", null)));
        }
        List<Problem> problems = new ArrayList<>();
        Set<String> wanted = new TreeSet<>();
        for (ConfigNode item : list.items()) {
            String name = given(item);
            Entity taken = name == null ? null : config.locate(EntityKind.SNI, name);
            Object holder = taken == null ? null : taken.fields().get("certificate");
            if (name == null) {
                problems.add(Problem.error(item, "expected a string"));
            } else if (!wanted.add(name)) {
                problems.add(Problem.error(RequestBody.PLACE, "snis", name + " is duplicated", null));
            } else if (holder != null && !holder.equals(certificate)) {
                String wrong = name + " already associated with existing certificate '" + holder + "'";
                problems.add(Problem.error(RequestBody.PLACE, "snis", wrong, null));
            }
        }
        if (!problems.isEmpty()) {
            throw Violations.schema(problems);
        }
        for (Entity sni : config.referring(EntityKind.SNI, "certificate", certificate)) {
            if (!wanted.remove(sni.name())) {
                edits.add(new EntityEdit(EntityKind.SNI, sni.id(), null));
            }
        }
        for (String name : wanted) {
            String id = UUID.randomUUID().toString();
            edits.add(new EntityEdit(
                    EntityKind.SNI,
                    id,
                    ConfigNode.emptyMapping(RequestBody.PLACE, "")
                            .with("id", text("id", id))
                            .with("name", text("name", name))
                            .with("certificate", text("certificate", certificate))
                            .with("created_at", number("created_at", now))
                            .with("updated_at", number("updated_at", now))));
        }
    }

    private static ConfigNode withName(@Nullable ConfigNode names, String name) {
        List<ConfigNode> all = new ArrayList<>();
        if (names instanceof ConfigNode.Sequence given) {
            all.addAll(given.items());
        }
        if (all.stream()
                .noneMatch(one ->
                        one instanceof ConfigNode.Scalar text && text.text().equals(name))) {
            all.add(text("snis[" + all.size() + "]", name));
        }
        return new ConfigNode.Sequence(RequestBody.PLACE, "snis", all);
    }

    private static boolean isSymmetric(ConfigNode.Mapping jwt) {
        String algorithm = given(jwt.get("algorithm"));
        return algorithm == null || algorithm.startsWith("HS");
    }

    private static @Nullable String given(@Nullable ConfigNode node) {
        return node instanceof ConfigNode.Scalar text && text.type() == ConfigNode.Type.STRING ? text.text() : null;
    }

    /** Anything else is told to be none. */
    private static boolean isText(@Nullable ConfigNode id) {
        return id == null || id.isNull() || given(id) != null;
    }

    static ConfigNode.Scalar text(String path, String text) {
        return ConfigNode.string(RequestBody.PLACE, path, text);
    }

    private static ConfigNode.Scalar number(String path, long number) {
        return ConfigNode.number(RequestBody.PLACE, path, number);
    }

    private String random() {
        StringBuilder text = new StringBuilder(32);
        for (int i = 0; i < 32; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
