package io.gatehouse.core.entity;

import io.gatehouse.core.schema.PluginReference;
import io.gatehouse.core.schema.RecordShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The reference page of entities, in Markdown, from {@link EntityKind} and the records it names. Stateless. */
public final class EntityReferencePage {
    private EntityReferencePage() {}

    /** All kinds on one page. */
    public static String markdown() {
        StringBuilder page = new StringBuilder("# Entities\n\n<!-- Generated from EntityKind; do not edit. -->\n\n");
        page.append(
                "Every entity may have `created_at`, `updated_at`, `_comment` and `_ignore`, which mean nothing here.\n");
        for (EntityKind kind : EntityKind.values()) {
            page.append("\n## ").append(kind.plural()).append("\n\n").append(markdown(kind));
        }
        return page.toString();
    }

    /** One kind. */
    public static String markdown(EntityKind kind) {
        RecordShape shape = RecordShape.of(kind.type());
        StringBuilder text = new StringBuilder();
        if (shape.doc() != null) {
            text.append(shape.doc()).append("\n\n");
        }
        line(text, "Unique", unique(kind));
        line(
                text,
                "Refers to",
                names(kind.references(), reference -> reference.kind().plural()));
        line(text, "May contain", names(kind.children(), EntityKind::plural));
        line(text, "Not built, refused by name", names(new TreeSet<>(shape.notBuilt()), name -> name));
        return text.append('\n').append(PluginReference.table(kind.type(), "")).toString();
    }

    private static List<String> unique(EntityKind kind) {
        Set<String> unique = new TreeSet<>(kind.unique());
        if (kind.nameField() != null) {
            unique.add(kind.nameField());
        }
        List<String> shown = new ArrayList<>(names(unique, name -> name));
        List<String> identity = kind.identity();
        if (!identity.isEmpty() && !(identity.size() == 1 && unique.contains(identity.get(0)))) {
            shown.add(String.join(" with ", names(identity, name -> name)));
        }
        return shown;
    }

    private static <T> List<String> names(Iterable<T> values, Function<T, String> name) {
        List<String> names = new ArrayList<>();
        values.forEach(value -> names.add("`" + name.apply(value) + "`"));
        return names;
    }

    private static void line(StringBuilder text, String what, List<String> names) {
        if (!names.isEmpty()) {
            text.append("- ")
                    .append(what)
                    .append(": ")
                    .append(String.join(", ", names))
                    .append('\n');
        }
    }
}
