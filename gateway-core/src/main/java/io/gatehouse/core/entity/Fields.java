package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the fields at the root of a file in Kong's words for what is wrong. */
final class Fields {
    private final ConfigNode.Mapping node;
    private final Consumer<Problem> sink;

    Fields(ConfigNode.Mapping node, Consumer<Problem> sink) {
        this.node = node;
        this.sink = sink;
    }

    ConfigNode.Mapping node() {
        return node;
    }

    void fail(Problem problem) {
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
        return value == null ? null : string(value);
    }

    ConfigNode.@Nullable Scalar string(ConfigNode value) {
        if (value instanceof ConfigNode.Scalar scalar) {
            if (scalar.unresolved()) {
                return null;
            }
            if (scalar.type() == ConfigNode.Type.STRING) {
                return scalar;
            }
            fail(Problem.error(scalar, "expected a string (got " + scalar.shown() + ")", "put it in quotes"));
            return null;
        }
        fail(value, "expected a string (got " + value.shown() + ")");
        return null;
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

    /** The strings of a list; null elements and other types are reported and left out. */
    List<ConfigNode.Scalar> strings(ConfigNode value) {
        if (!(value instanceof ConfigNode.Sequence sequence)) {
            if (!isUnresolved(value)) {
                fail(value, "expected an array (got " + value.shown() + ")");
            }
            return List.of();
        }
        List<ConfigNode.Scalar> strings = new ArrayList<>(sequence.items().size());
        for (ConfigNode item : sequence.items()) {
            ConfigNode.Scalar text = string(item);
            if (text != null) {
                strings.add(text);
            }
        }
        return strings;
    }

    private static boolean isUnresolved(ConfigNode value) {
        return value instanceof ConfigNode.Scalar scalar && scalar.unresolved();
    }
}
