package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What every entity, and the root of a file, may have without a meaning here: only its type is checked. */
final class Common {
    /** When an entity was made and when it was changed last, in seconds since 1970. */
    static final List<String> TIMES = List.of("created_at", "updated_at");

    private static final Set<String> NAMES = Set.of("created_at", "updated_at", "_comment", "_ignore");

    private Common() {}

    static boolean knows(String field) {
        return NAMES.contains(field);
    }

    static void check(ConfigNode.Mapping node, Consumer<Problem> sink) {
        for (ConfigNode.Entry entry : node.entries()) {
            ConfigNode value = entry.value();
            if (value.isNull() || !knows(entry.name())) {
                continue;
            }
            switch (entry.name()) {
                case "_comment" -> {
                    if (!(value instanceof ConfigNode.Scalar text) || text.type() != ConfigNode.Type.STRING) {
                        wrong(value, "a string", sink);
                    }
                }
                case "_ignore" -> {
                    if (!(value instanceof ConfigNode.Sequence)) {
                        wrong(value, "an array", sink);
                    }
                }
                default -> {
                    if (!(value instanceof ConfigNode.Scalar number) || number.asLong() == null) {
                        wrong(value, "an integer", sink);
                    }
                }
            }
        }
    }

    private static void wrong(ConfigNode value, String expected, Consumer<Problem> sink) {
        sink.accept(Problem.error(value, "expected " + expected + " (got " + value.shown() + ")"));
    }
}
