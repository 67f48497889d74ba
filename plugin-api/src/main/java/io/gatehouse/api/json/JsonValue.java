package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One value inside a checked document: a range of its bytes, read in place.
 *
 * <p>Pointers are JSON pointers (RFC 6901): {@code ""} is the value itself, {@code /usage/prompt_tokens} a member of a
 * member, {@code /choices/0} an element, {@code ~0} and {@code ~1} stand for {@code ~} and {@code /}. Of duplicate names
 * the last one is read. A pointer that leads nowhere, or to a value of another kind than the one asked for, reads as null
 * or empty; one that is no pointer at all throws {@link IllegalArgumentException}.
 *
 * <pre>{@code
 * JsonValue chunk = JsonValue.of(event, 6, event.length());
 * OptionalLong tokens = chunk.longValue("/usage/completion_tokens");
 * }</pre>
 *
 * <p>For one thread at a time, like its document; valid as long as the buffer is not changed.
 */
public final class JsonValue {
    private final ByteWindow window;
    private final @Nullable Members members;
    private final int from;
    private final int to;

    JsonValue(ByteWindow window, @Nullable Members members, int from, int to) {
        this.window = window;
        this.members = members;
        this.from = from;
        this.to = to;
    }

    /**
     * Checks and reads a part of a buffer, such as the data of one server-sent event, without copying it.
     *
     * @throws JsonException when the part is not exactly one JSON value
     */
    public static JsonValue of(Buffer buffer, int from, int to) {
        return JsonBytes.scan(buffer, from, to, JsonLimits.DEFAULT).root();
    }

    /** The kind of this value. */
    public JsonKind kind() {
        return JsonKind.of(window.at(from));
    }

    /** The kind of the value at the pointer, null when there is none. */
    public @Nullable JsonKind kind(String pointer) {
        long range = locate(pointer);
        return range == Reading.ABSENT ? null : JsonKind.of(window.at(Reading.from(range)));
    }

    /** Whether the pointer leads to a value, {@code null} included. */
    public boolean exists(String pointer) {
        return locate(pointer) != Reading.ABSENT;
    }

    /** The value at the pointer, null when there is none. */
    public @Nullable JsonValue at(String pointer) {
        long range = locate(pointer);
        return range == Reading.ABSENT
                ? null
                : new JsonValue(window, pointer.isEmpty() ? members : null, Reading.from(range), Reading.to(range));
    }

    /** The text of this value, null when it is no string. */
    public @Nullable String text() {
        return text("");
    }

    /** The text of the string at the pointer, escapes resolved; null when there is no string. */
    public @Nullable String text(String pointer) {
        long range = locate(pointer);
        if (range == Reading.ABSENT || window.at(Reading.from(range)) != '"') {
            return null;
        }
        return Reading.text(window, Reading.from(range) + 1, Reading.to(range) - 1);
    }

    /** This value as a whole number, see {@link #longValue(String)}. */
    public OptionalLong longValue() {
        return longValue("");
    }

    /**
     * The whole number at the pointer; empty when there is no number, it has a fraction or does not fit. {@code 512.0}
     * and {@code 5e2} are whole.
     */
    public OptionalLong longValue(String pointer) {
        long range = locate(pointer);
        if (range == Reading.ABSENT || JsonKind.of(window.at(Reading.from(range))) != JsonKind.NUMBER) {
            return OptionalLong.empty();
        }
        Long value = Reading.whole(window, Reading.from(range), Reading.to(range));
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /** This value as a double, see {@link #doubleValue(String)}. */
    public OptionalDouble doubleValue() {
        return doubleValue("");
    }

    /** The number at the pointer, rounded to a double; empty when there is no number or it is too large for a double. */
    public OptionalDouble doubleValue(String pointer) {
        long range = locate(pointer);
        if (range == Reading.ABSENT || JsonKind.of(window.at(Reading.from(range))) != JsonKind.NUMBER) {
            return OptionalDouble.empty();
        }
        double value = Reading.real(window, Reading.from(range), Reading.to(range));
        return Double.isInfinite(value) ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** This value as a boolean, null when it is none. */
    public @Nullable Boolean bool() {
        return bool("");
    }

    /** The boolean at the pointer, null when there is none. */
    public @Nullable Boolean bool(String pointer) {
        long range = locate(pointer);
        int first = range == Reading.ABSENT ? ByteWindow.END : window.at(Reading.from(range));
        return first == 't' ? Boolean.TRUE : first == 'f' ? Boolean.FALSE : null;
    }

    /** The bytes of this value: a slice that shares the buffer's memory. */
    public Buffer raw() {
        return window.buffer().slice(from, to);
    }

    /** The bytes of the value at the pointer, as a slice that shares the buffer's memory; null when there is none. */
    public @Nullable Buffer raw(String pointer) {
        long range = locate(pointer);
        return range == Reading.ABSENT ? null : window.buffer().slice(Reading.from(range), Reading.to(range));
    }

    /** How many elements or members, duplicates counted, this value has; 0 when it is no array or object. */
    public int size() {
        return size("");
    }

    /** How many elements or members, duplicates counted, the value at the pointer has; 0 when it has none. */
    public int size(String pointer) {
        long range = locate(pointer);
        int first = range == Reading.ABSENT ? ByteWindow.END : window.at(Reading.from(range));
        if (first != '[' && first != '{') {
            return 0;
        }
        Cursor cursor = new Cursor(window, Reading.from(range));
        int count = 0;
        while (first == '[' ? cursor.nextElement() : cursor.nextMember()) {
            count++;
        }
        return count;
    }

    /** Whether the pointer leads to an array with at least one element, or an object with at least one member. */
    public boolean hasElements(String pointer) {
        long range = locate(pointer);
        int first = range == Reading.ABSENT ? ByteWindow.END : window.at(Reading.from(range));
        if (first != '[' && first != '{') {
            return false;
        }
        int inner = window.at(window.skipSpace(Reading.from(range) + 1));
        return inner != ']' && inner != '}';
    }

    /**
     * The elements of the array at the pointer, found one after the other as the iteration proceeds; nothing when there is
     * no array.
     */
    public Iterable<JsonValue> elements(String pointer) {
        long range = locate(pointer);
        boolean array = range != Reading.ABSENT && window.at(Reading.from(range)) == '[';
        return () -> new Elements(window, array ? Reading.from(range) : -1);
    }

    /** The elements of this array; nothing when it is none. */
    public Iterable<JsonValue> elements() {
        return elements("");
    }

    /** Hands every member of this object to the visitor, in document order, duplicates included. */
    public void forEachMember(BiConsumer<String, JsonValue> visitor) {
        if (kind() != JsonKind.OBJECT) {
            return;
        }
        Cursor cursor = new Cursor(window, from);
        while (cursor.nextMember()) {
            visitor.accept(
                    Reading.text(window, cursor.nameStart(), cursor.nameEnd()),
                    new JsonValue(window, null, cursor.valueStart(), cursor.valueEnd()));
        }
    }

    /** Where this value starts in the buffer. */
    public int start() {
        return from;
    }

    /** Behind this value's last byte in the buffer. */
    public int end() {
        return to;
    }

    /**
     * This value as new JDK objects: {@code LinkedHashMap} (last duplicate wins), {@code ArrayList}, String, Boolean,
     * null, and for numbers Long when whole and in range, Double when at most 15 digits keep their value, else
     * {@code BigDecimal}.
     *
     * @throws JsonException when a number is longer than 1000 characters or beyond any number type
     */
    public @Nullable Object toTree() {
        return Reading.tree(window, from, to);
    }

    private long locate(String pointer) {
        return Reading.locate(window, members, from, to, pointer);
    }

    private static final class Elements implements Iterator<JsonValue> {
        private final ByteWindow window;
        private final Cursor cursor;
        private boolean ready;

        Elements(ByteWindow window, int container) {
            this.window = window;
            cursor = new Cursor(window, container);
            ready = container >= 0 && cursor.nextElement();
        }

        @Override
        public boolean hasNext() {
            return ready;
        }

        @Override
        public JsonValue next() {
            if (!ready) {
                throw new NoSuchElementException();
            }
            JsonValue value = new JsonValue(window, null, cursor.valueStart(), cursor.valueEnd());
            ready = cursor.nextElement();
            return value;
        }
    }
}
