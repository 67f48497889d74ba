package io.gatehouse.core.schema;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OldName;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Referenceable;
import io.gatehouse.api.config.Required;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration record says about its fields: read once per class, and the one source of binding, schema
 * and reference page. A mistake of the record's author is an {@link IllegalArgumentException} that names class
 * and component. Immutable.
 */
public final class RecordShape {
    private static final ClassValue<RecordShape> SHAPES = new ClassValue<>() {
        @Override
        protected RecordShape computeValue(Class<?> type) {
            return new RecordShape(type);
        }
    };

    /** What a value can be. */
    public sealed interface Shape {}

    /** One value. */
    public enum Scalar implements Shape {
        STRING("string"),
        SECRET("string"),
        INT("integer"),
        LONG("integer"),
        DOUBLE("number"),
        BOOLEAN("boolean"),
        ANY("any"),
        /** A part of the file as it stands there, such as the config of a plugin. */
        TREE("object");

        private final String word;

        Scalar(String word) {
            this.word = word;
        }

        /** The word of JSON Schema. */
        public String word() {
            return word;
        }
    }

    /** One of the constants, by the name that users write. */
    public record Choice(Map<String, Object> constants) implements Shape {}

    /**
     * A list or set.
     *
     * @param unique whether an element counts once
     * @param list whether the record holds it as a list
     */
    public record Many(Shape element, boolean unique, boolean list) implements Shape {
        Object collection(Collection<?> values) {
            if (values.isEmpty()) {
                return list ? List.of() : Set.of();
            }
            Collection<?> own = unique ? new LinkedHashSet<>(values) : values;
            return list ? List.copyOf(own) : Collections.unmodifiableSet(new LinkedHashSet<>(own));
        }
    }

    /** Named values. */
    public record Named(Shape value) implements Shape {}

    /** A record of its own, read when it is needed, since a record may hold itself. */
    public record Nested(Class<?> type) implements Shape {
        /** What the record says. */
        public RecordShape shape() {
            return RecordShape.of(type);
        }
    }

    /** One component. */
    public static final class Component {
        final String name;
        final Shape shape;
        final boolean nullable;
        final boolean required;
        final boolean referenceable;
        final @Nullable String doc;
        final @Nullable Object standard;
        final @Nullable Object standard310;
        final @Nullable Range range;
        final @Nullable Length length;
        final List<String> oneOf;
        final Set<String> notBuilt;
        final @Nullable Pattern pattern;
        final String patternMessage;
        private final Method accessor;

        private Component(Class<?> owner, RecordComponent component) {
            String where = owner.getSimpleName() + "." + component.getName() + ": ";
            Name own = component.getAnnotation(Name.class);
            this.name = own != null ? own.value() : snakeCase(component.getName());
            this.shape = shapeOf(component.getGenericType(), component.isAnnotationPresent(Distinct.class), where);
            this.accessor = component.getAccessor();
            accessor.setAccessible(true);
            this.nullable = isNullable(component);
            Doc docs = component.getAnnotation(Doc.class);
            this.doc = docs == null ? null : docs.value();
            this.range = component.getAnnotation(Range.class);
            this.length = component.getAnnotation(Length.class);
            OneOf choices = component.getAnnotation(OneOf.class);
            this.oneOf = choices == null ? List.of() : List.of(choices.value());
            NotBuilt missing = component.getAnnotation(NotBuilt.class);
            this.notBuilt = missing == null ? Set.of() : Set.of(missing.value());
            io.gatehouse.api.config.Pattern expression = component.getAnnotation(io.gatehouse.api.config.Pattern.class);
            this.pattern = expression == null ? null : Pattern.compile(expression.value());
            this.patternMessage = expression == null
                    ? ""
                    : expression.message().isEmpty() ? "does not match " + expression.value() : expression.message();
            this.referenceable = component.isAnnotationPresent(Referenceable.class)
                    || (leaf(shape) == Scalar.SECRET && !component.isAnnotationPresent(Literal.class));
            Default standards = component.getAnnotation(Default.class);
            this.standard = standards == null ? null : parse(standards.value(), where);
            this.standard310 = standards == null
                    ? null
                    : standards.kong310().length == 0 ? standard : parse(standards.kong310(), where);
            if (component.getType().isPrimitive() && nullable) {
                throw new IllegalArgumentException(where + "a primitive cannot be @Nullable");
            }
            this.required = component.isAnnotationPresent(Required.class)
                    || (standards == null
                            && !nullable
                            && !component.isAnnotationPresent(Filled.class)
                            && shape != Scalar.TREE
                            && (shape instanceof Scalar || shape instanceof Choice));
        }

        /** The name in the file. */
        public String name() {
            return name;
        }

        /** What it can hold. */
        public Shape shape() {
            return shape;
        }

        /** Whether the file must give it. */
        public boolean isRequired() {
            return required;
        }

        /** What it holds in a record. */
        public @Nullable Object of(Record record) {
            try {
                return accessor.invoke(record);
            } catch (ReflectiveOperationException accessorsDoNotFail) {
                throw new IllegalStateException(accessorsDoNotFail);
            }
        }

        /** What holds when the file leaves it out; null when nothing does. */
        public @Nullable Object standard(Compat compat) {
            return compat.isKong310() ? standard310 : standard;
        }

        /** What each value in it is, looking through lists, sets and maps. */
        static Shape leaf(Shape shape) {
            if (shape instanceof Many many) {
                return leaf(many.element());
            }
            return shape instanceof Named named ? leaf(named.value()) : shape;
        }

        private Object parse(String[] texts, String where) {
            if (shape instanceof Many many) {
                List<Object> values = new ArrayList<>();
                for (String text : texts) {
                    values.add(parse(many.element(), text, where));
                }
                return many.collection(values);
            }
            if (texts.length != 1) {
                throw new IllegalArgumentException(where + "a default of one value takes one string");
            }
            return parse(shape, texts[0], where);
        }

        private static Object parse(Shape shape, String text, String where) {
            try {
                if (shape instanceof Choice choice) {
                    Object constant = choice.constants().get(text);
                    if (constant != null) {
                        return constant;
                    }
                } else if (shape instanceof Scalar scalar) {
                    switch (scalar) {
                        case STRING -> {
                            return text;
                        }
                        case SECRET -> {
                            return Secret.literal(text);
                        }
                        case INT -> {
                            return Integer.parseInt(text);
                        }
                        case LONG -> {
                            return Long.parseLong(text);
                        }
                        case DOUBLE -> {
                            return Double.parseDouble(text);
                        }
                        case BOOLEAN -> {
                            if (text.equals("true") || text.equals("false")) {
                                return text.equals("true");
                            }
                        }
                        case ANY, TREE -> {}
                    }
                }
            } catch (NumberFormatException notANumber) {
                // told below
            }
            throw new IllegalArgumentException(where + "@Default(\"" + text + "\") does not fit the type");
        }
    }

    private final Class<?> type;
    private final Constructor<?> constructor;
    private final List<Component> components;
    private final Map<String, Component> byName = new LinkedHashMap<>();
    private final NotBuiltFields notBuilt;
    private final Map<String, List<String>> oldNames;
    private final List<Rule> rules;
    private final @Nullable String doc;

    private RecordShape(Class<?> type) {
        if (!type.isRecord()) {
            throw new IllegalArgumentException(type.getName() + " is not a record");
        }
        this.type = type;
        List<Component> read = new ArrayList<>();
        List<Class<?>> types = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Component one = new Component(type, component);
            if (byName.put(one.name, one) != null) {
                throw new IllegalArgumentException(type.getSimpleName() + ": two components named " + one.name);
            }
            read.add(one);
            types.add(component.getType());
        }
        this.components = List.copyOf(read);
        this.notBuilt = NotBuiltFields.of(type.getAnnotation(NotBuilt.class));
        this.oldNames = oldNames(type.getAnnotation(OldName.class));
        this.rules = Stream.of(type.getAnnotationsByType(io.gatehouse.api.config.Rule.class))
                .map(told -> rule(type, told))
                .toList();
        Doc docs = type.getAnnotation(Doc.class);
        this.doc = docs == null ? null : docs.value();
        try {
            this.constructor = type.getDeclaredConstructor(types.toArray(new Class<?>[0]));
        } catch (NoSuchMethodException everyRecordHasIt) {
            throw new IllegalStateException(everyRecordHasIt);
        }
        constructor.setAccessible(true);
    }

    /**
     * What a record class says.
     *
     * @throws IllegalArgumentException when it is not fit to be a config
     */
    public static RecordShape of(Class<?> type) {
        return SHAPES.get(type);
    }

    Class<?> type() {
        return type;
    }

    Constructor<?> constructor() {
        return constructor;
    }

    /** Its components in order. */
    public List<Component> components() {
        return components;
    }

    /** The component with this name in the file; null when there is none. */
    public @Nullable Component component(String name) {
        return byName.get(name);
    }

    /** The names of all components in the file. */
    public Set<String> names() {
        return Collections.unmodifiableSet(byName.keySet());
    }

    /** Names that are valid in Kong and not built here. */
    public Set<String> notBuilt() {
        return notBuilt.names();
    }

    /** Whether a field is not built, and may be there all the same, since it says what holds without it. */
    public boolean isOff(ConfigNode.Entry field) {
        return notBuilt.isOff(field);
    }

    /** Whether a field is not built, and says what Kong itself would tell of it. */
    public boolean isStandard(ConfigNode.Entry field) {
        return notBuilt.isStandard(field);
    }

    /** The old names of fields, and where each of these stands now. */
    Map<String, List<String>> oldNames() {
        return oldNames;
    }

    private static Map<String, List<String>> oldNames(@Nullable OldName told) {
        Map<String, List<String>> paths = new LinkedHashMap<>();
        if (told != null) {
            for (String old : told.value()) {
                paths.put(old, List.of(told.in(), old.substring(told.in().length() + 1)));
            }
        }
        return Collections.unmodifiableMap(paths);
    }

    /** The rules over several fields, which are named by paths with dots. */
    public List<Rule> rules() {
        return rules;
    }

    private static Rule rule(Class<?> type, io.gatehouse.api.config.Rule told) {
        boolean some = told.atLeastOneOf().length > 0;
        boolean one = told.onlyOneOf().length > 0;
        boolean when = !told.when().isEmpty();
        if ((some ? 1 : 0) + (one ? 1 : 0) + (when ? 1 : 0) != 1
                || when == (told.is().isEmpty() || told.needs().isEmpty())) {
            throw new IllegalArgumentException(type.getSimpleName() + ": " + told
                    + " (expected: atLeastOneOf, onlyOneOf, or when with is and needs)");
        }
        return when
                ? Rule.when(told.when()).is(told.is()).needs(told.needs())
                : some ? Rule.atLeastOneOf(told.atLeastOneOf()) : Rule.onlyOneOf(told.onlyOneOf());
    }

    /**
     * What a record of this class holds at a path with dots, constants as users write them; null also when a record on the way is.
     *
     * @throws IllegalArgumentException when there is no such component
     */
    public @Nullable Object value(Record record, String path) {
        int dot = path.indexOf('.');
        Component component = byName.get(dot < 0 ? path : path.substring(0, dot));
        if (component == null || dot >= 0 && !(component.shape instanceof Nested)) {
            throw new IllegalArgumentException(type.getSimpleName() + ": no component " + path);
        }
        Object value = component.of(record);
        if (dot >= 0) {
            String rest = path.substring(dot + 1);
            return value == null ? null : ((Nested) component.shape).shape().value((Record) value, rest);
        }
        if (component.shape instanceof Choice choice) {
            for (Map.Entry<String, Object> constant : choice.constants().entrySet()) {
                if (constant.getValue().equals(value)) {
                    return constant.getKey();
                }
            }
        }
        return value;
    }

    /** The component at a path of names through records within. */
    Component at(List<String> path) {
        RecordShape shape = this;
        for (String outer : path.subList(0, path.size() - 1)) {
            shape = ((Nested) Objects.requireNonNull(shape.byName.get(outer)).shape).shape();
        }
        return Objects.requireNonNull(shape.byName.get(path.get(path.size() - 1)));
    }

    /** The fields that stand under their old names, where they belong. What stands there already wins. */
    public ConfigNode.Mapping withNewNames(ConfigNode.Mapping given) {
        ConfigNode.Mapping mapping = given;
        for (Map.Entry<String, List<String>> one : oldNames.entrySet()) {
            String old = one.getKey();
            ConfigNode value = given.get(old);
            if (value == null) {
                continue;
            }
            mapping = mapping.without(old::equals);
            String in = one.getValue().get(0);
            ConfigNode inner = mapping.get(in);
            if (value.isNull() || inner != null && !inner.isNull() && !(inner instanceof ConfigNode.Mapping)) {
                continue;
            }
            ConfigNode.Mapping into = inner instanceof ConfigNode.Mapping there
                    ? there
                    : ConfigNode.emptyMapping(given.location(), ConfigNode.child(given.path(), in));
            String name = one.getValue().get(1);
            ConfigNode current = into.get(name);
            if (current == null || current.isNull()) {
                mapping = mapping.with(in, into.with(name, value));
            }
        }
        return mapping;
    }

    /** Tells of the fields that have one value under their old name, and another where they belong. */
    public void contradictions(ConfigNode.Mapping given, BiConsumer<ConfigNode, String> sink) {
        for (Map.Entry<String, List<String>> one : oldNames.entrySet()) {
            ConfigNode old = given.get(one.getKey());
            ConfigNode current = given;
            for (String name : one.getValue()) {
                current = current instanceof ConfigNode.Mapping mapping ? mapping.get(name) : null;
            }
            if (old instanceof ConfigNode.Scalar before
                    && current instanceof ConfigNode.Scalar now
                    && !before.isNull()
                    && !now.isNull()
                    && !before.text().equals(now.text())) {
                sink.accept(
                        old,
                        "both deprecated and new field are used but their values mismatch: " + one.getKey() + " = "
                                + before.shown() + " vs " + String.join(".", one.getValue()) + " = " + now.shown());
            }
        }
    }

    /** Adds the values under their old names, as Kong shows both. */
    public void addOldNames(Map<String, @Nullable Object> shown) {
        oldNames.forEach((old, path) -> {
            Object value = shown;
            for (String name : path) {
                value = value instanceof Map<?, ?> map ? map.get(name) : null;
            }
            shown.put(old, value);
        });
    }

    /** What it is for; null when nobody said. */
    public @Nullable String doc() {
        return doc;
    }

    private static Shape shapeOf(Type type, boolean distinct, String where) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == List.class) {
                return new Many(shapeOf(arguments[0], false, where), distinct, true);
            }
            if (generic.getRawType() == Set.class) {
                return new Many(shapeOf(arguments[0], false, where), true, false);
            }
            if (generic.getRawType() == Map.class && arguments[0] == String.class) {
                return new Named(shapeOf(arguments[1], false, where));
            }
        }
        if (type == String.class) {
            return Scalar.STRING;
        }
        if (type == Secret.class) {
            return Scalar.SECRET;
        }
        if (type == int.class || type == Integer.class) {
            return Scalar.INT;
        }
        if (type == long.class || type == Long.class) {
            return Scalar.LONG;
        }
        if (type == double.class || type == Double.class) {
            return Scalar.DOUBLE;
        }
        if (type == boolean.class || type == Boolean.class) {
            return Scalar.BOOLEAN;
        }
        if (type == ConfigNode.Mapping.class) {
            return Scalar.TREE;
        }
        if (type == Object.class) {
            return Scalar.ANY;
        }
        if (type instanceof Class<?> nested && nested.isRecord()) {
            return new Nested(nested);
        }
        if (type instanceof Class<?> choice && choice.isEnum()) {
            return new Choice(constants(choice, where));
        }
        throw new IllegalArgumentException(where + type.getTypeName()
                + " (expected: String, Secret, int, long, double, boolean, an enum, a record, Object, or List, Set or"
                + " Map<String, ...> of these)");
    }

    private static Map<String, Object> constants(Class<?> type, String where) {
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            String javaName = ((Enum<?>) constant).name();
            Field field;
            try {
                field = type.getField(javaName);
            } catch (NoSuchFieldException everyConstantIsAField) {
                throw new IllegalArgumentException(where + javaName, everyConstantIsAField);
            }
            Name own = field.getAnnotation(Name.class);
            constants.put(own != null ? own.value() : javaName.toLowerCase(Locale.ROOT), constant);
        }
        return Collections.unmodifiableMap(constants);
    }

    private static boolean isNullable(RecordComponent component) {
        for (Annotation annotation : component.getAnnotatedType().getAnnotations()) {
            if (annotation.annotationType().getSimpleName().equals("Nullable")) {
                return true;
            }
        }
        return false;
    }

    static String snakeCase(String camelCase) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < camelCase.length(); i++) {
            char c = camelCase.charAt(i);
            if (Character.isUpperCase(c)) {
                name.append('_').append(Character.toLowerCase(c));
            } else {
                name.append(c);
            }
        }
        return name.toString();
    }
}
