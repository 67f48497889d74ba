package io.gatehouse.core.schema;

import io.gatehouse.core.config.Compat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration record in the form of Kong's schemas, from which clients of the Admin API take fields and defaults: a
 * list of maps of one entry each. Stateless.
 */
public final class KongSchema {
    private KongSchema() {}

    /**
     * The fields of a record, in its order, as JDK maps and lists.
     *
     * @param compat whose defaults hold
     */
    public static List<Map<String, Object>> fields(Class<? extends Record> type, Compat compat) {
        return fields(RecordShape.of(type), compat, List.of());
    }

    /**
     * A record as a field of another has it: its fields, and the old names of some.
     *
     * @param compat whose defaults hold
     */
    public static Map<String, Object> record(Class<? extends Record> type, Compat compat) {
        return record(RecordShape.of(type), compat, List.of());
    }

    private static Map<String, Object> record(RecordShape shape, Compat compat, List<Class<?>> outer) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("type", "record");
        record.put("fields", fields(shape, compat, outer));
        List<Map<String, Object>> shorter = new ArrayList<>();
        shape.oldNames().forEach((old, path) -> {
            RecordShape.Component component = shape.at(path);
            Map<String, Object> field = value(component.shape, component, compat, outer);
            field.put("deprecation", Map.of("replaced_with", List.of(Map.of("path", path))));
            shorter.add(Map.of(old, field));
        });
        if (!shorter.isEmpty()) {
            record.put("shorthand_fields", shorter);
        }
        return record;
    }

    private static List<Map<String, Object>> fields(RecordShape shape, Compat compat, List<Class<?>> outer) {
        List<Map<String, Object>> fields = new ArrayList<>();
        if (outer.contains(shape.type())) {
            return fields; // a record that holds itself is described once
        }
        List<Class<?>> nesting = new ArrayList<>(outer);
        nesting.add(shape.type());
        for (RecordShape.Component component : shape.components()) {
            fields.add(Map.of(component.name, field(component, compat, nesting)));
        }
        return fields;
    }

    private static Map<String, Object> field(RecordShape.Component component, Compat compat, List<Class<?>> nesting) {
        Map<String, Object> field = value(component.shape, component, compat, nesting);
        Object standard = component.standard(compat);
        boolean always = component.shape instanceof RecordShape.Nested && !component.nullable;
        if (component.required || standard != null || always) {
            field.put("required", true);
        }
        if (standard != null) {
            field.put("default", JsonSchema.plain(standard, component.shape));
        }
        if (component.doc != null) {
            field.put("description", component.doc);
        }
        return field;
    }

    private static Map<String, Object> value(
            RecordShape.Shape shape, RecordShape.Component component, Compat compat, List<Class<?>> nesting) {
        if (shape instanceof RecordShape.Nested nested) {
            return record(nested.shape(), compat, nesting);
        }
        Map<String, Object> field = new LinkedHashMap<>();
        if (shape instanceof RecordShape.Many many) {
            field.put("type", many.unique() ? "set" : "array");
            field.put("elements", value(many.element(), component, compat, nesting));
            if (component.length != null) {
                limits(field, component.length.min(), component.length.max());
            }
        } else if (shape instanceof RecordShape.Named named) {
            field.put("type", "map");
            field.put("keys", Map.of("type", "string"));
            field.put("values", value(named.value(), component, compat, nesting));
            if (component.length != null) {
                limits(field, component.length.min(), component.length.max());
            }
        } else if (shape instanceof RecordShape.Choice choice) {
            field.put("type", "string");
            field.put("one_of", List.copyOf(choice.constants().keySet()));
        } else {
            scalar(field, (RecordShape.Scalar) shape, component);
        }
        return field;
    }

    private static void scalar(Map<String, Object> field, RecordShape.Scalar scalar, RecordShape.Component component) {
        if (scalar == RecordShape.Scalar.TREE) {
            // whatever stands there is the user's: to clients a map of anything
            field.put("type", "map");
            field.put("keys", Map.of("type", "string"));
            field.put("values", Map.of("type", "any"));
            return;
        }
        field.put("type", scalar.word());
        if (!component.oneOf.isEmpty()) {
            field.put(
                    "one_of",
                    component.oneOf.stream().map(text -> number(scalar, text)).toList());
        }
        if (component.range != null) {
            double min = component.range.min();
            double max = component.range.max();
            if (!Double.isInfinite(min) && !Double.isInfinite(max)) {
                field.put("between", List.of(RecordData.number(min), RecordData.number(max)));
            } else if (!Double.isInfinite(min)) {
                field.put("gt", RecordData.number(min - 1));
            }
        }
        if (scalar == RecordShape.Scalar.SECRET) {
            field.put("encrypted", true);
        }
        if (component.referenceable) {
            field.put("referenceable", true);
        }
        if (component.pattern != null) {
            field.put("match", component.pattern.pattern());
        }
        if (component.shape == scalar && component.length != null) {
            limits(field, component.length.min(), component.length.max());
        }
    }

    private static Object number(RecordShape.Scalar scalar, String text) {
        return scalar == RecordShape.Scalar.INT ? (Object) Integer.valueOf(text) : text;
    }

    private static void limits(Map<String, Object> field, int min, int max) {
        if (min > 0) {
            field.put("len_min", min);
        }
        if (max < Integer.MAX_VALUE) {
            field.put("len_max", max);
        }
    }
}
