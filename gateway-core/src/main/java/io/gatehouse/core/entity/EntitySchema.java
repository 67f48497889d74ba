package io.gatehouse.core.entity;

import io.gatehouse.core.config.Compat;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.KongSchema;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.schema.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The schemas of the Admin API, in Kong's form, from what the records declare. Stateless. */
public final class EntitySchema {
    private EntitySchema() {}

    /**
     * The schema of a kind.
     *
     * @param compat whose defaults hold
     * @param flavor whose routes these are
     */
    public static Map<String, Object> of(EntityKind kind, Compat compat, RouterFlavor flavor) {
        List<Map<String, Object>> fields = fields(kind, compat);
        if (kind == EntityKind.ROUTE && flavor == RouterFlavor.EXPRESSIONS) {
            fields.replaceAll(EntitySchema::withExpressions);
        }
        return schema(kind, fields);
    }

    /** A field of routes that may have an expression. */
    @SuppressWarnings("unchecked") // a field is a map of names
    private static Map<String, Object> withExpressions(Map<String, Object> named) {
        Object declared = named.get("priority");
        if (declared == null) {
            return named;
        }
        Map<String, Object> field = new LinkedHashMap<>((Map<String, Object>) declared);
        field.put("required", true);
        field.put("default", 0);
        return Map.of("priority", field);
    }

    /** The schema of a plugin: what plugin entities have in common, and the plugin's own config. */
    public static Map<String, Object> ofPlugin(String name, Class<? extends Record> config, Compat compat) {
        List<Map<String, Object>> fields = fields(EntityKind.PLUGIN, compat);
        fields.replaceAll(field -> ofPlugin(name, field));
        fields.removeIf(field -> field.containsKey("config"));
        fields.add(Map.of("config", config(config, compat)));
        Map<String, Object> schema = schema(EntityKind.PLUGIN, fields);
        Map<String, Object> partials = new LinkedHashMap<>();
        for (String type : Partials.TYPES) {
            if (partOf(config, type) != null) {
                partials.put(type, List.of(Objects.requireNonNull(Partials.standardPath(type))));
            }
        }
        schema.put("supported_partials", partials);
        List<Map<String, Object>> checks = new ArrayList<>(shown(EntityKind.PLUGIN.rules(), ""));
        checks.addAll(shown(RecordShape.of(config).rules(), "config."));
        schema.put("entity_checks", checks);
        return schema;
    }

    /** A field that plugins have in common, as one of them has it. */
    @SuppressWarnings("unchecked") // a field is a map of names
    private static Map<String, Object> ofPlugin(String plugin, Map<String, Object> named) {
        String name = named.keySet().iterator().next();
        Map<String, Object> field = new LinkedHashMap<>((Map<String, Object>) Objects.requireNonNull(named.get(name)));
        List<String> protocols = KongPlugins.protocols(plugin);
        if (name.equals("protocols") && protocols != null) {
            field.put("elements", Map.of("type", "string", "one_of", protocols));
        } else if (name.startsWith("consumer") && !KongPlugins.takes(name, plugin)) {
            field.put("eq", null);
        }
        return Map.of(name, field);
    }

    /** The record of the part of a plugin's config that a type of partial may hold; null when it has no such part. */
    public static @Nullable Class<?> partOf(Class<? extends Record> config, String type) {
        String path = Partials.standardPath(type);
        RecordShape.Component part =
                path == null ? null : RecordShape.of(config).component(path.substring("config.".length()));
        return part != null && part.shape() instanceof RecordShape.Nested nested ? nested.type() : null;
    }

    /**
     * The schema of one type of a kind whose types have configs of their own; null when there is no such type.
     *
     * @param field the field that names the type
     * @param config the record of its config; null when that is not known
     */
    public static @Nullable Map<String, Object> ofType(
            EntityKind kind, String field, String type, @Nullable Class<? extends Record> config, Compat compat) {
        List<Map<String, Object>> fields = fields(kind, compat);
        boolean known = fields.stream()
                .anyMatch(one -> one.get(field) instanceof Map<?, ?> declared
                        && declared.get("one_of") instanceof List<?> types
                        && types.contains(type));
        if (!known) {
            return null;
        }
        fields.removeIf(one -> one.containsKey("config"));
        fields.add(Map.of("config", config(config, compat)));
        return schema(kind, fields);
    }

    private static Map<String, Object> config(@Nullable Class<? extends Record> config, Compat compat) {
        Map<String, Object> record = config == null
                ? new LinkedHashMap<>(Map.of("type", "record", "fields", List.of()))
                : KongSchema.record(config, compat);
        record.put("required", true);
        return record;
    }

    private static Map<String, Object> schema(EntityKind kind, List<Map<String, Object>> fields) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("entity_checks", shown(kind.rules(), ""));
        schema.put("fields", fields);
        return schema;
    }

    private static List<Map<String, Object>> shown(List<Rule> rules, String prefix) {
        return rules.stream().map(rule -> rule.shown(prefix)).toList();
    }

    private static List<Map<String, Object>> fields(EntityKind kind, Compat compat) {
        List<Map<String, Object>> fields = new ArrayList<>();
        for (Map<String, Object> field : KongSchema.fields(kind.type(), compat)) {
            String name = field.keySet().iterator().next();
            fields.add(Map.of(name, field(kind, name, Objects.requireNonNull(field.get(name)), compat)));
        }
        if (kind == EntityKind.CERTIFICATE) {
            fields.add(Map.of("snis", Map.of("type", "array", "elements", Map.of("type", "string"))));
        }
        for (String time : kind.times()) {
            fields.add(Map.of(time, Map.of("type", "integer", "timestamp", true, "auto", true)));
        }
        return fields;
    }

    @SuppressWarnings("unchecked") // a field is a map of names
    private static Map<String, Object> field(EntityKind kind, String name, Object declared, Compat compat) {
        Map<String, Object> field = new LinkedHashMap<>((Map<String, Object>) declared);
        if (name.equals("id")) {
            field.remove("required");
            field.put("uuid", true);
            field.put("auto", true);
        }
        for (EntityKind.Reference reference : kind.references()) {
            if (reference.field().equals(name)) {
                field.put("type", "foreign");
                field.put("reference", reference.kind().plural());
            }
        }
        if (kind == EntityKind.ROUTE && name.equals("protocols")) {
            field.put("required", true);
            field.put("default", compat.routeProtocols()); // no default of the record: it depends on compat
        }
        if (kind.random().contains(name)) {
            field.remove("required"); // whoever leaves it out is given one
            field.put("auto", true);
        }
        if (kind.isUnique(name) && RecordShape.of(kind.type()).component(name) != null) {
            field.put("unique", true);
        }
        return field;
    }
}
