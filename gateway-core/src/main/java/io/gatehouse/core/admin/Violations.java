package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.Ids;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns what is wrong with an entity into Kong's errors. Stateless. */
final class Violations {
    private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[([0-9]+)]");
    private static final String ENTITY = "@entity";
    private static final Pattern GOT = Pattern.compile(" \\(got [^()]*(\\([^()]*\\)[^()]*)*\\)$", Pattern.DOTALL);

    private Violations() {}

    /**
     * The error that refuses an entity.
     *
     * @param said what the request asked for
     */
    static AdminError of(List<Problem> problems, EntityKind kind, ConfigNode.Mapping said, DeclarativeConfig config) {
        List<Problem> own = ofSchema(problems);
        if (!own.isEmpty()) {
            return schema(own);
        }
        for (Problem problem : problems) {
            if (isReference(problem)) {
                AdminError error = reference(kind, top(problem.path()), said);
                if (error != null) {
                    return error;
                }
            }
        }
        for (Problem problem : problems) {
            if (isTaken(problem)) {
                return taken(kind, top(problem.path()), said, config);
            }
        }
        return schema(problems);
    }

    /** The problems of an entity by itself, without those of what else there is. */
    static List<Problem> ofSchema(List<Problem> problems) {
        return problems.stream()
                .filter(problem -> !isReference(problem) && !isTaken(problem))
                .toList();
    }

    private static boolean isReference(Problem problem) {
        return problem.message().startsWith("invalid reference '");
    }

    private static boolean isTaken(Problem problem) {
        return problem.message().startsWith("uniqueness violation: ");
    }

    private static String top(String path) {
        int end = path.indexOf('.');
        return end < 0 ? path : path.substring(0, end);
    }

    /** The fields that are wrong, nested as the entity is; what is wrong with several is a list. */
    static Map<String, Object> fields(List<Problem> problems, String root) {
        return fields(problems, root, false);
    }

    /** The same for a whole configuration, whose fields are lists of entities. */
    static Map<String, Object> all(List<Problem> problems) {
        return fields(problems, "", true);
    }

    private static Map<String, Object> fields(List<Problem> problems, String root, boolean entities) {
        Map<String, Object> fields = new TreeMap<>();
        for (Problem problem : problems) {
            String path = problem.path().startsWith(root) ? problem.path().substring(root.length()) : problem.path();
            String message = GOT.matcher(problem.message()).replaceFirst("");
            if (path.isEmpty()) {
                ((JsonArray) fields.computeIfAbsent(ENTITY, at -> new JsonArray())).add(message);
            } else {
                put(fields, path, message, entities);
            }
        }
        return fields;
    }

    private static void put(Map<String, Object> fields, String path, String message, boolean entities) {
        List<Object> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(path);
        while (matcher.find()) {
            steps.add(matcher.group(1) != null ? matcher.group(1) : (Object) Integer.valueOf(matcher.group(2)));
        }
        int last = steps.size() - 1;
        boolean whole = entities
                && last > 0
                && steps.get(last) instanceof Integer
                && EntityKind.of(String.valueOf(steps.get(last - 1))) != null;
        Object holder = fields;
        for (int i = 0; i <= last; i++) {
            Object value = i == last
                    ? whole ? ofEntity(message) : message
                    : steps.get(i + 1) instanceof Integer ? new JsonArray() : new JsonObject();
            holder = into(holder, steps.get(i), value);
        }
    }

    /** What is wrong with an entity, or another record, as a whole. */
    private static JsonObject ofEntity(Object message) {
        return new JsonObject().put(ENTITY, new JsonArray().add(message));
    }

    /** Two things that are told of one place; none is lost, save a second text of one field. */
    private static Object joined(Object there, Object value) {
        JsonObject record = there instanceof JsonObject object
                ? object
                : value instanceof JsonObject && there instanceof String ? ofEntity(there) : null;
        if (record == null) {
            return there;
        }
        if (value instanceof String) {
            return joined(record, ofEntity(value));
        }
        if (value instanceof JsonObject more && more.getValue(ENTITY) instanceof JsonArray texts) {
            JsonArray all = record.getJsonArray(ENTITY, new JsonArray());
            texts.forEach(all::add);
            record.put(ENTITY, all);
        }
        return record;
    }

    /** Puts a value in its place, with what is there already; yields what is there then. */
    @SuppressWarnings("unchecked") // the root is a map of names
    private static Object into(Object holder, Object step, Object value) {
        Object there;
        if (holder instanceof JsonArray array && step instanceof Integer index) {
            while (array.size() <= index) {
                array.addNull();
            }
            there = array.getValue(index);
            Object now = there == null ? value : joined(there, value);
            array.set(index, now);
            return now;
        }
        String name = String.valueOf(step);
        if (holder instanceof JsonObject object) {
            there = object.getValue(name);
            Object now = there == null ? value : joined(there, value);
            object.put(name, now);
            return now;
        }
        return holder instanceof Map ? ((Map<String, Object>) holder).merge(name, value, Violations::joined) : value;
    }

    /** The error of fields that are wrong. */
    static AdminError schema(List<Problem> problems) {
        Map<String, Object> fields = fields(problems, "");
        List<String> texts = new ArrayList<>();
        if (fields.get(ENTITY) instanceof JsonArray all) {
            all.forEach(text -> texts.add(String.valueOf(text)));
        }
        fields.forEach((name, value) -> {
            if (!name.equals(ENTITY)) {
                describe(name, value, (path, text) -> texts.add(path + ": " + text));
            }
        });
        String message = texts.size() == 1
                ? "schema violation (" + texts.get(0) + ")"
                : texts.size() + " schema violations (" + String.join("; ", texts) + ")";
        return AdminError.coded(400, 2, "schema violation", message, fields);
    }

    /** Tells each text of nested fields with its path; Lua counts from one. */
    static void describe(String path, @Nullable Object value, BiConsumer<String, String> sink) {
        if (value instanceof JsonObject object) {
            new TreeMap<>(object.getMap()).forEach((name, one) -> describe(path + "." + name, one, sink));
        } else if (value instanceof JsonArray array) {
            for (int i = 0; i < array.size(); i++) {
                if (array.getValue(i) != null) {
                    describe(path + "." + (i + 1), array.getValue(i), sink);
                }
            }
        } else {
            sink.accept(path, String.valueOf(value));
        }
    }

    private static @Nullable AdminError reference(EntityKind kind, String field, ConfigNode.Mapping said) {
        for (EntityKind.Reference reference : kind.references()) {
            if (!reference.field().equals(field)) {
                continue;
            }
            String parent = reference.kind().plural();
            ConfigNode value = said.get(field);
            if (value instanceof ConfigNode.Mapping mapping && mapping.get("id") == null) {
                Map<String, Object> fields = new LinkedHashMap<>();
                List<String> texts = new ArrayList<>();
                for (ConfigNode.Entry entry : mapping.entries()) {
                    String key = "{" + entry.name() + "=\"" + entry.value().shown() + "\"}";
                    fields.put(
                            entry.name(),
                            new JsonObject()
                                    .put("name", entry.name())
                                    .put("value", entry.value().shown())
                                    .put("parent", parent));
                    texts.add(field + "." + entry.name() + ": the foreign key cannot be resolved with '" + key
                            + "' for an existing '" + parent + "' entity");
                }
                return AdminError.coded(
                        400,
                        13,
                        "foreign keys unresolved",
                        "foreign key unresolved (" + String.join("; ", texts) + ")",
                        Map.of(field, new JsonObject(fields)));
            }
            ConfigNode id = value instanceof ConfigNode.Mapping mapping ? mapping.get("id") : value;
            String text = id == null ? "" : id.shown();
            if (value instanceof ConfigNode.Mapping && id != null && !Ids.isValid(text)) {
                return schema(List.of(Problem.error(id.at(field + ".id"), "expected a valid UUID")));
            }
            return AdminError.coded(
                    400,
                    4,
                    "foreign key violation",
                    "the foreign key '{id=\"" + text + "\"}' does not reference an existing '" + parent + "' entity.",
                    Map.of(field, new JsonObject().put("id", text)));
        }
        return null;
    }

    private static AdminError taken(EntityKind kind, String field, ConfigNode.Mapping said, DeclarativeConfig config) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (field.equals(kind.nameField()) || !kind.identity().contains(field)) {
            fields.put(field, text(said.get(field)));
        } else {
            for (String part : kind.identity().stream().sorted().toList()) {
                EntityKind other = null;
                for (EntityKind.Reference reference : kind.references()) {
                    other = reference.field().equals(part) ? reference.kind() : other;
                }
                ConfigNode value = said.get(part);
                if (part.equals("consumer_group") && (value == null || value.isNull())) {
                    continue; // as Kong printed it before there were groups
                }
                if (other == null || value == null || value.isNull()) {
                    fields.put(part, text(value));
                } else {
                    ConfigNode id = value instanceof ConfigNode.Mapping mapping
                            ? mapping.entries().iterator().next().value()
                            : value;
                    Entity found = config.locate(other, id.shown());
                    fields.put(part, new JsonObject().put("id", found == null ? id.shown() : found.id()));
                }
            }
        }
        return AdminError.coded(
                409,
                5,
                "unique constraint violation",
                "UNIQUE violation detected on '" + lua(new JsonObject(fields)) + "'",
                fields);
    }

    private static @Nullable Object text(@Nullable ConfigNode value) {
        return value instanceof ConfigNode.Scalar scalar && !scalar.isNull() ? scalar.text() : null;
    }

    /** As Kong prints a table. */
    static String lua(@Nullable Object value) {
        if (value instanceof JsonObject object) {
            StringBuilder text = new StringBuilder("{");
            object.forEach(entry -> {
                text.append(text.length() > 1 ? "," : "");
                text.append(entry.getKey().equals(ENTITY) ? "[\"" + ENTITY + "\"]" : entry.getKey())
                        .append('=')
                        .append(lua(entry.getValue()));
            });
            return text.append('}').toString();
        }
        if (value instanceof JsonArray array) {
            List<String> items = new ArrayList<>();
            array.forEach(item -> items.add(lua(item)));
            return "{" + String.join(",", items) + "}";
        }
        return value instanceof String text ? '"' + text + '"' : String.valueOf(value);
    }
}
