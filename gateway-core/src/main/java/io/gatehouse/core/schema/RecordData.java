package io.gatehouse.core.schema;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A configuration record as data for JSON, in Kong's manner: every field is there, and one without a value is null. A
 * secret in a vault is its reference. Immutable.
 */
public final class RecordData {
    private static final String MASK = "***";

    private final Function<Secret, String> literal;

    private RecordData(Function<Secret, String> literal) {
        this.literal = literal;
    }

    /** With secrets as the configuration has them. */
    public static RecordData plain() {
        return new RecordData(Secret::value);
    }

    /** With three stars in place of each secret. */
    public static RecordData masked() {
        return new RecordData(secret -> MASK);
    }

    /**
     * All fields of a record.
     *
     * @param given what it was bound from, which tells an empty list from none; null when that is not known
     */
    public Map<String, @Nullable Object> of(Record record, @Nullable ConfigNode given) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        for (RecordShape.Component component : RecordShape.of(record.getClass()).components()) {
            data.put(component.name(), field(component, record, given));
        }
        return data;
    }

    /** One field of a record. */
    public @Nullable Object field(RecordShape.Component component, Record record, @Nullable ConfigNode given) {
        Object value = component.of(record);
        ConfigNode own = given instanceof ConfigNode.Mapping mapping ? mapping.get(component.name()) : null;
        boolean empty = (value instanceof Collection<?> items && items.isEmpty())
                || (value instanceof Map<?, ?> map && map.isEmpty());
        return empty && component.standard == null && (own == null || own.isNull())
                ? null
                : value(value, component.shape(), own);
    }

    private @Nullable Object value(@Nullable Object value, RecordShape.Shape shape, @Nullable ConfigNode given) {
        if (value == null) {
            return null;
        }
        if (value instanceof Secret secret) {
            String reference = secret.reference();
            return reference != null ? reference : literal.apply(secret);
        }
        if (value instanceof Record record) {
            return of(record, given);
        }
        if (value instanceof ConfigNode node) {
            return node.toData();
        }
        if (value instanceof Double number) {
            return number(number);
        }
        if (shape instanceof RecordShape.Many many && value instanceof Collection<?> items) {
            List<ConfigNode> nodes = given instanceof ConfigNode.Sequence sequence
                            && sequence.items().size() == items.size()
                    ? sequence.items()
                    : List.of();
            List<@Nullable Object> data = new ArrayList<>(items.size());
            for (Object item : items) {
                data.add(value(item, many.element(), nodes.isEmpty() ? null : nodes.get(data.size())));
            }
            return data;
        }
        if (shape instanceof RecordShape.Named named && value instanceof Map<?, ?> map) {
            ConfigNode.Mapping nodes = given instanceof ConfigNode.Mapping mapping ? mapping : null;
            Map<String, @Nullable Object> data = new LinkedHashMap<>();
            map.forEach((name, item) -> data.put(
                    String.valueOf(name),
                    value(item, named.value(), nodes == null ? null : nodes.get(String.valueOf(name)))));
            return data;
        }
        return JsonSchema.plain(value, shape);
    }

    /** Without a fraction that says nothing: clients read whole numbers. */
    static Object number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15 ? (Object) (long) number : (Object) number;
    }
}
