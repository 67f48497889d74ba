package io.gatehouse.core.schema;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The rules over several fields of a plugin's config. */
final class ConfigRules {
    private ConfigRules() {}

    /** Reports what a config breaks; whether it breaks nothing. */
    static boolean check(ConfigNode node, Record config, Consumer<Problem> sink) {
        RecordShape shape = RecordShape.of(config.getClass());
        NodeProblems problems = new NodeProblems(node, sink);
        Rule.Subject subject = new Rule.Subject() {
            @Override
            public String prefix() {
                return "config.";
            }

            @Override
            public boolean isSet(String field) {
                Object value = value(field);
                return value != null
                        && !value.equals("")
                        && !(value instanceof Collection<?> many && many.isEmpty())
                        && !(value instanceof Map<?, ?> named && named.isEmpty());
            }

            @Override
            public @Nullable Object value(String field) {
                return shape.value(config, field);
            }

            @Override
            public void broken(String message, List<String> fields) {
                problems.add("", message);
            }

            @Override
            public void brokenAt(String field, String message, String because) {
                problems.add(field, message);
            }
        };
        Rule.check(shape.rules(), subject);
        return problems.count() == 0;
    }
}
