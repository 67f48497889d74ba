package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Nearest;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.service.EnvVaultConfig;
import io.gatehouse.core.service.FsVaultConfig;
import io.gatehouse.core.service.VaultConfig;
import io.gatehouse.core.service.Vaults;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns the collections of all files into entities, all kinds alike by what {@link EntityKind} says of them. First every
 * entity is listed, faulty ones too, so that what refers to one is not reported as well; then, kind by kind, references
 * are resolved and ids made; then the records are bound and checked.
 */
final class EntityReader {
    private static final int MOST_HINTS = 100;

    /** So many entities before one are looked at for one that says much the same. */
    private static final int NEAR = 32;

    private static final List<String> LINK_FIELDS = List.of("plugin", "partial", "path");
    private static final Set<String> URL_PARTS = Set.of("protocol", "host", "port", "path");
    private static final ConfigNode.Mapping NO_SOURCES = ConfigNode.emptyMapping(new Location("", 1, 1), "");

    /** One entity on its way to a record. */
    private static final class Draft {
        final EntityKind kind;
        final ConfigNode.Mapping given;
        final ConfigNode.Mapping node;
        final @Nullable Draft parent;
        final Set<String> failed = new HashSet<>();
        final Map<String, Draft> references = new HashMap<>();
        final List<ConfigNode.Mapping> partials = new ArrayList<>();

        @Nullable
        String id;

        /** Whether another one has what only one may have. */
        boolean taken;

        Draft(EntityKind kind, ConfigNode.Mapping given, ConfigNode.Mapping node, @Nullable Draft parent) {
            this.kind = kind;
            this.given = given;
            this.node = node;
            this.parent = parent;
        }

        ConfigNode.@Nullable Scalar text(@Nullable String field) {
            return field != null
                            && node.get(field) instanceof ConfigNode.Scalar scalar
                            && scalar.type() == ConfigNode.Type.STRING
                            && !scalar.unresolved()
                    ? scalar
                    : null;
        }

        String shownName() {
            ConfigNode.Scalar name = text(kind == EntityKind.PLUGIN ? "name" : kind.nameField());
            return name != null ? name.shown() : node.path();
        }
    }

    /** All entities of one collection. */
    private static final class Listed {
        final List<Draft> drafts = new ArrayList<>();
        final Map<String, Draft> byName = new LinkedHashMap<>();
        final Map<String, Draft> byId = new HashMap<>();
        final Map<String, Draft> byIdentity = new HashMap<>();
        final Map<String, Map<String, Draft>> byField = new HashMap<>();
        final Map<String, Integer> contents = new HashMap<>();
    }

    private final LoadOptions options;
    private final Consumer<Problem> sink;
    private final Map<EntityKind, ConfigNode.Mapping> defaults;
    private final Map<String, ConfigNode.Mapping> pluginConfigs;
    private final Set<String> selectTags;
    private final Vaults.Draft secrets;
    private final RecordBinder binder;
    private final Map<EntityKind, Listed> collections = new EnumMap<>(EntityKind.class);
    private final List<ConfigNode.Mapping> partialLinks = new ArrayList<>();
    private final @Nullable DeclarativeConfig base;
    private final Map<EntityKind, Set<String>> edited = new EnumMap<>(EntityKind.class);
    private boolean incomplete;
    private int hints;

    EntityReader(
            LoadOptions options,
            Vaults.Draft secrets,
            Consumer<Problem> sink,
            Map<EntityKind, ConfigNode.Mapping> defaults,
            Map<String, ConfigNode.Mapping> pluginConfigs,
            Collection<String> selectTags) {
        this(options, secrets, sink, defaults, pluginConfigs, selectTags, null);
    }

    private EntityReader(
            LoadOptions options,
            Vaults.Draft secrets,
            Consumer<Problem> sink,
            Map<EntityKind, ConfigNode.Mapping> defaults,
            Map<String, ConfigNode.Mapping> pluginConfigs,
            Collection<String> selectTags,
            @Nullable DeclarativeConfig base) {
        this.base = base;
        this.options = options;
        this.sink = sink;
        this.defaults = defaults;
        this.pluginConfigs = pluginConfigs;
        this.selectTags = new LinkedHashSet<>(selectTags);
        this.secrets = secrets;
        this.binder = new RecordBinder(secrets, options.compat());
    }

    /** Reads what edits of a configuration say; what they refer to may be there already. */
    static EntityReader of(
            DeclarativeConfig base,
            Collection<EntityEdit> edits,
            LoadOptions options,
            Vaults.Draft secrets,
            Consumer<Problem> sink) {
        EntityReader reader = new EntityReader(options, secrets, sink, Map.of(), Map.of(), List.of(), base);
        Preparation preparation = new Preparation(options, false, Map.of(), false, sink);
        for (EntityEdit edit : edits) {
            reader.edited(edit.kind()).add(edit.id());
        }
        for (EntityEdit edit : edits) {
            if (edit.fields() != null) {
                reader.collect(edit.kind(), edit.fields(), null, preparation);
            }
        }
        return reader;
    }

    private Set<String> edited(EntityKind kind) {
        return edited.computeIfAbsent(kind, any -> new HashSet<>());
    }

    /** One that was there before and is not edited. */
    private @Nullable Entity before(EntityKind kind, @Nullable Entity found) {
        return found == null || edited(kind).contains(found.id()) ? null : found;
    }

    private @Nullable Draft before(EntityKind kind, @Nullable Entity found, String key) {
        Entity entity = before(kind, found);
        if (entity == null) {
            return null;
        }
        Draft draft = new Draft(kind, entity.node(), entity.node(), null);
        draft.id = entity.id();
        listed(kind).byId.put(key, draft);
        return draft;
    }

    private Listed listed(EntityKind kind) {
        return collections.computeIfAbsent(kind, any -> new Listed());
    }

    /** Something could not be read, so what a reference names may well be in it. */
    void incomplete() {
        incomplete = true;
    }

    /** Lists the entities of one file. */
    void add(ConfigNode.Mapping root, boolean before3) {
        Preparation preparation = new Preparation(options, before3, pluginConfigs, incomplete, sink);
        for (EntityKind kind : EntityKind.values()) {
            collect(kind, kind.plural(), root, null, preparation);
        }
        collect(EntityKind.PLUGIN, RootFields.CONSUMER_GROUP_PLUGINS, root, null, preparation);
        for (ConfigNode item : items(root, RootFields.CONSUMER_GROUP_PLUGINS)) {
            if (item instanceof ConfigNode.Mapping plugin && plugin.get("consumer_group") == null) {
                sink.accept(Problem.error(
                        plugin.location(),
                        ConfigNode.child(plugin.path(), "consumer_group"),
                        "required field missing",
                        null));
            }
        }
        for (ConfigNode item : items(root, RootFields.PLUGINS_PARTIALS)) {
            if (item instanceof ConfigNode.Mapping link) {
                partialLinks.add(link);
            } else {
                sink.accept(Problem.error(item, "expected a record (got " + item.shown() + ")"));
            }
        }
    }

    private List<ConfigNode> items(ConfigNode.Mapping holder, String field) {
        ConfigNode value = holder.get(field);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (value instanceof ConfigNode.Sequence sequence) {
            return sequence.items();
        }
        incomplete = true;
        if (!isUnresolved(value)) {
            sink.accept(Problem.error(value, "expected an array (got " + value.shown() + ")"));
        }
        return List.of();
    }

    private static boolean isUnresolved(ConfigNode value) {
        return value instanceof ConfigNode.Scalar scalar && scalar.unresolved();
    }

    private void collect(
            EntityKind kind, String field, ConfigNode.Mapping holder, @Nullable Draft parent, Preparation preparation) {
        for (ConfigNode item : items(holder, field)) {
            if (item instanceof ConfigNode.Mapping node) {
                collect(kind, node, parent, preparation);
            } else if (kind == EntityKind.SNI && parent != null && item instanceof ConfigNode.Scalar) {
                collect(kind, wrapped("name", item), parent, preparation);
            } else {
                incomplete = true;
                if (!isUnresolved(item)) {
                    sink.accept(Problem.error(item, "expected a record (got " + item.shown() + ")"));
                }
            }
        }
    }

    /** An entity that the file gives by one of its fields only. */
    private static ConfigNode.Mapping wrapped(String field, ConfigNode value) {
        return new ConfigNode.Mapping(
                value.location(), value.path(), List.of(new ConfigNode.Entry(field, value.location(), value)));
    }

    private void collect(EntityKind kind, ConfigNode.Mapping own, @Nullable Draft parent, Preparation preparation) {
        ConfigNode.Mapping preset = defaults.get(kind);
        ConfigNode.Mapping node = preset == null ? own : own.withDefaults(preset);
        boolean known = checkNames(kind, node);
        Common.check(node, sink);
        Draft draft = new Draft(kind, node, kind.prepare(node, preparation), parent);
        if (!known) {
            draft.failed.add("");
        }
        list(draft);
        for (EntityKind child : kind.children()) {
            collect(child, child.plural(), node, draft, preparation);
        }
        if (kind == EntityKind.CONSUMER) {
            for (ConfigNode group : items(node, "groups")) {
                collect(EntityKind.CONSUMER_GROUP_CONSUMER, wrapped("consumer_group", group), draft, preparation);
            }
        } else if (kind == EntityKind.CONSUMER_GROUP) {
            for (ConfigNode consumer : items(node, "consumers")) {
                collect(EntityKind.CONSUMER_GROUP_CONSUMER, wrapped("consumer", consumer), draft, preparation);
            }
        }
    }

    private boolean checkNames(EntityKind kind, ConfigNode.Mapping node) {
        RecordShape shape = RecordShape.of(kind.type());
        boolean known = true;
        for (ConfigNode.Entry entry : node.entries()) {
            String name = entry.name();
            if (shape.component(name) == null && !kind.isExtra(name) && !shape.isStandard(entry)) {
                RootFields.report(entry, shape.notBuilt(), kind.supported(), sink);
                known = false;
            }
        }
        return known;
    }

    private void list(Draft draft) {
        Listed listed = listed(draft.kind);
        listed.drafts.add(draft);
        ConfigNode id = draft.node.get("id");
        if (id != null && !id.isNull()) {
            ConfigNode.Scalar text = draft.text("id");
            if (text == null) {
                fail(draft, "id", Problem.error(id, "expected a string (got " + id.shown() + ")"));
            } else if (!Ids.isValid(text.text())) {
                fail(draft, "id", Problem.error(id, "expected a valid UUID in lower case (got " + id.shown() + ")"));
            } else {
                Draft first = listed.byId.putIfAbsent(text.text(), draft);
                if (first == null) {
                    draft.id = text.text();
                } else {
                    taken(draft, text, "primary key set to '" + text.shown() + "'", first.node.location());
                }
            }
        }
        String nameField = draft.kind.nameField();
        ConfigNode.Scalar name = draft.text(nameField);
        if (name != null && nameField != null) {
            Told told = new Told(name, nameField + " set to '" + name.shown() + "'");
            unique(draft, told, listed.byName, nameField, name.text());
        }
    }

    private void fail(Draft draft, String field, Problem problem) {
        draft.failed.add(field);
        sink.accept(problem);
    }

    private void unique(Draft draft, Told told, Map<String, Draft> seen, String index, String key) {
        Draft first = seen.putIfAbsent(key, draft);
        Entity there = base == null
                ? null
                : before(draft.kind, base.listing(draft.kind).holder(index, key));
        if (first != null || there != null) {
            taken(
                    draft,
                    told.at,
                    told.what,
                    first != null
                            ? first.node.location()
                            : Objects.requireNonNull(there).location());
        }
    }

    /** Tells that another one has it. What else is wrong is still told: in Kong that comes first. */
    private void taken(Draft draft, ConfigNode at, String what, Location first) {
        draft.taken = true;
        sink.accept(Problem.error(
                at,
                "uniqueness violation: '" + draft.kind.plural() + "' entity with " + what + " already declared at "
                        + first));
    }

    /** Makes the entities. */
    Map<EntityKind, List<Entity>> build() {
        Map<EntityKind, List<Entity>> all = new EnumMap<>(EntityKind.class);
        all.put(EntityKind.VAULT, build(EntityKind.VAULT)); // first: secrets of the others may come from them
        for (EntityKind kind : EntityKind.values()) {
            if (kind != EntityKind.VAULT && (base == null || collections.containsKey(kind))) {
                all.put(kind, build(kind));
            }
        }
        return all;
    }

    private List<Entity> build(EntityKind kind) {
        List<Entity> entities = new ArrayList<>();
        for (Draft draft : listed(kind).drafts) {
            resolve(draft);
            if (!identify(draft)) {
                continue;
            }
            if (kind == EntityKind.PLUGIN) {
                continue; // links may stand anywhere, so that all plugins must be known first
            }
            bind(draft, entities);
        }
        if (kind == EntityKind.PLUGIN) {
            linkPartials();
            listed(kind).drafts.forEach(draft -> bind(draft, entities));
        }
        return entities;
    }

    private void resolve(Draft draft) {
        for (EntityKind.Reference reference : draft.kind.references()) {
            String field = reference.field();
            ConfigNode value = draft.node.get(field);
            boolean given = value != null && !value.isNull();
            Draft parent = draft.parent;
            if (parent != null && parent.kind == reference.kind()) {
                if (value != null && given) {
                    fail(
                            draft,
                            field,
                            Problem.error(
                                    value,
                                    "nesting " + field + " (" + shownReference(value) + ") under " + field
                                            + "-scoped " + draft.kind.singular() + " (" + draft.shownName()
                                            + ") is not allowed"));
                }
                draft.references.put(field, parent);
            } else if (value != null && given) {
                Draft target = target(value, field, reference.kind(), draft);
                if (target == null) {
                    draft.failed.add(field);
                } else {
                    draft.references.put(field, target);
                }
            }
        }
    }

    private @Nullable Draft target(ConfigNode value, String field, EntityKind kind, Draft draft) {
        ConfigNode.Scalar key = key(value, kind, draft, field);
        if (key == null) {
            return null;
        }
        Draft target = find(kind, key.text());
        if (target == null && value instanceof ConfigNode.Mapping mapping) {
            for (String unique : kind.unique()) {
                if (key.equals(mapping.get(unique))) {
                    target = listed(kind).byField.getOrDefault(unique, Map.of()).get(key.text());
                    if (target == null && base != null) {
                        target = before(kind, base.listing(kind).holder(unique, key.text()), key.text());
                    }
                }
            }
        }
        if (target == null && !incomplete) {
            sink.accept(Problem.error(
                    key,
                    "invalid reference '" + field + ": " + key.shown() + "' (no such entry in '" + kind.plural() + "')",
                    hint(key, kind)));
        }
        return target;
    }

    /** The nearest name; a file with many wrong ones gets the first few hints only, since each looks at all names. */
    private @Nullable String hint(ConfigNode.Scalar key, EntityKind kind) {
        return hints++ < MOST_HINTS
                ? Nearest.hint(key.shown(), listed(kind).byName.keySet())
                : null;
    }

    private @Nullable Draft find(EntityKind kind, String idOrName) {
        Draft target = listed(kind).byId.get(idOrName);
        if (target == null) {
            target = listed(kind).byName.get(idOrName);
        }
        return target != null || base == null ? target : before(kind, base.find(kind, idOrName), idOrName);
    }

    /** What a reference says: a name or id, {@code {name: ..}} or {@code {id: ..}}. */
    private ConfigNode.@Nullable Scalar key(ConfigNode value, EntityKind kind, Draft draft, String field) {
        if (value instanceof ConfigNode.Scalar) {
            return string(value, draft, field);
        }
        Set<String> keys = new LinkedHashSet<>(List.of("id"));
        if (kind.nameField() != null) {
            keys.add(kind.nameField());
            keys.add("name");
        }
        keys.addAll(kind.unique());
        if (value instanceof ConfigNode.Mapping mapping) {
            boolean sure = mapping.get("id") instanceof ConfigNode.Scalar id && Ids.isValid(id.text());
            for (ConfigNode.Entry entry : mapping.entries()) {
                // decK repeats the tags of the other entity; beside an id Kong looks at nothing
                if (!sure && !entry.name().equals("tags") && !keys.contains(entry.name())) {
                    sink.accept(Problem.error(
                            entry.location(), entry.value().path(), "unknown field", Nearest.hint(entry.name(), keys)));
                    return null;
                }
            }
            for (String key : keys) {
                ConfigNode found = mapping.get(key);
                if (found != null && !found.isNull()) {
                    return string(found, draft, field);
                }
            }
        }
        fail(
                draft,
                field,
                Problem.error(value, "expected a name or id, {name: ...} or {id: ...} (got " + value.shown() + ")"));
        return null;
    }

    private ConfigNode.@Nullable Scalar string(ConfigNode value, Draft draft, String field) {
        if (isUnresolved(value)) {
            return null;
        }
        if (value instanceof ConfigNode.Scalar scalar && scalar.type() == ConfigNode.Type.STRING) {
            return scalar;
        }
        fail(
                draft,
                field,
                Problem.error(
                        value,
                        "expected a string (got " + value.shown() + ")",
                        value instanceof ConfigNode.Scalar ? "put it in quotes" : null));
        return null;
    }

    private static String shownReference(ConfigNode value) {
        if (value instanceof ConfigNode.Mapping mapping && !mapping.entries().isEmpty()) {
            return mapping.entries().iterator().next().value().shown();
        }
        return value.shown();
    }

    /** Gives an id, and tells doubles. False when the entity says again what another did. */
    private boolean identify(Draft draft) {
        EntityKind kind = draft.kind;
        List<String> identity = kind.identity();
        String key = identity.isEmpty() ? null : identityKey(draft);
        if (key != null && !identity.equals(List.of(String.valueOf(kind.nameField())))) {
            if (kind == EntityKind.CONSUMER_GROUP_CONSUMER) {
                boolean there = base != null && before(kind, base.listing(kind).holder(Listing.IDENTITY, key)) != null;
                if (listed(kind).byIdentity.putIfAbsent(key, draft) != null || there) {
                    return false; // a membership may be told from both sides
                }
            } else if (draft.failed.isEmpty() && !draft.taken) {
                unique(draft, told(draft), listed(kind).byIdentity, Listing.IDENTITY, key);
            }
        }
        if (draft.id == null) {
            ConfigNode.Scalar name = draft.text(kind.nameField());
            String own = key != null || !identity.isEmpty() || name == null ? key : name.text();
            draft.id = Ids.of(kind.plural(), own == null || draft.taken ? contentKey(draft) : own);
            listed(kind).byId.putIfAbsent(draft.id, draft);
        }
        return true;
    }

    /** What tells an entity from the others, in Kong's form; null when a part is missing. */
    private static @Nullable String identityKey(Draft draft) {
        StringBuilder key = new StringBuilder(draft.kind.plural()).append(":*");
        RecordShape shape = RecordShape.of(draft.kind.type());
        for (String field : draft.kind.identity()) {
            Draft other = draft.references.get(field);
            ConfigNode.Scalar text = draft.text(field);
            RecordShape.Component component = Objects.requireNonNull(shape.component(field));
            if (draft.failed.contains(field) || (other == null && text == null && component.isRequired())) {
                return null;
            }
            if (field.equals("consumer_group") && other == null) {
                continue; // Kong's key before there were groups
            }
            key.append(':')
                    .append(
                            other != null
                                    ? other.id
                                    : isReference(draft.kind, field) || text == null ? "" : text.text());
        }
        return key.toString();
    }

    private static boolean isReference(EntityKind kind, String field) {
        return kind.referenceFields().contains(field);
    }

    private record Told(ConfigNode at, String what) {}

    private static Told told(Draft draft) {
        List<String> own = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String field : draft.kind.identity()) {
            (isReference(draft.kind, field) ? others : own).add(field);
        }
        String field = own.get(0);
        ConfigNode.Scalar text = Objects.requireNonNull(draft.text(field));
        boolean secret =
                Objects.requireNonNull(RecordShape.of(draft.kind.type()).component(field))
                                .shape()
                        == RecordShape.Scalar.SECRET;
        String what = secret ? "the same " + field : field + " set to '" + text.shown() + "'";
        if (!others.isEmpty()) {
            what += " and the same " + (draft.kind == EntityKind.PLUGIN ? "scope" : String.join(" and ", others));
        }
        return new Told(text, what);
    }

    /**
     * Kong gives what has no name a random id; here its content stands for a name, so that it survives a reload. A default
     * that is written out says nothing new.
     */
    private String contentKey(Draft draft) {
        EntityKind kind = draft.kind;
        StringBuilder content = new StringBuilder(kind.plural()).append(":*:");
        for (EntityKind.Reference reference : kind.references()) {
            Draft other = draft.references.get(reference.field());
            content.append(other == null ? "" : other.id).append(':');
        }
        RecordShape shape = RecordShape.of(kind.type());
        ConfigNode.Mapping own = draft.node
                .without(name -> shape.component(name) == null || name.equals("tags") || isReference(kind, name))
                .with("id", ConfigNode.string(draft.node.location(), "", ""));
        // what is wrong with it is told when it is bound with its id
        Record record = binder.bindParts(own, kind.type(), null, problem -> {}).record();
        Fingerprint.appendValue(content, record);
        int count = listed(kind).contents.merge(content.toString(), 1, Integer::sum);
        return count == 1
                ? content.toString()
                : content.append(':').append(count).toString();
    }

    private void linkPartials() {
        for (ConfigNode.Mapping link : partialLinks) {
            Draft holder = new Draft(EntityKind.PLUGIN, link, link, null);
            for (ConfigNode.Entry entry : link.entries()) {
                if (!LINK_FIELDS.contains(entry.name())) {
                    RootFields.report(entry, Set.of(), LINK_FIELDS, sink);
                }
            }
            ConfigNode plugin = link.get("plugin");
            ConfigNode partial = link.get("partial");
            if (plugin == null || partial == null) {
                sink.accept(Problem.error(
                        link.location(),
                        ConfigNode.child(link.path(), plugin == null ? "plugin" : "partial"),
                        "required field missing",
                        null));
                continue;
            }
            Draft target = target(plugin, "plugin", EntityKind.PLUGIN, holder);
            Draft source = target(partial, "partial", EntityKind.PARTIAL, holder);
            if (target != null && source != null) {
                ConfigNode.Mapping said =
                        wrapped("id", ConfigNode.string(partial.location(), partial.path(), String.valueOf(source.id)));
                ConfigNode path = link.get("path");
                target.partials.add(path == null ? said : said.with("path", path));
            }
        }
    }

    private void bind(Draft draft, List<Entity> entities) {
        EntityKind kind = draft.kind;
        RecordShape shape = RecordShape.of(kind.type());
        // what is not built is kept when it was let in, to be shown
        ConfigNode.Mapping node = draft.node.without(
                name -> shape.component(name) == null && !shape.notBuilt().contains(name));
        String id = Objects.requireNonNull(draft.id);
        node = node.with("id", ConfigNode.string(node.location(), ConfigNode.child(node.path(), "id"), id));
        if (!selectTags.isEmpty() && shape.component("tags") != null) {
            node = withSelectTags(node);
        }
        for (EntityKind.Reference reference : kind.references()) {
            node = withReference(node, draft, reference.field());
        }
        Entity neighbour = neighbour(draft, entities);
        node = withTimes(node, draft);
        if (neighbour != null) {
            node = node.sharedWith(neighbour.node());
        }
        ConfigNode.Mapping flat = node;
        if (kind == EntityKind.PLUGIN) {
            flat = Partials.linked(flat, draft.partials);
            node = Partials.apply(node, draft.partials, this::partial, sink);
        }
        RecordBinder.Bound<? extends Record> bound =
                binder.bindParts(node, kind.type(), neighbour == null ? null : neighbour.value(), sink);
        Record record = bound.record();
        Set<String> failed = new HashSet<>(draft.failed);
        failed.addAll(bound.failed());
        Report report = new Report(draft.node, node, options, failed, sink);
        report.each("tags", Checks::tag);
        kind.check(record, report);
        for (String field : kind.unique()) {
            ConfigNode.Scalar text = draft.text(field);
            if (text != null && !failed.contains(field)) {
                Map<String, Draft> seen = listed(kind).byField.computeIfAbsent(field, name -> new HashMap<>());
                unique(draft, new Told(text, field + " set to '" + text.shown() + "'"), seen, field, text.text());
            }
        }
        if (record instanceof VaultEntity vault && failed.isEmpty() && !draft.taken) {
            VaultConfig settings = vault.name().equals(FsVaultConfig.TYPE)
                    ? binder.bind(vault.config(), FsVaultConfig.class, sink)
                    : binder.bind(vault.config(), EnvVaultConfig.class, sink);
            if (settings == null) {
                failed.add("config");
            } else {
                secrets.vault(vault.prefix(), settings);
            }
        }
        boolean pluginToCheck = kind == EntityKind.PLUGIN && !failed.contains("name") && !failed.contains("config");
        if ((failed.isEmpty() && !draft.taken) || pluginToCheck) {
            entities.add(new Entity(
                    kind,
                    id,
                    name(draft),
                    tags(record, shape),
                    node.location(),
                    node.path(),
                    record,
                    flat,
                    sources(draft.given)));
        }
    }

    /** One that was read before it and says much the same, if there is one near: of plugins one with the same name. */
    private @Nullable Entity neighbour(Draft draft, List<Entity> entities) {
        Entity found = neighbour(draft, entities, entities.size() - 1);
        return found != null || base == null
                ? found
                : neighbour(draft, base.all(draft.kind), base.all(draft.kind).size() - 1);
    }

    private static @Nullable Entity neighbour(Draft draft, List<Entity> entities, int last) {
        String plugin = draft.kind == EntityKind.PLUGIN ? name(draft) : null;
        for (int i = last; i >= 0 && i > last - NEAR; i--) {
            Entity entity = entities.get(i);
            if (plugin == null || entity.name().equals(plugin)) {
                return entity;
            }
        }
        return null;
    }

    /** When it was made and changed means nothing to the record, and is shown to those who ask. */
    private static ConfigNode.Mapping withTimes(ConfigNode.Mapping node, Draft draft) {
        ConfigNode.Mapping full = node;
        for (String time : Common.TIMES) {
            ConfigNode at = draft.given.get(time);
            full = at == null || at.isNull() ? full : full.with(time, at);
        }
        return full;
    }

    private ConfigNode.Mapping withSelectTags(ConfigNode.Mapping node) {
        ConfigNode given = node.get("tags");
        String path = ConfigNode.child(node.path(), "tags");
        List<ConfigNode> tags = new ArrayList<>();
        if (given instanceof ConfigNode.Sequence own) {
            tags.addAll(own.items());
        } else if (given != null && !given.isNull()) {
            return node;
        }
        for (String tag : selectTags) {
            tags.add(ConfigNode.string(node.location(), path, tag));
        }
        return node.with(
                "tags", new ConfigNode.Sequence(given == null ? node.location() : given.location(), path, tags));
    }

    private static ConfigNode.Mapping withReference(ConfigNode.Mapping node, Draft draft, String field) {
        Draft target = draft.references.get(field);
        ConfigNode given = node.get(field);
        ConfigNode at = given == null || given.isNull() ? node : given;
        String path = ConfigNode.child(node.path(), field);
        if (draft.failed.contains(field)) {
            return node.with(field, ConfigNode.unresolved(at.location(), path));
        }
        return target == null
                ? node
                : node.with(field, ConfigNode.string(at.location(), path, String.valueOf(target.id)));
    }

    private ConfigNode.@Nullable Mapping partial(ConfigNode.Scalar key) {
        Draft partial = find(EntityKind.PARTIAL, key.text());
        if (partial != null) {
            return partial.node;
        }
        if (!incomplete) {
            sink.accept(Problem.error(
                    key,
                    "invalid reference 'partials: " + key.shown() + "' (no such entry in 'partials')",
                    hint(key, EntityKind.PARTIAL)));
        }
        return null;
    }

    /** The fields that variables were put into; beside a url, what the service says itself, since that wins over it. */
    private static ConfigNode.Mapping sources(ConfigNode.Mapping given) {
        boolean url = hasVariable(given.get("url"));
        ConfigNode.Mapping found = given.without(name -> {
            boolean beside = url && URL_PARTS.contains(name);
            return !beside && (EntityKind.of(name) != null || !hasVariable(given.get(name)));
        });
        return found.entries().isEmpty() ? NO_SOURCES : found;
    }

    private static boolean hasVariable(@Nullable ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            return mapping.entries().stream().anyMatch(entry -> hasVariable(entry.value()));
        }
        if (node instanceof ConfigNode.Sequence sequence) {
            return sequence.items().stream().anyMatch(EntityReader::hasVariable);
        }
        return node instanceof ConfigNode.Scalar scalar && scalar.fromVariable();
    }

    private static String name(Draft draft) {
        ConfigNode.Scalar name = draft.text(draft.kind == EntityKind.PLUGIN ? "name" : draft.kind.nameField());
        if (name != null) {
            return name.text();
        }
        RecordShape shape = RecordShape.of(draft.kind.type());
        for (String field : draft.kind.identity()) {
            ConfigNode.Scalar text = draft.text(field);
            RecordShape.Component component = Objects.requireNonNull(shape.component(field));
            if (text != null
                    && !isReference(draft.kind, field)
                    && component.shape() != RecordShape.Scalar.SECRET
                    && text.text().indexOf('\n') < 0) {
                return text.text();
            }
        }
        return String.valueOf(draft.id);
    }

    @SuppressWarnings("unchecked") // the component of that name is a list of strings in every record
    private static List<String> tags(Record record, RecordShape shape) {
        RecordShape.Component tags = shape.component("tags");
        return tags == null ? List.of() : (List<String>) Objects.requireNonNull(tags.of(record));
    }
}
