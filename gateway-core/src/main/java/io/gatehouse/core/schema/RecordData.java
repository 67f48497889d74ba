package io.gatehouse.core.schema;

import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.service.VaultReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration record as data for JSON, in Kong's manner: every field is there, and one without a value is null. A
 * secret in a vault is its reference. Immutable.
 */
public final class RecordData {
    private final boolean secrets;

    private RecordData(boolean secrets) {
        this.secrets = secrets;
    }

    /** With secrets as the configuration has them. */
    public static RecordData plain() {
        return new RecordData(true);
    }

    /** With three stars in place of each secret, and of each text that may be one. */
    public static RecordData masked() {
        return new RecordData(false);
    }

    /**
     * All fields of a record.
     *
     * @param given what it was bound from, which tells an empty list from none; null when that is not known
     */
    public Map<String, @Nullable Object> of(Record record, @Nullable ConfigNode given) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        RecordShape shape = RecordShape.of(record.getClass());
        ConfigNode named = given instanceof ConfigNode.Mapping mapping ? shape.withNewNames(mapping) : given;
        for (RecordShape.Component component : shape.components()) {
            data.put(component.name(), field(component, record, named));
        }
        if (named instanceof ConfigNode.Mapping mapping) {
            for (ConfigNode.Entry entry : mapping.entries()) {
                if (shape.isOff(entry)) { // or who sent it would see it missing for ever
                    data.put(entry.name(), tree(entry.value()));
                }
            }
        }
        return data;
    }

    private @Nullable Object field(RecordShape.Component component, Record record, @Nullable ConfigNode given) {
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
            return reference != null ? reference : secrets ? secret.value() : Credentials.MASK;
        }
        if (value instanceof Record record) {
            return of(record, given);
        }
        if (value instanceof ConfigNode node) {
            return tree(node);
        }
        if (value instanceof Double number) {
            return number(number);
        }
        if (given instanceof ConfigNode.Scalar scalar && VaultReference.isReference(scalar.text())) {
            return scalar.text();
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
            map.forEach((key, item) -> {
                String name = String.valueOf(key);
                Object shown = value(item, named.value(), nodes == null ? null : nodes.get(name));
                data.put(name, !secrets && Credentials.isNamed(name) ? hidden(shown) : shown);
            });
            return data;
        }
        return value instanceof String text && !secrets ? Credentials.masked(text) : JsonSchema.plain(value, shape);
    }

    /** The value of a credential's name: its texts are not shown. */
    private static @Nullable Object hidden(@Nullable Object shown) {
        if (shown instanceof List<?> items) {
            return items.stream().map(RecordData::hidden).toList();
        }
        return shown instanceof String text && !VaultReference.isReference(text) ? Credentials.MASK : shown;
    }

    private @Nullable Object tree(ConfigNode node) {
        return secrets ? node.toData() : careful(node);
    }

    /** A part of the file, of whose texts it is not known whether they are secrets. */
    private static @Nullable Object careful(ConfigNode node) {
        if (node instanceof ConfigNode.Mapping mapping) {
            Map<String, @Nullable Object> data = new LinkedHashMap<>();
            mapping.entries().forEach(entry -> data.put(entry.name(), careful(entry.value())));
            return data;
        }
        if (node instanceof ConfigNode.Sequence sequence) {
            List<@Nullable Object> data = new ArrayList<>();
            sequence.items().forEach(item -> data.add(careful(item)));
            return data;
        }
        ConfigNode.Scalar scalar = (ConfigNode.Scalar) node;
        return scalar.type() == ConfigNode.Type.STRING && !VaultReference.isReference(scalar.text())
                ? Credentials.MASK
                : scalar.toData();
    }

    /** Without a fraction that says nothing: clients read whole numbers. */
    static Object number(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15 ? (Object) (long) number : (Object) number;
    }
}
