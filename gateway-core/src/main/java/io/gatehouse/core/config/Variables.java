package io.gatehouse.core.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The {@code variables:} block of the form that the how-tos print, and the <code>${name}</code> that uses it. A
 * file sees its own variables first, then those of the other files.
 */
public final class Variables {
    private static final Pattern USE = Pattern.compile("\\$\\{([^{}]*)\\}");
    private static final Pattern ENVIRONMENT =
            Pattern.compile("\\$(?:([A-Za-z_][A-Za-z0-9_]*)|\\{([A-Za-z_][A-Za-z0-9_]*)\\})");
    private static final Set<String> FIELDS = Set.of("value", "description");

    /**
     * One variable.
     *
     * @param value null when it could not be obtained, which was reported
     */
    public record Variable(String name, @Nullable String value, String definition, Location location) {}

    private final Map<String, Variable> own;
    private final Map<String, Variable> all;
    private final Consumer<Problem> sink;

    /**
     * The variables that hold in one file.
     *
     * @param own those of the file itself
     * @param all those of all files
     */
    public Variables(Map<String, Variable> own, Map<String, Variable> all, Consumer<Problem> sink) {
        this.own = own;
        this.all = all;
        this.sink = sink;
    }

    /** Reads a {@code variables:} block. */
    public static Map<String, Variable> read(
            @Nullable ConfigNode node, Environment environment, Consumer<Problem> sink) {
        Map<String, Variable> variables = new LinkedHashMap<>();
        if (node == null || node.isNull()) {
            return variables;
        }
        if (!(node instanceof ConfigNode.Mapping mapping)) {
            sink.accept(Problem.error(node, "expected a map (got " + node.shown() + ")"));
            return variables;
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            variables.put(entry.name(), variable(entry, environment, sink));
        }
        return variables;
    }

    private static Variable variable(ConfigNode.Entry entry, Environment environment, Consumer<Problem> sink) {
        Variable unknown = new Variable(entry.name(), null, "", entry.location());
        if (!(entry.value() instanceof ConfigNode.Mapping fields)) {
            sink.accept(Problem.error(
                    entry.value(),
                    "expected a map with 'value' (got " + entry.value().kind() + ")"));
            return unknown;
        }
        for (ConfigNode.Entry field : fields.entries()) {
            if (!FIELDS.contains(field.name())) {
                sink.accept(Problem.error(
                        field.location(), field.value().path(), "unknown field", Nearest.hint(field.name(), FIELDS)));
            }
        }
        ConfigNode value = fields.get("value");
        if (!(value instanceof ConfigNode.Scalar scalar) || value.isNull()) {
            sink.accept(
                    value == null || value.isNull()
                            ? Problem.error(
                                    entry.location(),
                                    ConfigNode.child(fields.path(), "value"),
                                    "required field missing",
                                    null)
                            : Problem.error(value, "expected a string (got " + value.kind() + ")"));
            return unknown;
        }
        if (scalar.unresolved()) {
            return unknown;
        }
        Matcher reference = ENVIRONMENT.matcher(scalar.text());
        if (!reference.matches()) {
            return new Variable(entry.name(), scalar.text(), scalar.text(), entry.location());
        }
        String name = reference.group(1) != null ? reference.group(1) : reference.group(2);
        String found = environment.get(name);
        if (found == null) {
            sink.accept(Problem.error(scalar, "environment variable " + name + " is not set"));
        }
        return new Variable(entry.name(), found, scalar.text(), entry.location());
    }

    /** The same tree with every use replaced. */
    public ConfigNode substitute(ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            List<ConfigNode.Entry> entries = new ArrayList<>();
            for (ConfigNode.Entry entry : mapping.entries()) {
                entries.add(new ConfigNode.Entry(entry.name(), entry.location(), substitute(entry.value())));
            }
            return new ConfigNode.Mapping(mapping.location(), mapping.path(), entries);
        }
        if (node instanceof ConfigNode.Sequence sequence) {
            List<ConfigNode> items = new ArrayList<>();
            for (ConfigNode item : sequence.items()) {
                items.add(substitute(item));
            }
            return new ConfigNode.Sequence(sequence.location(), sequence.path(), items);
        }
        return substitute((ConfigNode.Scalar) node);
    }

    private ConfigNode substitute(ConfigNode.Scalar scalar) {
        String text = scalar.text();
        if (text.indexOf("${") < 0) {
            return scalar;
        }
        Matcher use = USE.matcher(text);
        StringBuilder replaced = new StringBuilder();
        boolean unresolved = scalar.unresolved();
        int copied = 0;
        while (use.find()) {
            String name = use.group(1);
            Variable variable = own.get(name);
            if (variable == null) {
                variable = all.get(name);
            }
            replaced.append(text, copied, use.start());
            copied = use.end();
            if (variable == null) {
                sink.accept(Problem.error(scalar, "unknown variable '" + name + "'", Nearest.hint(name, all.keySet())));
                unresolved = true;
            } else if (variable.value() == null) {
                unresolved = true;
            } else {
                replaced.append(variable.value());
            }
        }
        if (copied == 0) {
            return scalar;
        }
        replaced.append(text, copied, text.length());
        // What a variable holds is always a string, so that a key of digits stays a key.
        return new ConfigNode.Scalar(
                scalar.location(),
                scalar.path(),
                replaced.toString(),
                scalar.source(),
                ConfigNode.Type.STRING,
                unresolved);
    }
}
