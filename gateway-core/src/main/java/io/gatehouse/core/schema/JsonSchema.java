package io.gatehouse.core.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.gatehouse.core.config.Compat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The JSON Schema (2020-12) of a configuration record. Stateless. */
public final class JsonSchema {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private JsonSchema() {}

    /**
     * The schema as JDK maps and lists, in the order of the record's components.
     *
     * @throws IllegalArgumentException when the record is not fit to be a config
     */
    public static Map<String, Object> of(Class<? extends Record> type) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.putAll(record(RecordShape.of(type), List.of()));
        return Collections.unmodifiableMap(schema);
    }

    /** The schema as indented JSON. */
    public static String text(Class<? extends Record> type) {
        return written(of(type));
    }

    private static String written(Map<String, Object> schema) {
        try {
            return JSON.writeValueAsString(schema) + "\n";
        } catch (JsonProcessingException mapsAlwaysWrite) {
            throw new IllegalStateException(mapsAlwaysWrite);
        }
    }

    /** The schema of a plugin as indented JSON, with the list of what differs from Kong. */
    public static String text(String plugin, Class<? extends Record> type) {
        Map<String, Object> schema = new LinkedHashMap<>(of(type));
        List<KongDifferences.Difference> differences = KongDifferences.of(plugin, type);
        if (!differences.isEmpty()) {
            schema.put(
                    "x-kong-differences",
                    differences.stream().map(KongDifferences.Difference::plain).toList());
        }
        return written(schema);
    }

    private static Map<String, Object> record(RecordShape shape, List<Class<?>> outer) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        if (shape.doc() != null) {
            schema.put("description", shape.doc());
        }
        if (outer.contains(shape.type())) {
            return schema; // a record that holds itself is described once
        }
        List<Class<?>> nesting = new ArrayList<>(outer);
        nesting.add(shape.type());
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (RecordShape.Component component : shape.components()) {
            properties.put(component.name, component(component, nesting));
            if (component.required) {
                required.add(component.name);
            }
        }
        schema.put("properties", properties);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        schema.put("additionalProperties", false);
        notBuilt(schema, shape.notBuilt());
        return schema;
    }

    private static Map<String, Object> component(RecordShape.Component component, List<Class<?>> nesting) {
        Map<String, Object> schema = value(component.shape, component, nesting);
        if (component.nullable && schema.get("type") instanceof String type) {
            schema.put("type", List.of(type, "null"));
            if (schema.get("enum") instanceof List<?> choices) {
                List<@Nullable Object> withNull = new ArrayList<>(choices);
                withNull.add(null);
                schema.put("enum", withNull);
            }
        }
        notBuilt(schema, component.notBuilt);
        if (component.doc != null) {
            schema.put("description", component.doc);
        }
        Object standard = component.standard(Compat.UNSET);
        if (standard != null && RecordShape.Component.leaf(component.shape) != RecordShape.Scalar.SECRET) {
            schema.put("default", plain(standard, component.shape));
        }
        return schema;
    }

    /** What Kong allows and this gateway refuses by name: fields of an object, values of a string or its elements. */
    private static void notBuilt(Map<String, Object> schema, Set<String> names) {
        if (!names.isEmpty()) {
            schema.put("x-not-built", names.stream().sorted().toList());
        }
    }

    private static Map<String, Object> value(
            RecordShape.Shape shape, RecordShape.Component component, List<Class<?>> nesting) {
        Map<String, Object> schema = new LinkedHashMap<>();
        if (shape instanceof RecordShape.Nested nested) {
            return record(nested.shape(), nesting);
        }
        if (shape instanceof RecordShape.Many many) {
            schema.put("type", "array");
            schema.put("items", value(many.element(), component, nesting));
            if (many.unique()) {
                schema.put("uniqueItems", true);
            }
            if (component.length != null) {
                limits(schema, "minItems", "maxItems", component.length.min(), component.length.max());
            }
        } else if (shape instanceof RecordShape.Named named) {
            schema.put("type", "object");
            schema.put("additionalProperties", value(named.value(), component, nesting));
            if (component.length != null) {
                limits(schema, "minProperties", "maxProperties", component.length.min(), component.length.max());
            }
        } else if (shape instanceof RecordShape.Choice choice) {
            schema.put("type", "string");
            schema.put("enum", List.copyOf(choice.constants().keySet()));
        } else if (shape instanceof RecordShape.Scalar scalar && scalar != RecordShape.Scalar.ANY) {
            schema.put("type", scalar.word());
            scalar(schema, scalar, component);
        }
        return schema;
    }

    private static void scalar(Map<String, Object> schema, RecordShape.Scalar scalar, RecordShape.Component component) {
        if (scalar == RecordShape.Scalar.STRING || scalar == RecordShape.Scalar.SECRET) {
            if (!component.oneOf.isEmpty()) {
                schema.put("enum", component.oneOf);
            } else if (component.shape == scalar && component.length != null) {
                limits(schema, "minLength", "maxLength", component.length.min(), component.length.max());
            } else {
                schema.put("minLength", 1);
            }
            if (component.pattern != null) {
                // The whole string matches; a schema's pattern may match anywhere.
                schema.put("pattern", "^(?:" + component.pattern.pattern() + ")$");
            }
            if (scalar == RecordShape.Scalar.SECRET) {
                schema.put("x-encrypted", true);
            }
            if (component.referenceable) {
                schema.put("x-referenceable", true);
            }
        } else if (component.range != null) {
            bound(schema, "minimum", component.range.min());
            bound(schema, "maximum", component.range.max());
        }
    }

    private static void bound(Map<String, Object> schema, String key, double bound) {
        if (!Double.isInfinite(bound)) {
            schema.put(key, bound == Math.rint(bound) ? (Object) (long) bound : (Object) bound);
        }
    }

    private static void limits(Map<String, Object> schema, String least, String greatest, int min, int max) {
        if (min > 0) {
            schema.put(least, min);
        }
        if (max < Integer.MAX_VALUE) {
            schema.put(greatest, max);
        }
    }

    /** A default as it would stand in the file. */
    static Object plain(Object standard, RecordShape.Shape shape) {
        if (shape instanceof RecordShape.Choice choice) {
            for (Map.Entry<String, Object> constant : choice.constants().entrySet()) {
                if (constant.getValue() == standard) {
                    return constant.getKey();
                }
            }
        }
        if (shape instanceof RecordShape.Many many && standard instanceof Collection<?> values) {
            List<Object> plain = new ArrayList<>();
            for (Object value : values) {
                plain.add(plain(value, many.element()));
            }
            return plain;
        }
        return standard;
    }
}
