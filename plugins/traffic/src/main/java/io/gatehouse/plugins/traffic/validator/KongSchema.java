package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A schema in the language of Kong's own entities: a list of fields, {@code [{"name": {"type": "string", "required":
 * true}}]}. Fields that it does not name are violations, null is as good as absent, and a text has at least one character
 * unless {@code len_min} says otherwise. Texts of violations are Kong's.
 *
 * <p>Source: the reference of Kong's request-validator plugin, and Kong's public schema library.
 */
final class KongSchema implements Check {
    private static final int MAX_VIOLATIONS = 20;
    private static final Set<String> WITHOUT_EFFECT = Set.of("description", "format");

    private final Field root;

    private KongSchema(Field root) {
        this.root = root;
    }

    /**
     * Reads a schema.
     *
     * @throws IllegalArgumentException when it is none; the message names the field of the schema
     */
    static KongSchema of(JsonNode schema) {
        return new KongSchema(new Field(Type.RECORD, true, List.of(), null, null, fields(schema, "")));
    }

    @Override
    public List<Violation> violations(JsonNode value) {
        List<Violation> found = new ArrayList<>();
        root.check(value, "", found);
        return found;
    }

    private enum Type {
        STRING("a string"),
        NUMBER("a number"),
        INTEGER("an integer"),
        BOOLEAN("a boolean"),
        ARRAY("an array"),
        SET("a set"),
        MAP("a map"),
        RECORD("a record");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        boolean isOf(JsonNode value) {
            return switch (this) {
                case STRING -> value.isTextual();
                case NUMBER -> value.isNumber();
                case INTEGER -> value.isNumber() && isWhole(value);
                case BOOLEAN -> value.isBoolean();
                case ARRAY, SET -> value.isArray();
                case MAP, RECORD -> value.isObject();
            };
        }

        private static boolean isWhole(JsonNode number) {
            return number.isIntegralNumber()
                    || number.decimalValue().stripTrailingZeros().scale() <= 0;
        }
    }

    /** A rule for a value of the right type. */
    private record Rule(Predicate<JsonNode> holds, String message) {}

    private record Field(
            Type type,
            boolean required,
            List<Rule> rules,
            @Nullable Field keys,
            @Nullable Field elements,
            Map<String, Field> fields) {
        void check(@Nullable JsonNode value, String path, List<Violation> found) {
            if (found.size() >= MAX_VIOLATIONS) {
                return;
            }
            if (value == null || value.isNull()) {
                if (required) {
                    found.add(new Violation(path, "required field missing"));
                }
                return;
            }
            if (!type.isOf(value)) {
                found.add(new Violation(path, "expected " + type.text));
                return;
            }
            for (Rule rule : rules) {
                if (!rule.holds.test(value)) {
                    found.add(new Violation(path, rule.message));
                }
            }
            switch (type) {
                case ARRAY, SET -> checkElements(value, path, found);
                case MAP -> checkEntries(value, path, found);
                case RECORD -> checkFields(value, path, found);
                default -> {}
            }
        }

        private void checkElements(JsonNode value, String path, List<Violation> found) {
            Set<JsonNode> seen = new HashSet<>();
            for (int i = 0; i < value.size() && found.size() < MAX_VIOLATIONS; i++) {
                JsonNode element = value.get(i);
                if (type == Type.SET && !seen.add(element)) {
                    found.add(new Violation(path + "/" + i, "expected a value that the set does not have yet"));
                }
                if (elements != null) {
                    elements.check(element, path + "/" + i, found);
                }
            }
        }

        private void checkEntries(JsonNode value, String path, List<Violation> found) {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                if (keys != null) {
                    keys.check(
                            Json.MAPPER.getNodeFactory().textNode(entry.getKey()), below(path, entry.getKey()), found);
                }
                if (elements != null) {
                    elements.check(entry.getValue(), below(path, entry.getKey()), found);
                }
            }
        }

        private void checkFields(JsonNode value, String path, List<Violation> found) {
            fields.forEach((name, field) -> field.check(value.get(name), below(path, name), found));
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                if (!fields.containsKey(entry.getKey()) && found.size() < MAX_VIOLATIONS) {
                    found.add(new Violation(below(path, entry.getKey()), "unknown field"));
                }
            }
        }

        private static String below(String path, String name) {
            return path + "/" + name.replace("~", "~0").replace("/", "~1");
        }
    }

    // ---- reading a schema

    private static Map<String, Field> fields(JsonNode list, String path) {
        if (!list.isArray()) {
            throw wrong(path, "expected: a list of fields, [{\"name\": {\"type\": \"string\"}}]");
        }
        Map<String, Field> fields = new LinkedHashMap<>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode entry = list.get(i);
            String place = path + "[" + i + "]";
            if (!entry.isObject() || entry.size() != 1) {
                throw wrong(place, "expected: an object with one field, {\"name\": {\"type\": \"string\"}}");
            }
            Map.Entry<String, JsonNode> only = entry.properties().iterator().next();
            if (fields.put(only.getKey(), field(only.getValue(), place + "." + only.getKey())) != null) {
                throw wrong(place, "the field '" + only.getKey() + "' stands twice");
            }
        }
        return fields;
    }

    private static Field field(JsonNode spec, String path) {
        if (!spec.isObject()) {
            throw wrong(path, "expected: an object with a 'type'");
        }
        Type type = type(spec.get("type"), path);
        boolean required = false;
        Field keys = null;
        Field elements = null;
        Map<String, Field> fields = Map.of();
        List<Rule> rules = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : spec.properties()) {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            String place = path + "." + name;
            boolean list = type == Type.ARRAY || type == Type.SET;
            switch (name) {
                case "type" -> {}
                case "required" -> required = bool(value, place);
                case "keys" -> keys = field(require(type == Type.MAP, value, place, "maps"), place);
                case "values" -> elements = field(require(type == Type.MAP, value, place, "maps"), place);
                case "elements" -> elements = field(require(list, value, place, "arrays and sets"), place);
                case "fields" -> fields = fields(require(type == Type.RECORD, value, place, "records"), place);
                default -> {
                    if (!WITHOUT_EFFECT.contains(name)) {
                        rules.add(rule(name, value, type, place));
                    }
                }
            }
        }
        if (type == Type.MAP && (keys == null || elements == null)) {
            throw wrong(path, "a map needs 'keys' and 'values'");
        }
        if ((type == Type.ARRAY || type == Type.SET) && elements == null) {
            throw wrong(path, "an array or set needs 'elements'");
        }
        if (type == Type.RECORD && !spec.has("fields")) {
            throw wrong(path, "a record needs 'fields'");
        }
        if (type == Type.STRING && !spec.has("len_min") && !spec.has("len_eq")) {
            rules.add(new Rule(value -> length(value) >= 1, "length must be at least 1"));
        }
        return new Field(type, required, List.copyOf(rules), keys, elements, fields);
    }

    private static Type type(@Nullable JsonNode name, String path) {
        if (name != null && name.isTextual()) {
            for (Type type : Type.values()) {
                if (type.name().equalsIgnoreCase(name.textValue())) {
                    return type;
                }
            }
        }
        throw wrong(
                path + ".type",
                (name == null ? "missing" : "got " + name)
                        + " (expected: string, number, integer, boolean, array, set, map or record)");
    }

    private static Rule rule(String name, JsonNode value, Type type, String path) {
        return switch (name) {
            case "between" -> between(value, path);
            case "gt" -> {
                BigDecimal bound = number(value, path);
                yield new Rule(
                        given -> given.isNumber() && given.decimalValue().compareTo(bound) > 0,
                        "value must be greater than " + text(value));
            }
            case "timestamp" ->
                flag(
                        value,
                        path,
                        new Rule(
                                given ->
                                        given.isNumber() && given.decimalValue().signum() > 0,
                                "expected a timestamp"));
            case "uuid" -> flag(value, path, new Rule(given -> isUuid(given.asText()), "expected a valid UUID"));
            case "len_eq" -> {
                long bound = number(value, path).longValue();
                yield new Rule(given -> length(given) == bound, "length must be " + bound);
            }
            case "len_min" -> {
                long bound = number(value, path).longValue();
                yield new Rule(given -> length(given) >= bound, "length must be at least " + bound);
            }
            case "len_max" -> {
                long bound = number(value, path).longValue();
                yield new Rule(given -> length(given) <= bound, "length must be at most " + bound);
            }
            case "eq" -> new Rule(given -> same(given, value), "value must be " + text(value));
            case "ne" -> new Rule(given -> !same(given, value), "value must not be " + text(value));
            case "one_of" -> {
                List<JsonNode> known = list(value, path);
                yield new Rule(
                        given -> known.stream().anyMatch(one -> same(given, one)), "expected one of: " + texts(known));
            }
            case "not_one_of" -> {
                List<JsonNode> known = list(value, path);
                yield new Rule(
                        given -> known.stream().noneMatch(one -> same(given, one)),
                        "must not be one of: " + texts(known));
            }
            case "contains" ->
                new Rule(
                        given -> {
                            for (JsonNode element : given) {
                                if (same(element, value)) {
                                    return true;
                                }
                            }
                            return false;
                        },
                        "expected to contain: " + text(value));
            case "starts_with" -> {
                String start = string(value, path);
                yield new Rule(given -> given.asText().startsWith(start), "should start with: " + start);
            }
            case "match" -> {
                Pattern pattern = pattern(value, path);
                yield new Rule(given -> all(given, pattern), "expected to match: " + value.textValue());
            }
            case "not_match" -> {
                Pattern pattern = pattern(value, path);
                yield new Rule(given -> none(given, pattern), "expected not to match: " + value.textValue());
            }
            case "match_all" -> {
                List<Pattern> patterns = patterns(value, path);
                yield new Rule(
                        given -> patterns.stream().allMatch(pattern -> all(given, pattern)),
                        "expected to match all of: " + value);
            }
            case "match_none" -> {
                List<Pattern> patterns = patterns(value, path);
                yield new Rule(
                        given -> patterns.stream().allMatch(pattern -> none(given, pattern)),
                        "expected to match none of: " + value);
            }
            case "match_any" -> {
                List<Pattern> patterns = patterns(value.has("patterns") ? value.get("patterns") : value, path);
                yield new Rule(
                        given -> patterns.stream().anyMatch(pattern -> any(given, pattern)),
                        "expected to match any of: " + value);
            }
            default ->
                throw wrong(
                        path,
                        "unknown attribute of a field of type " + type.name().toLowerCase(Locale.ROOT));
        };
    }

    private static Rule between(JsonNode value, String path) {
        if (!value.isArray() || value.size() != 2) {
            throw wrong(path, "got " + value + " (expected: two numbers)");
        }
        BigDecimal low = number(value.get(0), path);
        BigDecimal high = number(value.get(1), path);
        return new Rule(
                given -> given.isNumber()
                        && given.decimalValue().compareTo(low) >= 0
                        && given.decimalValue().compareTo(high) <= 0,
                "value should be between " + text(value.get(0)) + " and " + text(value.get(1)));
    }

    private static Rule flag(JsonNode value, String path, Rule rule) {
        return bool(value, path) ? rule : new Rule(given -> true, "");
    }

    // ---- the parts of rules

    private static boolean all(JsonNode given, Pattern pattern) {
        return given.isArray()
                ? elements(given).stream().allMatch(one -> all(one, pattern))
                : given.isTextual() && pattern.matcher(given.textValue()).find();
    }

    private static boolean any(JsonNode given, Pattern pattern) {
        return given.isArray() ? elements(given).stream().anyMatch(one -> all(one, pattern)) : all(given, pattern);
    }

    private static boolean none(JsonNode given, Pattern pattern) {
        return !any(given, pattern);
    }

    private static List<JsonNode> elements(JsonNode array) {
        List<JsonNode> elements = new ArrayList<>(array.size());
        array.forEach(elements::add);
        return elements;
    }

    /** In bytes for texts, as Lua has it. */
    private static int length(JsonNode value) {
        return value.isTextual() ? value.textValue().getBytes(StandardCharsets.UTF_8).length : value.size();
    }

    private static boolean same(JsonNode given, JsonNode known) {
        return given.isNumber() && known.isNumber()
                ? given.decimalValue().compareTo(known.decimalValue()) == 0
                : given.equals(known);
    }

    private static boolean isUuid(String text) {
        try {
            return text.length() == 36 && UUID.fromString(text).toString().equalsIgnoreCase(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String text(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private static String texts(List<JsonNode> values) {
        return values.stream().map(KongSchema::text).collect(Collectors.joining(", "));
    }

    private static JsonNode require(boolean right, JsonNode value, String path, String types) {
        if (!right) {
            throw wrong(path, "only " + types + " have it");
        }
        return value;
    }

    private static boolean bool(JsonNode value, String path) {
        if (!value.isBoolean()) {
            throw wrong(path, "got " + value + " (expected: true or false)");
        }
        return value.booleanValue();
    }

    private static BigDecimal number(JsonNode value, String path) {
        if (!value.isNumber()) {
            throw wrong(path, "got " + value + " (expected: a number)");
        }
        return value.decimalValue();
    }

    private static String string(JsonNode value, String path) {
        if (!value.isTextual()) {
            throw wrong(path, "got " + value + " (expected: a string)");
        }
        return value.textValue();
    }

    private static List<JsonNode> list(JsonNode value, String path) {
        if (!value.isArray() || value.isEmpty()) {
            throw wrong(path, "got " + value + " (expected: a list)");
        }
        return elements(value);
    }

    private static Pattern pattern(JsonNode value, String path) {
        try {
            return LuaPattern.compile(string(value, path));
        } catch (IllegalArgumentException e) {
            throw wrong(path, String.valueOf(e.getMessage()));
        }
    }

    /** One pattern, or a list of patterns or of Kong's records of a pattern and its error message. */
    private static List<Pattern> patterns(JsonNode value, String path) {
        if (value.isTextual()) {
            return List.of(pattern(value, path));
        }
        return list(value, path).stream()
                .map(one -> pattern(one.has("pattern") ? one.get("pattern") : one, path))
                .toList();
    }

    private static IllegalArgumentException wrong(String path, String message) {
        return new IllegalArgumentException((path.isEmpty() ? "" : path + ": ") + message);
    }
}
