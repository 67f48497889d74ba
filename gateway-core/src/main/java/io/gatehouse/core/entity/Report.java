package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.schema.Rule;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the rules of a kind find wrong with one entity, and says where it stands. As in Kong, a rule over several
 * fields is passed over when one of them is wrong by itself. Used by one thread.
 */
final class Report {
    private final ConfigNode.Mapping given;
    private final ConfigNode.Mapping entity;
    private final LoadOptions options;
    private final Set<String> failed;
    private final Consumer<Problem> sink;

    /**
     * Problems of one entity.
     *
     * @param given what the file says, with what is not built
     * @param entity what the record was bound from
     * @param failed the fields that are wrong by themselves; grows with what is found
     */
    Report(
            ConfigNode.Mapping given,
            ConfigNode.Mapping entity,
            LoadOptions options,
            Set<String> failed,
            Consumer<Problem> sink) {
        this.given = given;
        this.entity = entity;
        this.options = options;
        this.failed = failed;
        this.sink = sink;
    }

    LoadOptions options() {
        return options;
    }

    /** Whether the file says something about the field that is not null. */
    boolean has(String field) {
        ConfigNode said = given.get(field);
        return node(field) != null || (said != null && !said.isNull());
    }

    /** Whether a field has a value; an empty list is none, since dumps have such. */
    boolean isSet(String field) {
        ConfigNode node = node(field);
        return node != null
                && !(node instanceof ConfigNode.Sequence list && list.items().isEmpty());
    }

    /** What rules over several fields are checked on. */
    Rule.Subject of(Record record) {
        RecordShape shape = RecordShape.of(record.getClass());
        return new Rule.Subject() {
            @Override
            public String prefix() {
                return "";
            }

            @Override
            public boolean isSet(String field) {
                return Report.this.isSet(field);
            }

            @Override
            public @Nullable Object value(String field) {
                return shape.value(record, field);
            }

            @Override
            public void broken(String message, List<String> fields) {
                entity(message, fields.toArray(String[]::new));
            }

            @Override
            public void brokenAt(String field, String message, String because) {
                at(field, message, because);
            }
        };
    }

    /** Checks each text in a field, however deep; the check yields what is wrong. */
    void each(String path, Function<String, @Nullable String> check) {
        if (!isGood(path)) {
            return;
        }
        ConfigNode node = node(path);
        if (node != null) {
            each(node, check, path);
        }
    }

    private void each(ConfigNode node, Function<String, @Nullable String> check, String path) {
        if (node instanceof ConfigNode.Sequence sequence) {
            sequence.items().forEach(item -> each(item, check, path));
        } else if (node instanceof ConfigNode.Mapping mapping) {
            mapping.entries().forEach(entry -> each(entry.value(), check, path));
        } else if (node instanceof ConfigNode.Scalar scalar && !scalar.unresolved() && !scalar.isNull()) {
            String wrong = check.apply(scalar.text());
            if (wrong != null) {
                add(path, Problem.error(scalar, shown(wrong, scalar)));
            }
        }
    }

    private static String shown(String wrong, ConfigNode.Scalar scalar) {
        return wrong.contains(Checks.VALUE)
                ? wrong.replace(Checks.VALUE, scalar.shown())
                : wrong + " (got " + scalar.shown() + ")";
    }

    /** Checks each key of a map. */
    void eachKey(String path, Function<String, @Nullable String> check) {
        if (isGood(path) && node(path) instanceof ConfigNode.Mapping mapping) {
            for (ConfigNode.Entry entry : mapping.entries()) {
                String wrong = check.apply(entry.name());
                if (wrong != null) {
                    add(path, Problem.error(entry.location(), entry.value().path(), wrong, null));
                }
            }
        }
    }

    /** A rule that is broken at a field, if that and the others are good by themselves. */
    void at(String path, String message, String... others) {
        advise(path, message, null, others);
    }

    /** The same, also where the field is wrong by itself, such as a reference that leads nowhere. */
    void anyway(String path, String message) {
        ConfigNode node = node(path);
        ConfigNode said = node != null ? node : given.get(path);
        ConfigNode at = said != null ? said : entity;
        add(path, Problem.error(at.location(), ConfigNode.child(entity.path(), path), message, null));
    }

    /** The same with advice. */
    void advise(String path, String message, @Nullable String hint, String... others) {
        if (isGood(path) && isGood(others)) {
            ConfigNode node = node(path);
            add(
                    path,
                    node != null
                            ? Problem.error(node, message, hint)
                            : Problem.error(entity.location(), ConfigNode.child(entity.path(), path), message, hint));
        }
    }

    /** A rule over several fields that is broken, if they are good by themselves. */
    void entity(String message, String... fields) {
        if (isGood(fields)) {
            add("", Problem.error(entity, message));
        }
    }

    /** A rule over the whole entity that a text in it breaks: it is told where the text stands. */
    void entityBy(String field, Function<String, @Nullable String> check) {
        if (isGood(field) && node(field) instanceof ConfigNode.Scalar scalar && !scalar.unresolved()) {
            String wrong = check.apply(scalar.text());
            if (wrong != null) {
                add("", Problem.error(scalar.location(), entity.path(), shown(wrong, scalar), null));
            }
        }
    }

    /** A required field that this entity leaves out. */
    void missing(String field) {
        if (isGood(field)) {
            add(
                    field,
                    Problem.error(
                            entity.location(), ConfigNode.child(entity.path(), field), "required field missing", null));
        }
    }

    private void add(String path, Problem problem) {
        failed.add(top(path));
        sink.accept(problem);
    }

    private boolean isGood(String... paths) {
        for (String path : paths) {
            if (failed.contains(top(path))) {
                return false;
            }
        }
        return true;
    }

    private static String top(String path) {
        int dot = path.indexOf('.');
        return dot < 0 ? path : path.substring(0, dot);
    }

    @Nullable
    ConfigNode node(String path) {
        ConfigNode node = entity;
        for (String name : path.split("\\.", -1)) {
            node = node instanceof ConfigNode.Mapping mapping ? mapping.get(name) : null;
            if (node == null || node.isNull()) {
                return null;
            }
        }
        return node;
    }
}
