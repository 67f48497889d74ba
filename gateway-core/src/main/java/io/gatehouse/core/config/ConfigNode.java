package io.gatehouse.core.config;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A value of a configuration file that knows its place. Two nodes are equal when they hold the same data,
 * wherever they stand. Immutable.
 */
public sealed interface ConfigNode {
    /** Where the value begins. */
    Location location();

    /** The path from the root of the file, such as {@code plugins[0].config.key_names}. */
    String path();

    /** The same value under another path. */
    ConfigNode at(String path);

    /** What this value is, in the words of messages: {@code a string}, {@code a map} and so on. */
    String kind();

    /** The value as it may be shown to users: shortened, and with references in place of what they yield. */
    String shown();

    /** Whether this is an explicit or implied null. */
    default boolean isNull() {
        return this instanceof Scalar scalar && scalar.type() == Type.NULL;
    }

    /** The value as JDK types: map, list, string, long, double, boolean or null. */
    @Nullable
    Object toData();

    /** An empty mapping. */
    static Mapping emptyMapping(Location location, String path) {
        return new Mapping(location, path, List.of());
    }

    /** What a scalar holds. */
    enum Type {
        NULL("null"),
        BOOLEAN("a boolean"),
        INTEGER("an integer"),
        NUMBER("a number"),
        STRING("a string");

        private final String words;

        Type(String words) {
            this.words = words;
        }
    }

    /** A single value. */
    final class Scalar implements ConfigNode {
        private static final int SHOWN = 60;

        private final Location location;
        private final String path;
        private final String text;
        private final @Nullable String source;
        private final Type type;
        private final boolean unresolved;

        /**
         * A value as it was read.
         *
         * @param source the text before variables were put in; null when there were none
         * @param unresolved whether a variable in it has no value
         */
        public Scalar(
                Location location, String path, String text, @Nullable String source, Type type, boolean unresolved) {
            this.location = location;
            this.path = path;
            this.text = text;
            this.source = source;
            this.type = type;
            this.unresolved = unresolved;
        }

        @Override
        public Location location() {
            return location;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public Scalar at(String newPath) {
            return new Scalar(location, newPath, text, source, type, unresolved);
        }

        /** The text, unquoted and with variables put in. */
        public String text() {
            return text;
        }

        /** Another text at the same place. */
        public Scalar withText(String other) {
            return new Scalar(location, path, other, source, type, unresolved);
        }

        /** What it holds, by YAML's core rules; quoted text is always a string. */
        public Type type() {
            return type;
        }

        /** Whether some of the text came from a variable, so that it must not be shown. */
        public boolean fromVariable() {
            return source != null;
        }

        /** Whether a variable in it has no value; that was reported, so nothing more is said about it. */
        public boolean unresolved() {
            return unresolved;
        }

        /** The value as a boolean; null when it is none. Plain yes, no, on and off count, as in YAML 1.1. */
        public @Nullable Boolean asBoolean() {
            return (type == Type.BOOLEAN || putIn()) ? Scalars.parseBoolean(text) : null;
        }

        /** The value as an integer; null when it is none or does not fit. */
        public @Nullable Long asLong() {
            return (type == Type.INTEGER || type == Type.NUMBER || putIn()) ? Scalars.parseLong(text) : null;
        }

        /** The value as a number; null when it is none. */
        public @Nullable Double asDouble() {
            return (type == Type.INTEGER || type == Type.NUMBER || putIn()) ? Scalars.parseDouble(text) : null;
        }

        /** A variable yields text; whether that is a number is for the field to say. */
        private boolean putIn() {
            return type == Type.STRING && source != null;
        }

        @Override
        public String kind() {
            return type.words;
        }

        @Override
        public String shown() {
            String text = source != null ? source : this.text;
            int end = text.indexOf('\n');
            int cut = Math.min(end < 0 ? text.length() : end, SHOWN);
            return cut < text.length() ? text.substring(0, cut) + "..." : text;
        }

        /** The text before variables were put in; the text itself when there were none. */
        public String source() {
            return source != null ? source : text;
        }

        @Override
        public @Nullable Object toData() {
            return switch (type) {
                case NULL -> null;
                case BOOLEAN -> asBoolean();
                case INTEGER -> {
                    Long number = asLong();
                    yield number != null ? number : (Object) new BigDecimal(text);
                }
                case NUMBER -> asDouble();
                case STRING -> text;
            };
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Scalar that && type == that.type && text.equals(that.text);
        }

        @Override
        public int hashCode() {
            return text.hashCode();
        }

        @Override
        public String toString() {
            return describe(this);
        }
    }

    /** A list of values. */
    final class Sequence implements ConfigNode {
        private final Location location;
        private final String path;
        private final List<ConfigNode> items;

        /** A list as it was read. */
        public Sequence(Location location, String path, List<ConfigNode> items) {
            this.location = location;
            this.path = path;
            this.items = List.copyOf(items);
        }

        @Override
        public Location location() {
            return location;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public Sequence at(String newPath) {
            List<ConfigNode> moved = new ArrayList<>(items.size());
            for (int i = 0; i < items.size(); i++) {
                moved.add(items.get(i).at(newPath + "[" + i + "]"));
            }
            return new Sequence(location, newPath, moved);
        }

        /** The elements. */
        public List<ConfigNode> items() {
            return items;
        }

        @Override
        public String kind() {
            return "an array";
        }

        @Override
        public String shown() {
            return "an array";
        }

        @Override
        public List<@Nullable Object> toData() {
            List<@Nullable Object> data = new ArrayList<>(items.size());
            for (ConfigNode item : items) {
                data.add(item.toData());
            }
            return Collections.unmodifiableList(data);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Sequence that && items.equals(that.items);
        }

        @Override
        public int hashCode() {
            return items.hashCode();
        }

        @Override
        public String toString() {
            return describe(this);
        }
    }

    /**
     * One field of a mapping.
     *
     * @param name the key
     * @param location where the key stands
     * @param value the value
     */
    record Entry(String name, Location location, ConfigNode value) {}

    /** A set of named values, in the order of the file. */
    final class Mapping implements ConfigNode {
        private final Location location;
        private final String path;
        private final Map<String, Entry> entries;

        /** A mapping as it was read; of two entries with one name the later holds. */
        public Mapping(Location location, String path, Collection<Entry> entries) {
            this(location, path, new LinkedHashMap<>());
            for (Entry entry : entries) {
                this.entries.put(entry.name(), entry);
            }
        }

        /** With a map that is its own from now on. */
        private Mapping(Location location, String path, Map<String, Entry> entries) {
            this.location = location;
            this.path = path;
            this.entries = entries;
        }

        @Override
        public Location location() {
            return location;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public Mapping at(String newPath) {
            List<Entry> moved = new ArrayList<>(entries.size());
            for (Entry entry : entries.values()) {
                moved.add(
                        new Entry(entry.name(), entry.location(), entry.value().at(child(newPath, entry.name()))));
            }
            return new Mapping(location, newPath, moved);
        }

        /** The fields. */
        public Collection<Entry> entries() {
            return Collections.unmodifiableCollection(entries.values());
        }

        /** One field with its key's place; null when absent. */
        public @Nullable Entry entry(String name) {
            return entries.get(name);
        }

        /** The value of one field; null when absent. An explicit null is a node. */
        public @Nullable ConfigNode get(String name) {
            Entry entry = entries.get(name);
            return entry == null ? null : entry.value();
        }

        /** The same with this value in one field. */
        public Mapping with(String name, ConfigNode value) {
            Map<String, Entry> changed = new LinkedHashMap<>(entries);
            Entry before = changed.get(name);
            changed.put(name, new Entry(name, before == null ? value.location() : before.location(), value));
            return new Mapping(location, path, changed);
        }

        /** The same with other values in its fields. */
        public Mapping withValues(Function<Entry, ConfigNode> value) {
            Map<String, Entry> changed = new LinkedHashMap<>(entries);
            changed.replaceAll((name, entry) -> new Entry(name, entry.location(), value.apply(entry)));
            return new Mapping(location, path, changed);
        }

        /** The same without the fields that the names hold. */
        public Mapping without(Predicate<String> names) {
            Map<String, Entry> kept = new LinkedHashMap<>(entries);
            kept.keySet().removeIf(names);
            return kept.size() == entries.size() ? this : new Mapping(location, path, kept);
        }

        /** The same with the fields that only the other has, at every depth; lists are not merged. */
        public Mapping withDefaults(Mapping defaults) {
            Map<String, Entry> merged = new LinkedHashMap<>(entries);
            for (Entry other : defaults.entries()) {
                Entry own = merged.get(other.name());
                if (own == null) {
                    merged.put(other.name(), other);
                } else if (own.value() instanceof Mapping mine && other.value() instanceof Mapping theirs) {
                    merged.put(own.name(), new Entry(own.name(), own.location(), mine.withDefaults(theirs)));
                }
            }
            return new Mapping(location, path, merged);
        }

        @Override
        public String kind() {
            return "a map";
        }

        @Override
        public String shown() {
            return "a map";
        }

        @Override
        public Map<String, @Nullable Object> toData() {
            Map<String, @Nullable Object> data = new LinkedHashMap<>();
            for (Entry entry : entries.values()) {
                data.put(entry.name(), entry.value().toData());
            }
            return Collections.unmodifiableMap(data);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            if (!(other instanceof Mapping that) || entries.size() != that.entries.size()) {
                return false;
            }
            for (Entry entry : entries.values()) {
                if (!Objects.equals(entry.value(), that.get(entry.name()))) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            int hash = 0;
            for (Entry entry : entries.values()) {
                hash += entry.name().hashCode() ^ entry.value().hashCode();
            }
            return hash;
        }

        @Override
        public String toString() {
            return describe(this);
        }
    }

    /** Without values: which of them are secrets is not known here. */
    private static String describe(ConfigNode node) {
        return node.kind() + " at " + node.location();
    }

    /** A string that the file does not have as such, at the place of what it was made from. */
    static Scalar string(Location location, String path, String text) {
        return new Scalar(location, path, text, null, Type.STRING, false);
    }

    /** Stands where a value is missing and that was reported, so that nothing more is said about it. */
    static Scalar unresolved(Location location, String path) {
        return new Scalar(location, path, "", null, Type.STRING, true);
    }

    /** The path of a field of the value at a path. */
    static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
