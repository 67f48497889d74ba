package io.gatehouse.core.schema;

import io.gatehouse.core.config.Compat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/** The reference page of a plugin, in Markdown, from its configuration record. Stateless. */
public final class PluginReference {
    private PluginReference() {}

    /**
     * The page.
     *
     * @param name the plugin's name in the file
     * @param type its configuration record
     * @throws IllegalArgumentException when the record is not fit to be a config
     */
    public static String markdown(String name, Class<? extends Record> type) {
        RecordShape shape = RecordShape.of(type);
        StringBuilder page = new StringBuilder();
        page.append("# ").append(name).append("\n\n");
        page.append("<!-- Generated from ").append(type.getSimpleName()).append("; do not edit. -->\n\n");
        if (shape.doc() != null) {
            page.append(shape.doc()).append("\n\n");
        }
        if (shape.components().isEmpty()) {
            return page.append("This plugin has no settings.\n").toString();
        }
        page.append(table(type, "config"));
        List<String> secrets = new ArrayList<>();
        secrets(secrets, shape, "config", List.of());
        if (!secrets.isEmpty()) {
            page.append("\nFields that may hold a vault reference such as `{vault://env/my-secret}`: ");
            page.append(String.join(", ", secrets)).append(".\n");
        }
        differences(page, name, type);
        return page.toString();
    }

    /**
     * The fields of a record, without a page around them.
     *
     * @param path what stands before their names; empty for nothing
     */
    public static String table(Class<? extends Record> type, String path) {
        StringBuilder table =
                new StringBuilder("| Field | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n");
        rows(table, RecordShape.of(type), path, List.of());
        return table.toString();
    }

    private static void differences(StringBuilder page, String name, Class<? extends Record> type) {
        List<String> fields = new ArrayList<>();
        List<String> values = new ArrayList<>();
        notBuilt(fields, values, RecordShape.of(type), "config", List.of());
        List<KongDifferences.Difference> differences = KongDifferences.of(name, type);
        if (fields.isEmpty() && values.isEmpty() && differences.isEmpty()) {
            return;
        }
        page.append("\n## Where Kong differs\n");
        if (!fields.isEmpty()) {
            page.append("\nKong's fields that are not built, and refused by name: ");
            page.append(String.join(", ", fields)).append(".\n");
        }
        if (!values.isEmpty()) {
            page.append("\nKong's values that are not built, and refused by name:\n\n");
            values.forEach(line -> page.append("- ").append(line).append('\n'));
        }
        if (!differences.isEmpty()) {
            page.append("\n| Field | What | Kong 3.15 | Here | Why |\n|---|---|---|---|---|\n");
            for (KongDifferences.Difference one : differences) {
                page.append("| `").append(one.field()).append("` | ").append(one.fact());
                page.append(" | ").append(cell(one.kong())).append(" | ").append(cell(one.here()));
                page.append(" | ").append(cell(one.why())).append(" |\n");
            }
        }
    }

    private static void notBuilt(
            List<String> fields, List<String> values, RecordShape shape, String path, List<Class<?>> outer) {
        if (outer.contains(shape.type())) {
            return;
        }
        List<Class<?>> nesting = new ArrayList<>(outer);
        nesting.add(shape.type());
        for (String missing : new TreeSet<>(shape.notBuilt())) {
            fields.add("`" + path + "." + missing + "`");
        }
        for (RecordShape.Component component : shape.components()) {
            String own = path + "." + component.name + suffix(component.shape);
            if (!component.notBuilt.isEmpty()) {
                values.add("`" + own + "`: `" + String.join("`, `", new TreeSet<>(component.notBuilt)) + "`");
            }
            if (RecordShape.Component.leaf(component.shape) instanceof RecordShape.Nested nested) {
                notBuilt(fields, values, nested.shape(), own, nesting);
            }
        }
    }

    private static void rows(StringBuilder page, RecordShape shape, String path, List<Class<?>> outer) {
        if (outer.contains(shape.type())) {
            return;
        }
        List<Class<?>> nesting = new ArrayList<>(outer);
        nesting.add(shape.type());
        for (RecordShape.Component component : shape.components()) {
            String own = path.isEmpty() ? component.name : path + "." + component.name;
            page.append("| `").append(own).append("` | ").append(type(component.shape));
            page.append(" | ").append(standard(component)).append(" | ").append(allowed(component));
            page.append(" | ")
                    .append(cell(Objects.requireNonNullElse(component.doc, "")))
                    .append(" |\n");
            if (RecordShape.Component.leaf(component.shape) instanceof RecordShape.Nested nested) {
                rows(page, nested.shape(), own + suffix(component.shape), nesting);
            }
        }
    }

    private static void secrets(List<String> found, RecordShape shape, String path, List<Class<?>> outer) {
        if (outer.contains(shape.type())) {
            return;
        }
        List<Class<?>> nesting = new ArrayList<>(outer);
        nesting.add(shape.type());
        for (RecordShape.Component component : shape.components()) {
            String own = path + "." + component.name + suffix(component.shape);
            if (component.referenceable) {
                found.add("`" + own + "`");
            }
            if (RecordShape.Component.leaf(component.shape) instanceof RecordShape.Nested nested) {
                secrets(found, nested.shape(), own, nesting);
            }
        }
    }

    private static String suffix(RecordShape.Shape shape) {
        if (shape instanceof RecordShape.Many many) {
            return "[]" + suffix(many.element());
        }
        return shape instanceof RecordShape.Named named ? ".*" + suffix(named.value()) : "";
    }

    private static String type(RecordShape.Shape shape) {
        if (shape instanceof RecordShape.Many many) {
            return (many.unique() ? "set of " : "list of ") + type(many.element());
        }
        if (shape instanceof RecordShape.Named named) {
            return "map of " + type(named.value());
        }
        if (shape instanceof RecordShape.Nested) {
            return "record";
        }
        if (shape instanceof RecordShape.Choice) {
            return "string";
        }
        return shape == RecordShape.Scalar.SECRET ? "string (secret)" : ((RecordShape.Scalar) shape).word();
    }

    private static String standard(RecordShape.Component component) {
        if (component.required) {
            return "required";
        }
        Object standard = component.standard(Compat.UNSET);
        if (standard == null || RecordShape.Component.leaf(component.shape) == RecordShape.Scalar.SECRET) {
            return "";
        }
        String text = code(JsonSchema.plain(standard, component.shape));
        Object older = component.standard(Compat.KONG_3_10);
        return older == null || older.equals(standard)
                ? text
                : text + ", " + code(JsonSchema.plain(older, component.shape)) + " with `compat: \"3.10\"`";
    }

    private static String code(Object value) {
        if (value instanceof Collection<?> values) {
            List<String> texts = new ArrayList<>();
            for (Object one : values) {
                texts.add(String.valueOf(one));
            }
            return "`[" + cell(String.join(", ", texts)) + "]`";
        }
        return "`" + cell(value instanceof Double number ? RecordBinder.plain(number) : String.valueOf(value)) + "`";
    }

    private static String allowed(RecordShape.Component component) {
        List<String> rules = new ArrayList<>();
        Collection<String> choices = RecordShape.Component.leaf(component.shape) instanceof RecordShape.Choice choice
                ? choice.constants().keySet()
                : component.oneOf;
        for (String choice : choices) {
            rules.add("`" + cell(choice) + "`");
        }
        if (component.range != null) {
            double min = component.range.min();
            double max = component.range.max();
            rules.add(
                    Double.isInfinite(max)
                            ? "at least " + RecordBinder.plain(min)
                            : Double.isInfinite(min)
                                    ? "at most " + RecordBinder.plain(max)
                                    : RecordBinder.plain(min) + " to " + RecordBinder.plain(max));
        }
        if (component.length != null) {
            int max = component.length.max();
            rules.add(
                    max == Integer.MAX_VALUE
                            ? "length at least " + component.length.min()
                            : "length " + component.length.min() + " to " + max);
        }
        if (component.pattern != null) {
            rules.add("`" + cell(component.pattern.pattern()) + "`");
        }
        return String.join(", ", rules);
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }
}
