package io.gatehouse.core.config;

import java.math.BigDecimal;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.RandomAccess;
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

    /**
     * The same value, made of the parts of another one wherever they are the same, place and path too. Thousands of entities
     * say the same in most of their fields; what an edit adds is then little more than what it says anew.
     */
    ConfigNode sharedWith(ConfigNode other);

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

    /** The other path if it is the same, so that one of the two can go. */
    private static String shared(String path, ConfigNode other) {
        return path.equals(other.path()) ? other.path() : path;
    }

    /** Whether two values stand at the same place under the same path. */
    private static boolean isAlike(ConfigNode one, ConfigNode other) {
        return one.path().equals(other.path()) && one.location().equals(other.location());
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

        @Override
        @SuppressWarnings("ReferenceEquality") // an equal path that is another object
        public Scalar sharedWith(ConfigNode other) {
            if (equals(other)
                    && other instanceof Scalar that
                    && unresolved == that.unresolved
                    && Objects.equals(source, that.source)
                    && isAlike(this, that)) {
                return that;
            }
            String known = shared(path, other);
            return known == path ? this : at(known);
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

        @Override
        @SuppressWarnings("ReferenceEquality") // the very same items
        public Sequence sharedWith(ConfigNode other) {
            List<ConfigNode> theirs = other instanceof Sequence that ? that.items : List.of();
            List<ConfigNode> own = new ArrayList<>(items.size());
            boolean same = other instanceof Sequence && items.size() == theirs.size() && isAlike(this, other);
            for (int i = 0; i < items.size(); i++) {
                ConfigNode item = items.get(i);
                ConfigNode kept = i < theirs.size() ? item.sharedWith(theirs.get(i)) : item;
                same = same && kept == theirs.get(i);
                own.add(kept);
            }
            return same ? (Sequence) other : new Sequence(location, shared(path, other), own);
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
        private final FieldNames names;
        private final ConfigNode[] values;
        private final Location @Nullable [] places;

        /** A mapping as it was read; of two entries with one name the later holds. */
        public Mapping(Location location, String path, Collection<Entry> entries) {
            List<Entry> all = List.copyOf(entries);
            FieldNames found = namesOf(all);
            if (found == null) {
                Map<String, Entry> distinct = new LinkedHashMap<>();
                all.forEach(entry -> distinct.put(entry.name(), entry));
                all = List.copyOf(distinct.values());
                found = Objects.requireNonNull(namesOf(all));
            }
            this.location = location;
            this.path = path;
            this.names = found;
            this.values = new ConfigNode[all.size()];
            Location[] keys = new Location[all.size()];
            boolean elsewhere = false;
            for (int i = 0; i < keys.length; i++) {
                Entry entry = all.get(i);
                values[i] = entry.value();
                keys[i] = entry.location();
                elsewhere |= !keys[i].equals(location);
            }
            this.places = elsewhere ? keys : null;
        }

        /**
         * With arrays that are its own from now on.
         *
         * @param places where the keys stand; null when that is where the mapping stands
         */
        private Mapping(
                Location location, String path, FieldNames names, ConfigNode[] values, Location @Nullable [] places) {
            this.location = location;
            this.path = path;
            this.names = names;
            this.values = values;
            this.places = places;
        }

        private static @Nullable FieldNames namesOf(List<Entry> entries) {
            String[] names = new String[entries.size()];
            for (int i = 0; i < names.length; i++) {
                names[i] = entries.get(i).name();
            }
            return FieldNames.of(names);
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
            ConfigNode[] moved = new ConfigNode[values.length];
            for (int i = 0; i < moved.length; i++) {
                moved[i] = values[i].at(child(newPath, names.at(i)));
            }
            return new Mapping(location, newPath, names, moved, places);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // the very same values
        public Mapping sharedWith(ConfigNode other) {
            if (!(other instanceof Mapping that)) {
                return this;
            }
            FieldNames known = names.sharedWith(that.names);
            boolean same = known == that.names && Arrays.equals(places, that.places) && isAlike(this, that);
            ConfigNode[] own = new ConfigNode[values.length];
            for (int i = 0; i < own.length; i++) {
                ConfigNode theirs = that.get(names.at(i));
                own[i] = theirs == null ? values[i] : values[i].sharedWith(theirs);
                same = same && own[i] == theirs;
            }
            return same ? that : new Mapping(location, shared(path, that), known, own, places);
        }

        /** The fields. */
        public List<Entry> entries() {
            return new Entries(this);
        }

        private Entry entryAt(int place) {
            return new Entry(names.at(place), placeAt(place), values[place]);
        }

        private Location placeAt(int place) {
            return places == null ? location : places[place];
        }

        /** One field with its key's place; null when absent. */
        public @Nullable Entry entry(String name) {
            int place = names.find(name);
            return place < 0 ? null : entryAt(place);
        }

        /** The value of one field; null when absent. An explicit null is a node. */
        public @Nullable ConfigNode get(String name) {
            int place = names.find(name);
            return place < 0 ? null : values[place];
        }

        /** The same with this value in one field. */
        public Mapping with(String name, ConfigNode value) {
            int place = names.find(name);
            if (place >= 0) {
                ConfigNode[] changed = values.clone();
                changed[place] = value;
                return new Mapping(location, path, names, changed, places);
            }
            List<Entry> more = new ArrayList<>(entries());
            more.add(new Entry(name, value.location(), value));
            return new Mapping(location, path, more);
        }

        /** The same with other values in its fields. */
        public Mapping withValues(Function<Entry, ConfigNode> value) {
            ConfigNode[] changed = new ConfigNode[values.length];
            for (int i = 0; i < changed.length; i++) {
                changed[i] = value.apply(entryAt(i));
            }
            return new Mapping(location, path, names, changed, places);
        }

        /** The same without the fields that the names hold. */
        public Mapping without(Predicate<String> fields) {
            List<Entry> kept = new ArrayList<>(values.length);
            for (int i = 0; i < values.length; i++) {
                if (!fields.test(names.at(i))) {
                    kept.add(entryAt(i));
                }
            }
            return kept.size() == values.length ? this : new Mapping(location, path, kept);
        }

        /** The same with the fields that only the other has, at every depth; lists are not merged. */
        public Mapping withDefaults(Mapping defaults) {
            List<Entry> merged = new ArrayList<>(values.length + defaults.values.length);
            for (Entry own : entries()) {
                merged.add(
                        own.value() instanceof Mapping mine && defaults.get(own.name()) instanceof Mapping theirs
                                ? new Entry(own.name(), own.location(), mine.withDefaults(theirs))
                                : own);
            }
            for (Entry other : defaults.entries()) {
                if (names.find(other.name()) < 0) {
                    merged.add(other);
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
            for (int i = 0; i < values.length; i++) {
                data.put(names.at(i), values[i].toData());
            }
            return Collections.unmodifiableMap(data);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            if (!(other instanceof Mapping that) || values.length != that.values.length) {
                return false;
            }
            for (int i = 0; i < values.length; i++) {
                if (!values[i].equals(that.get(names.at(i)))) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            int hash = 0;
            for (int i = 0; i < values.length; i++) {
                hash += names.at(i).hashCode() ^ values[i].hashCode();
            }
            return hash;
        }

        @Override
        public String toString() {
            return describe(this);
        }

        /** The fields of a mapping, made when they are looked at. */
        private static final class Entries extends AbstractList<Entry> implements RandomAccess {
            private final Mapping mapping;

            Entries(Mapping mapping) {
                this.mapping = mapping;
            }

            @Override
            public Entry get(int index) {
                return mapping.entryAt(index);
            }

            @Override
            public int size() {
                return mapping.values.length;
            }
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

    /** A whole number that the file does not have as such. */
    static Scalar number(Location location, String path, long number) {
        return new Scalar(location, path, Long.toString(number), null, Type.INTEGER, false);
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
