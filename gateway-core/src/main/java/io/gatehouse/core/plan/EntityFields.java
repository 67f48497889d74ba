package io.gatehouse.core.plan;

import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.schema.Credentials;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.service.VaultReference;
import io.gatehouse.core.snapshot.Examination;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The fields of an entity as paths and values that can be compared and shown; secrets are compared and not shown. */
final class EntityFields {
    private final DeclarativeConfig config;
    private final PluginCatalogue catalogue;
    private final Map<String, Value> found = new LinkedHashMap<>();

    private EntityFields(Examination examination) {
        this.config = examination.config();
        this.catalogue = examination.catalogue();
    }

    /**
     * A value.
     *
     * @param key equal exactly when the values are; may hold a secret
     * @param shown for people
     */
    record Value(String key, String shown) {
        @Override
        public String toString() {
            return shown;
        }
    }

    /** All fields that have a value, by path. */
    static Map<String, Value> of(Entity entity, Examination examination) {
        EntityFields fields = new EntityFields(examination);
        entity.fields().forEach((name, value) -> fields.field(entity, name, value));
        return fields.found;
    }

    /** The entity as people call it, with what it belongs to. */
    static String label(Entity entity, DeclarativeConfig config) {
        StringBuilder label = new StringBuilder(entity.name());
        for (EntityKind.Reference reference : entity.kind().references()) {
            Entity other = referred(entity.fields().get(reference.field()), reference, config);
            if (other != null && entity.kind() != EntityKind.ROUTE) {
                label.append(" of ").append(words(reference.kind())).append(' ').append(other.name());
            }
        }
        return label.toString();
    }

    static String words(EntityKind kind) {
        return kind.singular().replace('_', ' ');
    }

    private static @Nullable Entity referred(
            @Nullable Object id, EntityKind.Reference reference, DeclarativeConfig config) {
        return id instanceof String text ? config.find(reference.kind(), text) : null;
    }

    private void field(Entity entity, String name, @Nullable Object value) {
        for (EntityKind.Reference reference : entity.kind().references()) {
            if (reference.field().equals(name)) {
                Entity other = referred(value, reference, config);
                if (other != null) {
                    found.put(name, new Value(other.id(), other.name()));
                }
                return;
            }
        }
        if (value instanceof ConfigNode node) {
            RecordShape.@Nullable Shape shape =
                    entity.value() instanceof PluginEntity plugin ? configShape(plugin.name()) : null;
            tree(name, node, shape, entity.kind() == EntityKind.PARTIAL || entity.kind() == EntityKind.PLUGIN);
        } else {
            add(name, value, false);
        }
    }

    private RecordShape.@Nullable Shape configShape(String plugin) {
        PluginCatalogue.Known known = catalogue.plugin(plugin);
        if (known == null) {
            return null;
        }
        PluginFactory<?> factory = known.factory();
        return new RecordShape.Nested(factory.configType());
    }

    /**
     * A value.
     *
     * @param hidden whether it has the name of a credential
     */
    private void add(String path, @Nullable Object value, boolean hidden) {
        if (value instanceof Map<?, ?> map) {
            map.forEach(
                    (name, item) -> add(path + '.' + name, item, hidden || Credentials.isNamed(String.valueOf(name))));
        } else if (value instanceof Collection<?> items) {
            List<String> keys = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            for (Object item : items) {
                Value one = value(item, hidden);
                keys.add(one.key());
                texts.add(one.shown());
            }
            if (!keys.isEmpty()) {
                found.put(path, new Value(keys.toString(), texts.toString()));
            }
        } else if (value != null) {
            found.put(path, value(value, hidden));
        }
    }

    private static Value value(@Nullable Object value, boolean hidden) {
        if (value instanceof Secret secret) {
            String reference = secret.reference();
            return reference == null
                    ? new Value('!' + secret.value(), Credentials.MASK)
                    : new Value('?' + reference, reference);
        }
        String text = String.valueOf(value);
        return new Value(text, hidden ? Credentials.MASK : text);
    }

    /**
     * A part of the file.
     *
     * @param shape what the part means; null when that is not known
     * @param careful whether nothing is shown of what is not known
     */
    private void tree(String path, ConfigNode node, RecordShape.@Nullable Shape shape, boolean careful) {
        if (node instanceof ConfigNode.Mapping mapping) {
            for (ConfigNode.Entry entry : mapping.entries()) {
                boolean hidden = !(shape instanceof RecordShape.Nested) && Credentials.isNamed(entry.name());
                tree(
                        path + '.' + entry.name(),
                        entry.value(),
                        hidden ? null : within(shape, entry.name()),
                        careful || hidden);
            }
        } else if (node instanceof ConfigNode.Sequence sequence) {
            RecordShape.Shape element = shape instanceof RecordShape.Many many ? many.element() : null;
            List<String> keys = new ArrayList<>();
            List<String> texts = new ArrayList<>();
            int i = 0;
            for (ConfigNode item : sequence.items()) {
                if (item instanceof ConfigNode.Scalar scalar) {
                    Value value = value(scalar, element, careful);
                    keys.add(value.key());
                    texts.add(value.shown());
                } else {
                    tree(path + '[' + i + ']', item, element, careful);
                }
                i++;
            }
            if (!keys.isEmpty()) {
                found.put(path, new Value(keys.toString(), texts.toString()));
            }
        } else if (!node.isNull()) {
            found.put(path, value((ConfigNode.Scalar) node, shape, careful));
        }
    }

    private static Value value(ConfigNode.Scalar scalar, RecordShape.@Nullable Shape shape, boolean careful) {
        boolean secret = shape == RecordShape.Scalar.SECRET || (shape == null && careful);
        boolean told = scalar.fromVariable() || VaultReference.isReference(scalar.text());
        String shown = told ? scalar.shown() : secret ? Credentials.MASK : Credentials.masked(scalar.shown());
        return new Value(scalar.type() + scalar.source() + '\n' + scalar.text(), shown);
    }

    private static RecordShape.@Nullable Shape within(RecordShape.@Nullable Shape shape, String name) {
        if (shape instanceof RecordShape.Nested nested) {
            RecordShape.Component component = nested.shape().component(name);
            return component == null ? null : component.shape();
        }
        return shape instanceof RecordShape.Named named ? named.value() : null;
    }

    /** The value at a path as people see it. */
    static String shown(Map<String, Value> fields, String path) {
        Value value = fields.get(path);
        return value == null ? "none" : Objects.requireNonNull(value).shown();
    }
}
