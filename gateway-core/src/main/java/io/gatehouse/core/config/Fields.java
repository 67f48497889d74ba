package io.gatehouse.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one entity in Kong's words for what is wrong, and remembers whether anything was. */
final class Fields {
    private final ConfigNode.Mapping node;
    private final Consumer<Problem> sink;
    private boolean failed;

    Fields(EntityKind kind, ConfigNode.Mapping node, Consumer<Problem> sink) {
        this.node = node;
        this.sink = sink;
        for (ConfigNode.Entry entry : node.entries()) {
            String name = entry.name();
            if (kind.knows(name)) {
                continue;
            }
            if (!kind.isNotBuilt(name)) {
                String hint = Nearest.hint(name, kind.supported());
                fail(Problem.error(
                        entry.location(),
                        entry.value().path(),
                        "unknown field",
                        hint != null ? hint : "supported: " + String.join(", ", kind.supported())));
            } else if (!isEmpty(entry.value())) {
                fail(Problem.error(
                        entry.location(),
                        entry.value().path(),
                        "valid in Kong but not built here",
                        "supported: " + String.join(", ", kind.supported())));
            }
        }
    }

    private static boolean isEmpty(ConfigNode value) {
        return value.isNull()
                || (value instanceof ConfigNode.Sequence sequence
                        && sequence.items().isEmpty());
    }

    ConfigNode.Mapping node() {
        return node;
    }

    boolean failed() {
        return failed;
    }

    /** Without a problem: what is wrong was reported elsewhere. */
    void markFailed() {
        failed = true;
    }

    void fail(Problem problem) {
        failed = true;
        sink.accept(problem);
    }

    void fail(ConfigNode at, String message) {
        fail(Problem.error(at, message));
    }

    /** A field that is there and not null. */
    @Nullable
    ConfigNode value(String name) {
        ConfigNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    ConfigNode.@Nullable Scalar string(String name) {
        ConfigNode value = value(name);
        return value == null ? null : string(value, false);
    }

    ConfigNode.@Nullable Scalar string(ConfigNode value) {
        return string(value, false);
    }

    ConfigNode.@Nullable Scalar requiredString(String name, boolean secret) {
        ConfigNode value = value(name);
        if (value == null) {
            missing(name);
            return null;
        }
        ConfigNode.Scalar text = string(value, secret);
        if (text != null && text.text().isEmpty()) {
            fail(text, "length must be at least 1");
            return null;
        }
        return text;
    }

    void missing(String name) {
        fail(Problem.error(node.location(), ConfigNode.child(node.path(), name), "required field missing", null));
    }

    private ConfigNode.@Nullable Scalar string(ConfigNode value, boolean secret) {
        if (value instanceof ConfigNode.Scalar scalar) {
            if (scalar.unresolved()) {
                failed = true;
                return null;
            }
            if (scalar.type() == ConfigNode.Type.STRING) {
                return scalar;
            }
            String got = secret ? scalar.kind() : scalar.shown();
            fail(Problem.error(scalar, "expected a string (got " + got + ")", "put it in quotes"));
            return null;
        }
        fail(value, "expected a string (got " + value.shown() + ")");
        return null;
    }

    String oneOf(String name, String otherwise, List<String> allowed) {
        ConfigNode.Scalar text = string(name);
        if (text == null) {
            return otherwise;
        }
        if (!allowed.contains(text.text())) {
            fail(Problem.error(
                    text,
                    "expected one of: " + String.join(", ", allowed) + " (got " + text.shown() + ")",
                    Nearest.hint(text.shown(), allowed)));
        }
        return text.text();
    }

    boolean bool(String name, boolean otherwise) {
        Boolean value = bool(name);
        return value == null ? otherwise : value;
    }

    @Nullable
    Boolean bool(String name) {
        ConfigNode value = value(name);
        if (value == null || isUnresolved(value)) {
            return null;
        }
        Boolean bool = value instanceof ConfigNode.Scalar scalar ? scalar.asBoolean() : null;
        if (bool == null) {
            fail(value, "expected a boolean (got " + value.shown() + ")");
        }
        return bool;
    }

    int integer(String name, int otherwise, int min, int max) {
        ConfigNode value = value(name);
        if (value == null || isUnresolved(value)) {
            return otherwise;
        }
        Long number = value instanceof ConfigNode.Scalar scalar ? scalar.asLong() : null;
        if (number == null) {
            fail(value, "expected an integer (got " + value.shown() + ")");
            return otherwise;
        }
        if (number < min || number > max) {
            fail(value, "value should be between " + min + " and " + max + " (got " + value.shown() + ")");
            return otherwise;
        }
        return number.intValue();
    }

    /** The strings of a list; null elements and other types are reported and left out. */
    List<ConfigNode.Scalar> strings(String name) {
        ConfigNode value = value(name);
        return value == null ? List.of() : strings(value);
    }

    List<ConfigNode.Scalar> strings(ConfigNode value) {
        if (!(value instanceof ConfigNode.Sequence sequence)) {
            if (!isUnresolved(value)) {
                fail(value, "expected an array (got " + value.shown() + ")");
            }
            return List.of();
        }
        List<ConfigNode.Scalar> strings = new ArrayList<>(sequence.items().size());
        for (ConfigNode item : sequence.items()) {
            ConfigNode.Scalar text = string(item, false);
            if (text != null) {
                strings.add(text);
            }
        }
        return strings;
    }

    /** The maps of a list. */
    List<ConfigNode.Mapping> mappings(String name) {
        ConfigNode value = value(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof ConfigNode.Sequence sequence)) {
            if (!isUnresolved(value)) {
                fail(value, "expected an array (got " + value.shown() + ")");
            }
            return List.of();
        }
        List<ConfigNode.Mapping> mappings = new ArrayList<>(sequence.items().size());
        for (ConfigNode item : sequence.items()) {
            if (item instanceof ConfigNode.Mapping mapping) {
                mappings.add(mapping);
            } else if (!isUnresolved(item)) {
                fail(item, "expected a record (got " + item.shown() + ")");
            }
        }
        return mappings;
    }

    private boolean isUnresolved(ConfigNode value) {
        boolean unresolved = value instanceof ConfigNode.Scalar scalar && scalar.unresolved();
        failed |= unresolved;
        return unresolved;
    }

    static List<String> texts(List<ConfigNode.Scalar> nodes) {
        List<String> texts = new ArrayList<>(nodes.size());
        for (ConfigNode.Scalar node : nodes) {
            texts.add(node.text());
        }
        return texts;
    }
}
