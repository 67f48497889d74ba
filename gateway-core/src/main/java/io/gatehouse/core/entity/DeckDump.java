package io.gatehouse.core.entity;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.YamlWriter;
import io.gatehouse.core.schema.RecordShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as decK would write it: nested, sorted, without defaults and without ids that follow from names. What
 * came from a variable or a vault stays a reference. Used by one thread.
 */
public final class DeckDump {
    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{\\{(?:[^}\"]|\"[^\"]*\"|}(?!}))*}}");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z0-9_.-]+)}");

    /** Kinds that name what they refer to by a map; plugins do by a text. */
    private static final Set<EntityKind> BY_REFERENCE_MAP = Set.of(EntityKind.ROUTE, EntityKind.KEY);

    private final DeclarativeConfig config;
    private final boolean defaults;
    private final Consumer<Problem> sink;
    private final IdentityHashMap<Entity, List<Entity>> children = new IdentityHashMap<>();
    private final Set<Entity> nested = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<String> referredById = new HashSet<>();
    private final Set<String> told = new HashSet<>();

    private DeckDump(DeclarativeConfig config, boolean defaults, Consumer<Problem> sink) {
        this.config = config;
        this.defaults = defaults;
        this.sink = sink;
    }

    /**
     * Writes a configuration without errors.
     *
     * @param defaults whether fields of entities are written that hold their default; the configs of plugins are always
     *     as the file has them
     * @param sink takes what cannot be written so that it means the same, and warnings
     */
    public static String write(DeclarativeConfig config, boolean defaults, Consumer<Problem> sink) {
        DeckDump dump = new DeckDump(config, defaults, sink);
        dump.nest();
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("_format_version", "3.0");
        for (EntityKind kind : EntityKind.values()) {
            List<Object> written = new ArrayList<>();
            for (Entity entity : sorted(config.all(kind))) {
                if (!dump.nested.contains(entity)) {
                    written.add(dump.entity(entity, null));
                }
            }
            if (!written.isEmpty()) {
                root.put(kind.plural(), written);
            }
        }
        return YamlWriter.write(root);
    }

    private static List<Entity> sorted(Collection<Entity> entities) {
        List<Entity> sorted = new ArrayList<>(entities);
        sorted.sort(Comparator.comparing(Entity::name).thenComparing(Entity::id));
        return sorted;
    }

    private void nest() {
        for (EntityKind kind : EntityKind.values()) {
            for (Entity entity : config.all(kind)) {
                Entity parent = parent(entity);
                if (parent != null) {
                    children.computeIfAbsent(parent, key -> new ArrayList<>()).add(entity);
                    nested.add(entity);
                }
            }
        }
        for (EntityKind kind : EntityKind.values()) {
            for (Entity entity : config.all(kind)) {
                for (EntityKind.Reference reference : kind.references()) {
                    Entity other = referred(entity, reference);
                    if (other != null && !other.equals(parent(entity)) && reference(other) instanceof IdOnly) {
                        referredById.add(other.id());
                    }
                }
                if (entity.value() instanceof PluginEntity plugin) {
                    for (PluginEntity.PartialLink link : plugin.partials()) {
                        if (link.id() != null) {
                            referredById.add(link.id());
                        }
                    }
                }
            }
        }
    }

    /** The one that it stands in: decK nests what has a single reference, and a route in its service. */
    private @Nullable Entity parent(Entity entity) {
        return switch (entity.kind()) {
            case ROUTE, TARGET, SNI, KEYAUTH, BASICAUTH, HMACAUTH, JWT, OAUTH2, ACL ->
                referred(entity, entity.kind().references().get(0));
            case MTLS_AUTH -> referredBy(entity, "consumer");
            case CONSUMER_GROUP_CONSUMER -> isDerived(entity) ? referredBy(entity, "consumer") : null;
            case PLUGIN -> {
                Entity only = null;
                for (EntityKind.Reference reference : entity.kind().references()) {
                    Entity scope = referred(entity, reference);
                    if (scope != null && only != null) {
                        yield null;
                    }
                    only = scope != null ? scope : only;
                }
                yield only;
            }
            default -> null;
        };
    }

    private @Nullable Entity referredBy(Entity entity, String field) {
        for (EntityKind.Reference reference : entity.kind().references()) {
            if (reference.field().equals(field)) {
                return referred(entity, reference);
            }
        }
        return null;
    }

    private @Nullable Entity referred(Entity entity, EntityKind.Reference reference) {
        Object id = shape(entity).component(reference.field()) == null
                ? null
                : Objects.requireNonNull(shape(entity).component(reference.field()))
                        .of(entity.value());
        return id instanceof String text ? config.find(reference.kind(), text) : null;
    }

    private static RecordShape shape(Entity entity) {
        return RecordShape.of(entity.kind().type());
    }

    /** What others write to mean an entity. */
    private sealed interface Reference {}

    private record Named(String name) implements Reference {}

    private record IdOnly(String id) implements Reference {}

    private Reference reference(Entity entity) {
        String field = entity.kind().nameField();
        Object name = field == null
                ? null
                : Objects.requireNonNull(shape(entity).component(field)).of(entity.value());
        // a name that is another one's id would mean the other one
        return name instanceof String text && entity.equals(config.find(entity.kind(), text))
                ? new Named(text)
                : new IdOnly(entity.id());
    }

    private Map<String, Object> entity(Entity entity, @Nullable Entity parent) {
        Map<String, Object> written = new TreeMap<>();
        for (RecordShape.Component component : shape(entity).components()) {
            String name = component.name();
            Object value = component.of(entity.value());
            if (name.equals("id")) {
                boolean needed = entity.kind() == EntityKind.CERTIFICATE
                        || referredById.contains(entity.id())
                        || !isDerived(entity);
                if (needed) {
                    written.put(name, entity.id());
                }
            } else if (isReference(entity.kind(), name)) {
                Entity other = referredBy(entity, name);
                if (other != null && !other.equals(parent)) {
                    written.put(name, reference(entity.kind(), name, reference(other)));
                }
            } else if (!isLeftOut(component, value) || (entity.kind() == EntityKind.JWT && name.equals("algorithm"))) {
                // decK refuses a jwt_secret without its algorithm
                written.put(
                        name,
                        Objects.requireNonNull(plain(value, entity.sources().get(name))));
            }
        }
        if (entity.sources().get("url") instanceof ConfigNode.Scalar url) {
            for (String part : List.of("protocol", "host", "port", "path")) {
                if (entity.sources().get(part) == null) {
                    written.remove(part);
                }
            }
            written.put("url", expression(url));
        }
        if (entity.kind() == EntityKind.PLUGIN) {
            if (written.get("config") instanceof Map<?, ?> own) {
                config.withoutPartials((PluginEntity) entity.value(), own);
                if (own.isEmpty()) {
                    written.remove("config");
                }
            }
        }
        for (Entity child : sorted(children.getOrDefault(entity, List.of()))) {
            if (child.kind() == EntityKind.CONSUMER_GROUP_CONSUMER) {
                Entity group = Objects.requireNonNull(referredBy(child, "consumer_group"));
                add(written, "groups", reference(child.kind(), "group", reference(group)));
            } else {
                add(written, child.kind().plural(), entity(child, entity));
            }
        }
        return written;
    }

    @SuppressWarnings("unchecked") // nothing else stands under the name of a collection
    private static void add(Map<String, Object> written, String collection, Object item) {
        ((List<Object>) written.computeIfAbsent(collection, name -> new ArrayList<>())).add(item);
    }

    /** Whether a file without the id gives the same id again. */
    private boolean isDerived(Entity entity) {
        EntityKind kind = entity.kind();
        List<String> identity = kind.identity();
        if (identity.isEmpty()) {
            return reference(entity) instanceof Named named && entity.id().equals(Ids.of(kind.plural(), named.name()));
        }
        return entity.id().equals(Ids.of(kind.plural(), Listing.identity(entity)));
    }

    private static boolean isReference(EntityKind kind, String field) {
        return kind.references().stream()
                .anyMatch(reference -> reference.field().equals(field));
    }

    /** decK writes the scopes of plugins as texts and other references as maps. */
    private static Object reference(EntityKind kind, String field, Reference reference) {
        boolean map = BY_REFERENCE_MAP.contains(kind)
                || field.equals("group")
                || kind == EntityKind.UPSTREAM
                || field.equals("ca_certificate");
        if (reference instanceof Named named) {
            return map ? Map.of("name", named.name()) : named.name();
        }
        String id = ((IdOnly) reference).id();
        return map ? Map.of("id", id) : id;
    }

    private boolean isLeftOut(RecordShape.Component component, @Nullable Object value) {
        if (value == null
                || (value instanceof Collection<?> items
                        && items.isEmpty()
                        && component.standard(config.compat()) == null)
                || (value instanceof Map<?, ?> map && map.isEmpty())
                || (value instanceof ConfigNode.Mapping tree && tree.entries().isEmpty())) {
            return true;
        }
        return !defaults
                && (value.equals(component.standard(config.compat()))
                        || (value instanceof Record record && isStandard(record)));
    }

    /** Whether a record within an entity holds defaults only. */
    private boolean isStandard(Record record) {
        for (RecordShape.Component component : RecordShape.of(record.getClass()).components()) {
            if (!isLeftOut(component, component.of(record))) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Object plain(@Nullable Object value, @Nullable ConfigNode node) {
        if (node instanceof ConfigNode.Scalar scalar && scalar.fromVariable()) {
            return expression(scalar);
        }
        if (value instanceof Secret secret) {
            String reference = secret.reference();
            return reference == null ? secret.value() : reference;
        }
        if (value instanceof ConfigNode tree) {
            return tree(tree);
        }
        if (value instanceof Record record) {
            Map<String, Object> written = new TreeMap<>();
            ConfigNode.Mapping own = node instanceof ConfigNode.Mapping mapping ? mapping : null;
            for (RecordShape.Component component :
                    RecordShape.of(record.getClass()).components()) {
                Object part = component.of(record);
                if (!isLeftOut(component, part)) {
                    written.put(
                            component.name(),
                            Objects.requireNonNull(plain(part, own == null ? null : own.get(component.name()))));
                }
            }
            return written;
        }
        if (value instanceof Collection<?> items) {
            List<@Nullable Object> written = new ArrayList<>();
            List<ConfigNode> nodes = node instanceof ConfigNode.Sequence sequence ? sequence.items() : List.of();
            for (Object item : items) {
                ConfigNode at = null;
                for (ConfigNode one : nodes) {
                    boolean same = one instanceof ConfigNode.Scalar scalar
                            ? scalar.text().equals(String.valueOf(item))
                            : nodes.size() == items.size() && nodes.indexOf(one) == written.size();
                    at = at == null && same ? one : at;
                }
                written.add(plain(item, at));
            }
            return written;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> written = new TreeMap<>();
            ConfigNode.Mapping own = node instanceof ConfigNode.Mapping mapping ? mapping : null;
            map.forEach((name, item) -> written.put(
                    String.valueOf(name),
                    Objects.requireNonNull(plain(item, own == null ? null : own.get(String.valueOf(name))))));
            return written;
        }
        return value;
    }

    /** A part of the file as it is there, its keys sorted. */
    private @Nullable Object tree(ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            Map<String, @Nullable Object> written = new TreeMap<>();
            for (ConfigNode.Entry entry : mapping.entries()) {
                written.put(entry.name(), tree(entry.value()));
            }
            return written;
        }
        if (node instanceof ConfigNode.Sequence sequence) {
            List<@Nullable Object> written = new ArrayList<>();
            sequence.items().forEach(item -> written.add(tree(item)));
            return written;
        }
        return leaf((ConfigNode.Scalar) node);
    }

    private Object leaf(ConfigNode.Scalar scalar) {
        if (scalar.fromVariable()) {
            return expression(scalar);
        }
        return scalar.type() == ConfigNode.Type.STRING ? scalar.text() : new YamlWriter.Verbatim(scalar.text());
    }

    /** What variables were put into, as an expression again. Nothing is quoted by decK, so the right quotes matter. */
    private Object expression(ConfigNode.Scalar scalar) {
        String source = scalar.source();
        if (!source.contains("${{")) {
            source = asDeckVariables(source, scalar);
        }
        if (scalar.type() != ConfigNode.Type.STRING) {
            return new YamlWriter.Verbatim(source);
        }
        String text = scalar.text();
        String around = EXPRESSION.matcher(source).replaceAll("");
        boolean sure = around.indexOf('\\') < 0
                && !around.contains("''")
                && !around.contains("${{")
                && text.chars().noneMatch(c -> c < ' ' || (c >= 0x7F && c < 0xA0))
                && source.indexOf('\n') < 0;
        // single quotes first: the expression has double ones, and decK's merge reads the text as it is
        if (sure && text.indexOf('\'') < 0 && around.indexOf('\'') < 0) {
            return new YamlWriter.Verbatim("'" + source + "'");
        }
        if (sure && text.indexOf('"') < 0 && text.indexOf('\\') < 0) {
            return new YamlWriter.Verbatim('"' + source + '"');
        }
        sink.accept(Problem.error(
                scalar,
                "what the variable holds cannot be put into a dump: it has quotes or line breaks",
                "a vault reference such as {vault://env/name} can hold it"));
        return "";
    }

    /** The how-tos' <code>${name}</code>, which decK's files do not have. */
    private String asDeckVariables(String source, ConfigNode.Scalar at) {
        Matcher use = VARIABLE.matcher(source);
        StringBuilder written = new StringBuilder();
        while (use.find()) {
            String name = "DECK_" + use.group(1).toUpperCase(Locale.ROOT).replace('-', '_');
            if (told.add(name)) {
                sink.accept(Problem.warning(
                        at,
                        "decK's files have no variables of their own: give the environment variable " + name + " what '"
                                + use.group(1) + "' holds"));
            }
            use.appendReplacement(written, Matcher.quoteReplacement("${{ env \"" + name + "\" }}"));
        }
        return use.appendTail(written).toString();
    }
}
