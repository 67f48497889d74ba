package io.gatehouse.api.json;

import static java.util.Objects.requireNonNull;

import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A JSON document as the bytes it came in: checked strictly in one pass, read by pointer, changed by splicing.
 *
 * <p>What is not edited keeps every byte: white space, the order and duplicates of members, numbers such as
 * {@code 1e400}; {@link #ambiguity} tells of what others may read otherwise. Pointers are explained at {@link JsonValue}.
 * Checking notes where the members of the outermost object are, so that reading {@code /model} does not pass through a long
 * {@code /messages} again.
 *
 * <pre>{@code
 * JsonBytes body = JsonBytes.scan(bytes);
 * String model = body.text("/model");
 * Buffer changed = body.edit().set("/model", "small").set("/stream_options/include_usage", true).apply();
 * }</pre>
 *
 * <p>For one thread at a time; the buffer must not be changed while this is in use.
 */
public final class JsonBytes {
    private final ByteWindow window;
    private final Members members;
    private final JsonValue root;
    private final @Nullable String oddity;

    private JsonBytes(ByteWindow window, JsonScanner scanner) {
        this.window = window;
        members = scanner.scan();
        root = new JsonValue(window, members.count() == 0 ? null : members, scanner.start(), scanner.end());
        oddity = scanner.oddity();
    }

    /**
     * Checks a buffer with {@link JsonLimits#DEFAULT}.
     *
     * @throws JsonException when it is not exactly one JSON value in UTF-8, with the offset of the first bad byte
     */
    public static JsonBytes scan(Buffer buffer) {
        return scan(buffer, JsonLimits.DEFAULT);
    }

    /**
     * Checks a buffer.
     *
     * @throws JsonException when it is not exactly one JSON value in UTF-8 or nested too deeply
     */
    public static JsonBytes scan(Buffer buffer, JsonLimits limits) {
        return scan(buffer, 0, buffer.length(), limits);
    }

    /**
     * Checks a part of a buffer, without copying it. Offsets are those of the buffer.
     *
     * @throws JsonException when the part is not exactly one JSON value in UTF-8 or nested too deeply
     */
    public static JsonBytes scan(Buffer buffer, int from, int to, JsonLimits limits) {
        requireNonNull(buffer, "buffer");
        requireNonNull(limits, "limits");
        Objects.checkFromToIndex(from, to, buffer.length());
        ByteWindow window = new ByteWindow(buffer, from, to);
        return new JsonBytes(window, new JsonScanner(window, limits));
    }

    /**
     * What readers of this document do not agree on, although it is JSON; null when there is nothing of the kind. That is: a
     * number too large for a double, half of a surrogate pair, a name that two members of the outermost object have. Whoever
     * decides by a document and passes it on had better refuse such a one: what reads it next could see something else.
     *
     * <p>Names further in are not looked at. Nothing is read again for this, but the names of an object of many members.
     *
     * @param anyCase whether names count as the same that differ in their case alone, as they do for some readers
     * @return the first such place and what was expected there, in the form of the messages of {@link JsonException}
     */
    public @Nullable String ambiguity(boolean anyCase) {
        if (oddity != null) {
            return oddity;
        }
        int repeated = members.repeated(window, anyCase);
        return repeated < 0
                ? null
                : JsonException.text(
                        members.nameStart(repeated) - 1,
                        "an earlier member's name (expected: each name once" + (anyCase ? ", in whatever case)" : ")"));
    }

    /** The outermost value. */
    public JsonValue root() {
        return root;
    }

    /** The kind of the outermost value. */
    public JsonKind kind() {
        return root.kind();
    }

    /** The kind of the value at the pointer, null when there is none. */
    public @Nullable JsonKind kind(String pointer) {
        return root.kind(pointer);
    }

    /** Whether the pointer leads to a value, {@code null} included. */
    public boolean exists(String pointer) {
        return root.exists(pointer);
    }

    /** The value at the pointer, null when there is none. */
    public @Nullable JsonValue at(String pointer) {
        return root.at(pointer);
    }

    /** The text of the string at the pointer, null when there is no string. */
    public @Nullable String text(String pointer) {
        return root.text(pointer);
    }

    /** The whole number at the pointer, see {@link JsonValue#longValue(String)}. */
    public OptionalLong longValue(String pointer) {
        return root.longValue(pointer);
    }

    /** The number at the pointer, see {@link JsonValue#doubleValue(String)}. */
    public OptionalDouble doubleValue(String pointer) {
        return root.doubleValue(pointer);
    }

    /** The boolean at the pointer, null when there is none. */
    public @Nullable Boolean bool(String pointer) {
        return root.bool(pointer);
    }

    /** The bytes of the value at the pointer, as a slice that shares the buffer's memory; null when there is none. */
    public @Nullable Buffer raw(String pointer) {
        return root.raw(pointer);
    }

    /** How many elements or members the value at the pointer has; 0 when it has none. */
    public int size(String pointer) {
        return root.size(pointer);
    }

    /** Whether the pointer leads to an array or object that is not empty; does not walk through it. */
    public boolean hasElements(String pointer) {
        return root.hasElements(pointer);
    }

    /** The elements of the array at the pointer, see {@link JsonValue#elements(String)}. */
    public Iterable<JsonValue> elements(String pointer) {
        return root.elements(pointer);
    }

    /** How many members the outermost object has, duplicates counted; 0 when it is none. */
    public int memberCount() {
        return members.count();
    }

    /** The name of a member of the outermost object, by its place in the document from 0. */
    public String memberName(int member) {
        Objects.checkIndex(member, members.count());
        return Reading.text(window, members.nameStart(member), members.nameEnd(member));
    }

    /** The value of a member of the outermost object, by its place in the document from 0. */
    public JsonValue member(int member) {
        Objects.checkIndex(member, members.count());
        return new JsonValue(window, null, members.valueStart(member), members.valueEnd(member));
    }

    /** The document as JDK objects, see {@link JsonValue#toTree()}. */
    public @Nullable Object toTree() {
        return root.toTree();
    }

    /** The checked bytes: the buffer itself, or a slice of it when a part was checked. */
    public Buffer bytes() {
        Buffer buffer = window.buffer();
        return window.start() == 0 && window.end() == buffer.length()
                ? buffer
                : buffer.slice(window.start(), window.end());
    }

    /** Starts a set of changes; this document stays as it is. */
    public JsonEdit edit() {
        return new JsonEdit(this, window, members);
    }
}
