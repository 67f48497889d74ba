package io.gatehouse.core.schema;

import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Nearest;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.service.VaultReference;
import io.gatehouse.core.service.Vaults;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes configuration records from what stands in the file, in Kong's words for what is wrong. Two configs that say
 * the same bind to equal records, however they are written: this decides whether a plugin instance survives a
 * reload. Reads by reflection, so it is for start and reload only; immutable, any thread may bind.
 */
public final class RecordBinder {
    private final Vaults.References references;
    private final Compat compat;

    /**
     * Binds with these.
     *
     * @param references where vault references are looked up
     * @param compat whose defaults hold
     */
    public RecordBinder(Vaults.References references, Compat compat) {
        this.references = references;
        this.compat = compat;
    }

    /**
     * Makes a record.
     *
     * @param node the plugin's config
     * @param type the record
     * @param sink takes every problem, errors and warnings
     * @return the record; null exactly when there was at least one error
     * @throws IllegalArgumentException when the record itself is not fit to be a config
     */
    public <C extends Record> @Nullable C bind(ConfigNode node, Class<C> type, Consumer<Problem> sink) {
        Binding binding = new Binding(sink);
        Object bound = binding.nested(node, RecordShape.of(type));
        C record = binding.failed ? null : type.cast(bound);
        return record == null || !ConfigRules.check(node, record, sink) ? null : record;
    }

    /**
     * A record of which parts may be wrong.
     *
     * @param record with a stand-in for each component that is wrong, so that rules over the others can be checked
     * @param failed the names of the components that are wrong
     */
    public record Bound<C>(C record, Set<String> failed) {}

    /**
     * Makes a record even when something is wrong with it, so that all problems are found in one go.
     *
     * @param node the entity
     * @param type the record, whose constructor must not refuse anything
     * @param neighbour a record of that type whose lists are taken where they say the same; null when there is none
     * @param sink takes every problem, errors and warnings
     */
    public <C extends Record> Bound<C> bindParts(
            ConfigNode.Mapping node, Class<C> type, @Nullable Record neighbour, Consumer<Problem> sink) {
        RecordShape shape = RecordShape.of(type);
        Set<String> wrong = new HashSet<>();
        Object[] values = new Object[shape.components().size()];
        for (int i = 0; i < values.length; i++) {
            RecordShape.Component component = shape.components().get(i);
            Binding binding = new Binding(sink);
            values[i] = binding.component(node, component);
            if (binding.failed) {
                wrong.add(component.name);
                values[i] = component.standard(compat);
            }
            if (values[i] == null && !component.nullable) {
                values[i] = standIn(component.shape);
            }
            if (neighbour != null && isShareable(component.shape)) {
                Object known = component.of(neighbour);
                values[i] = Objects.equals(values[i], known) ? known : values[i];
            }
        }
        return new Bound<>(type.cast(made(shape, values)), wrong);
    }

    /** Whether equal values are the same in every respect: maps may differ in their order, trees in their places. */
    private static boolean isShareable(RecordShape.Shape shape) {
        return shape instanceof RecordShape.Many many && many.list() && many.element() != RecordShape.Scalar.TREE;
    }

    private static Object made(RecordShape shape, Object[] values) {
        try {
            return shape.constructor().newInstance(values);
        } catch (ReflectiveOperationException refused) {
            throw new IllegalArgumentException(shape.type().getName() + " cannot be made", refused);
        }
    }

    private static Object standIn(RecordShape.Shape shape) {
        if (shape instanceof RecordShape.Many many) {
            return many.collection(List.of());
        }
        if (shape instanceof RecordShape.Named) {
            return Map.of();
        }
        if (shape instanceof RecordShape.Choice choice) {
            return choice.constants().values().iterator().next();
        }
        if (shape instanceof RecordShape.Nested nested) {
            List<RecordShape.Component> components = nested.shape().components();
            Object[] values = new Object[components.size()];
            for (int i = 0; i < values.length; i++) {
                RecordShape.Component component = components.get(i);
                values[i] = component.standard(Compat.UNSET);
                if (values[i] == null && !component.nullable) {
                    values[i] = standIn(component.shape);
                }
            }
            return made(nested.shape(), values);
        }
        return switch ((RecordShape.Scalar) shape) {
            case STRING, ANY -> "";
            case SECRET -> Secret.literal("");
            case INT -> 0;
            case LONG -> 0L;
            case DOUBLE -> 0.0;
            case BOOLEAN -> false;
            case TREE -> ConfigNode.emptyMapping(new Location("", 1, 1), "");
        };
    }

    /** One run, which remembers whether anything was wrong. */
    private final class Binding {
        private final Consumer<Problem> sink;
        private boolean failed;

        Binding(Consumer<Problem> sink) {
            this.sink = sink;
        }

        private void report(Problem problem) {
            failed |= problem.severity() == Severity.ERROR;
            sink.accept(problem);
        }

        private @Nullable Object wrong(ConfigNode node, String message) {
            report(Problem.error(node, message));
            return null;
        }

        private @Nullable Object nested(ConfigNode node, RecordShape shape) {
            if (!(node instanceof ConfigNode.Mapping given)) {
                return unresolved(node) ? null : wrong(node, "expected a record (got " + node.shown() + ")");
            }
            ConfigNode.Mapping mapping = shape.withNewNames(given);
            boolean before = failed;
            failed = false;
            shape.contradictions(given, this::wrong);
            for (ConfigNode.Entry entry : mapping.entries()) {
                if (shape.component(entry.name()) == null && !shape.isOff(entry)) {
                    unknown(entry, shape);
                }
            }
            Object[] values = new Object[shape.components().size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = component(mapping, shape.components().get(i));
            }
            Object made = failed ? null : make(node, shape, values);
            failed |= before;
            return made;
        }

        private @Nullable Object make(ConfigNode node, RecordShape shape, Object[] values) {
            try {
                return shape.constructor().newInstance(values);
            } catch (InvocationTargetException refused) {
                Throwable cause = refused.getCause();
                String message = cause == null ? null : cause.getMessage();
                return wrong(
                        node,
                        message != null ? message : "refused by " + shape.type().getSimpleName());
            } catch (ReflectiveOperationException inaccessible) {
                throw new IllegalArgumentException(shape.type().getName() + " cannot be made", inaccessible);
            }
        }

        private void unknown(ConfigNode.Entry entry, RecordShape shape) {
            String supported = "supported: " + String.join(", ", shape.names());
            if (shape.notBuilt().contains(entry.name())) {
                report(Problem.error(
                        entry.location(), entry.value().path(), "valid in Kong but not built here", supported));
                return;
            }
            String hint = Nearest.hint(entry.name(), shape.names());
            report(Problem.error(
                    entry.location(), entry.value().path(), "unknown field", hint != null ? hint : supported));
        }

        private @Nullable Object component(ConfigNode.Mapping holder, RecordShape.Component component) {
            ConfigNode value = holder.get(component.name);
            if (value != null && !value.isNull()) {
                return value(value, component.shape, component);
            }
            if (value != null && component.nullable) {
                return null;
            }
            Object standard = component.standard(compat);
            if (standard != null) {
                return standard;
            }
            String path = ConfigNode.child(holder.path(), component.name);
            if (component.required) {
                report(Problem.error(holder.location(), path, "required field missing", null));
                return null;
            }
            if (component.nullable) {
                return null;
            }
            if (component.shape instanceof RecordShape.Many many) {
                return many.collection(List.of());
            }
            if (component.shape instanceof RecordShape.Named) {
                return Map.of();
            }
            if (component.shape == RecordShape.Scalar.TREE) {
                return ConfigNode.emptyMapping(holder.location(), path);
            }
            return nested(
                    ConfigNode.emptyMapping(holder.location(), path), ((RecordShape.Nested) component.shape).shape());
        }

        private @Nullable Object value(ConfigNode node, RecordShape.Shape shape, RecordShape.Component component) {
            if (unresolved(node)) {
                return null;
            }
            if (shape instanceof RecordShape.Nested nested) {
                return nested(node, nested.shape());
            }
            if (shape instanceof RecordShape.Many many) {
                return many(node, many, component);
            }
            if (shape instanceof RecordShape.Named named) {
                return named(node, named, component);
            }
            if (shape == RecordShape.Scalar.TREE) {
                return node instanceof ConfigNode.Mapping
                        ? node
                        : wrong(node, "expected a record (got " + node.shown() + ")");
            }
            if (shape == RecordShape.Scalar.ANY) {
                return node.toData();
            }
            if (!(node instanceof ConfigNode.Scalar scalar)) {
                return wrong(node, "expected " + words(shape) + " (got " + node.shown() + ")");
            }
            if (shape instanceof RecordShape.Choice choice) {
                return choice(scalar, choice, component);
            }
            return switch ((RecordShape.Scalar) shape) {
                case STRING -> string(scalar, component);
                case SECRET -> secret(scalar, component);
                case INT -> integer(scalar, component, Integer.MIN_VALUE, Integer.MAX_VALUE);
                case LONG -> integer(scalar, component, Long.MIN_VALUE, Long.MAX_VALUE);
                case DOUBLE -> number(scalar, component);
                case BOOLEAN -> {
                    Boolean bool = scalar.asBoolean();
                    yield bool != null ? bool : wrong(scalar, "expected a boolean (got " + scalar.shown() + ")");
                }
                case ANY, TREE -> scalar.toData();
            };
        }

        private String words(RecordShape.Shape shape) {
            if (shape instanceof RecordShape.Scalar scalar) {
                return switch (scalar) {
                    case INT, LONG -> "an integer";
                    case DOUBLE -> "a number";
                    case BOOLEAN -> "a boolean";
                    default -> "a string";
                };
            }
            return "a string";
        }

        /** A variable in it has no value, which was reported where the variable is. */
        private boolean unresolved(ConfigNode node) {
            boolean unresolved = node instanceof ConfigNode.Scalar scalar && scalar.unresolved();
            failed |= unresolved;
            return unresolved;
        }

        private @Nullable Object many(ConfigNode node, RecordShape.Many many, RecordShape.Component component) {
            if (!(node instanceof ConfigNode.Sequence sequence)) {
                return wrong(
                        node, "expected " + (many.unique() ? "a set" : "an array") + " (got " + node.shown() + ")");
            }
            List<Object> values = new ArrayList<>();
            for (ConfigNode item : sequence.items()) {
                Object value = item.isNull() && many.element() != RecordShape.Scalar.ANY
                        ? wrong(item, "required field missing")
                        : value(item, many.element(), component);
                if (value != null) {
                    values.add(value);
                }
            }
            length(node, sequence.items().size(), component.length);
            return many.collection(values);
        }

        private @Nullable Object named(ConfigNode node, RecordShape.Named named, RecordShape.Component component) {
            if (!(node instanceof ConfigNode.Mapping mapping)) {
                return wrong(node, "expected a map (got " + node.shown() + ")");
            }
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            for (ConfigNode.Entry entry : mapping.entries()) {
                Object value = entry.value().isNull() && named.value() != RecordShape.Scalar.ANY
                        ? wrong(entry.value(), "required field missing")
                        : value(entry.value(), named.value(), component);
                values.put(entry.name(), value);
            }
            length(node, mapping.entries().size(), component.length);
            return Collections.unmodifiableMap(values);
        }

        private void length(ConfigNode node, int length, @Nullable Length allowed) {
            int min = allowed == null ? 0 : allowed.min();
            int max = allowed == null ? Integer.MAX_VALUE : allowed.max();
            if (length < min) {
                wrong(node, "length must be at least " + min + " (got " + length + ")");
            } else if (length > max) {
                wrong(node, "length must be at most " + max + " (got " + length + ")");
            }
        }

        private @Nullable Object choice(
                ConfigNode.Scalar scalar, RecordShape.Choice choice, RecordShape.Component component) {
            if (scalar.type() != ConfigNode.Type.STRING) {
                // An unquoted name such as off reads as a boolean in YAML 1.1.
                Object constant = choice.constants().get(scalar.text());
                return constant != null ? constant : notAString(scalar, false);
            }
            Object constant = choice.constants().get(scalar.text());
            return constant != null
                    ? constant
                    : notAllowed(scalar, choice.constants().keySet(), component);
        }

        private @Nullable Object notAllowed(
                ConfigNode.Scalar scalar, Collection<String> allowed, RecordShape.Component component) {
            String all = String.join(", ", allowed);
            if (component.notBuilt.contains(scalar.text())) {
                return wrong(
                        scalar,
                        "'" + scalar.shown() + "' is valid in Kong but not built here (supported: " + all + ")");
            }
            report(Problem.error(
                    scalar,
                    "expected one of: " + all + " (got " + scalar.shown() + ")",
                    Nearest.hint(scalar.shown(), allowed)));
            return null;
        }

        private @Nullable Object notAString(ConfigNode.Scalar scalar, boolean secret) {
            String got = secret ? scalar.kind() : scalar.shown();
            report(Problem.error(scalar, "expected a string (got " + got + ")", "put it in quotes"));
            return null;
        }

        private @Nullable Object string(ConfigNode.Scalar scalar, RecordShape.Component component) {
            if (scalar.type() != ConfigNode.Type.STRING) {
                return notAString(scalar, false);
            }
            String text = scalar.text();
            if (component.referenceable && VaultReference.isReference(text)) {
                Vaults.Lookup lookup = lookUp(scalar);
                return lookup == null ? null : lookup.current().get();
            }
            if (!component.oneOf.isEmpty()) {
                return component.oneOf.contains(text) ? text : notAllowed(scalar, component.oneOf, component);
            }
            if (component.notBuilt.contains(text)) {
                return wrong(scalar, "'" + scalar.shown() + "' is valid in Kong but not built here");
            }
            boolean ownLength = component.shape == RecordShape.Scalar.STRING && component.length != null;
            int min = ownLength && component.length != null ? component.length.min() : 1;
            int max = ownLength && component.length != null ? component.length.max() : Integer.MAX_VALUE;
            int length = text.codePointCount(0, text.length());
            if (length < min) {
                return wrong(scalar, "length must be at least " + min + " (got " + length + ")");
            }
            if (length > max) {
                return wrong(scalar, "length must be at most " + max + " (got " + length + ")");
            }
            if (component.pattern != null && !component.pattern.matcher(text).matches()) {
                return wrong(scalar, component.patternMessage + " (got " + scalar.shown() + ")");
            }
            return text;
        }

        private @Nullable Object secret(ConfigNode.Scalar scalar, RecordShape.Component component) {
            if (scalar.type() != ConfigNode.Type.STRING) {
                return notAString(scalar, true);
            }
            String text = scalar.text();
            if (component.referenceable && VaultReference.isReference(text)) {
                Vaults.Lookup lookup = lookUp(scalar);
                return lookup == null ? null : Secret.reference(text, lookup.current());
            }
            if (text.isEmpty()) {
                return wrong(scalar, "length must be at least 1 (got 0)");
            }
            if (component.pattern != null && !component.pattern.matcher(text).matches()) {
                return wrong(scalar, component.patternMessage);
            }
            return Secret.literal(text);
        }

        private Vaults.@Nullable Lookup lookUp(ConfigNode.Scalar scalar) {
            Vaults.Lookup lookup = references.lookup(scalar.text());
            if (lookup.refused()) {
                wrong(scalar, String.valueOf(lookup.failure()));
                return null;
            }
            if (lookup.failure() != null) {
                boolean kept = !lookup.current().get().isEmpty();
                report(Problem.warning(
                        scalar,
                        lookup.failure() + " for " + scalar.shown()
                                + (kept
                                        ? ", what it held before is used on"
                                        : ", the field is empty until it is found")));
            }
            return lookup;
        }

        private @Nullable Object integer(
                ConfigNode.Scalar scalar, RecordShape.Component component, long least, long greatest) {
            Long number = scalar.asLong();
            if (number == null || number < least || number > greatest) {
                return wrong(scalar, "expected an integer (got " + scalar.shown() + ")");
            }
            if (!component.oneOf.isEmpty() && !component.oneOf.contains(number.toString())) {
                return notAllowed(scalar, component.oneOf, component);
            }
            if (!inRange(scalar, number, component.range)) {
                return null;
            }
            return component.shape == RecordShape.Scalar.LONG
                            || RecordShape.Component.leaf(component.shape) == RecordShape.Scalar.LONG
                    ? (Object) number
                    : (Object) number.intValue();
        }

        private @Nullable Object number(ConfigNode.Scalar scalar, RecordShape.Component component) {
            Double number = scalar.asDouble();
            if (number == null) {
                return wrong(scalar, "expected a number (got " + scalar.shown() + ")");
            }
            return inRange(scalar, number, component.range) ? number : null;
        }

        private boolean inRange(ConfigNode.Scalar scalar, double number, @Nullable Range range) {
            if (range == null || (number >= range.min() && number <= range.max())) {
                return true;
            }
            String rule;
            if (Double.isInfinite(range.max())) {
                rule = "value must be at least " + plain(range.min());
            } else if (Double.isInfinite(range.min())) {
                rule = "value must be at most " + plain(range.max());
            } else {
                rule = "value should be between " + plain(range.min()) + " and " + plain(range.max());
            }
            wrong(scalar, rule + " (got " + scalar.shown() + ")");
            return false;
        }
    }

    /** A number without a needless fraction. */
    static String plain(double number) {
        return new BigDecimal(Double.toString(number)).stripTrailingZeros().toPlainString();
    }
}
