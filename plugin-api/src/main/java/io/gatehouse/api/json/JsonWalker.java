package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Walks through many small documents, one after the other, each in one pass and without garbage: for what happens once
 * per event of a stream. It stands at one value at a time; a value that nobody asked for is passed over.
 *
 * <pre>{@code
 * walker.start(data, 0, data.length());
 * if (walker.enterObject()) {
 *   while (walker.nextMember()) {
 *     if (walker.nameIs("usage") && walker.kind() == JsonKind.OBJECT) {
 *       usage = walker.value();
 *     }
 *   }
 * }
 * walker.finish();
 * }</pre>
 *
 * <p>It finds its way, it does not check: {@link JsonBytes} does. Of what it passes over it sees only strings and brackets,
 * and whatever the bytes are, it ends, with a {@link JsonException} when it cannot go on. Of duplicate names every one is
 * shown.
 *
 * <p>For one thread at a time. It keeps a copy of the document it is in, so that the buffer may be let go.
 */
public final class JsonWalker {
    private static final byte[] NOTHING = {};
    private static final Buffer NO_BUFFER = Buffer.buffer(0);

    /** What is kept for the next document; a longer one is rare. */
    private static final int KEPT = 64 * 1024;

    private byte[] bytes = NOTHING;
    private Buffer buffer = NO_BUFFER;
    private int length;

    /** Where the document begins in its buffer. */
    private int base;

    private int at;

    /** Whether {@link #at} is at a value that was neither entered nor passed. */
    private boolean pending;

    private int nameStart;
    private int nameEnd;
    private boolean nameEscaped;

    /** A walker without a document: {@link #start} gives it one. */
    public JsonWalker() {}

    /** Stands at the outermost value of a document. */
    public void start(Buffer buffer, int from, int to) {
        Objects.checkFromToIndex(from, to, buffer.length());
        int size = to - from;
        if (bytes.length < size || bytes.length > KEPT) {
            bytes = new byte[Math.max(size, 512)];
        }
        buffer.getBytes(from, to, bytes, 0);
        this.buffer = buffer;
        base = from;
        length = size;
        at = 0;
        skipSpace();
        pending = true;
    }

    /**
     * The kind of the value it stands at, by its first byte.
     *
     * @throws JsonException when no value begins here
     */
    public JsonKind kind() {
        checkPending();
        int first = current();
        return switch (first) {
            case '{', '[', '"', 't', 'f', 'n', '-' -> JsonKind.of(first);
            default -> {
                if (first < '0' || first > '9') {
                    throw unexpected("a value");
                }
                yield JsonKind.NUMBER;
            }
        };
    }

    /** Goes into the object it stands at, before its first member; false, and nothing else, when it is no object. */
    public boolean enterObject() {
        return enter('{');
    }

    /** Goes into the array it stands at, before its first element; false, and nothing else, when it is no array. */
    public boolean enterArray() {
        return enter('[');
    }

    private boolean enter(char opening) {
        checkPending();
        if (current() != opening) {
            return false;
        }
        at++;
        pending = false;
        return true;
    }

    /**
     * Goes to the next member of the object it is in and stands at its value; false when there is none, and it has left
     * the object.
     *
     * @throws JsonException when there is neither a member nor the object's end
     */
    public boolean nextMember() {
        if (!another('}')) {
            return false;
        }
        if (current() != '"') {
            throw unexpected("a member name");
        }
        nameStart = at + 1;
        nameEscaped = skipString();
        nameEnd = at - 1;
        skipSpace();
        if (current() != ':') {
            throw unexpected("':'");
        }
        at++;
        skipSpace();
        pending = true;
        return true;
    }

    /**
     * Goes to the next element of the array it is in and stands at it; false when there is none, and it has left the array.
     *
     * @throws JsonException when there is neither an element nor the array's end
     */
    public boolean nextElement() {
        if (!another(']')) {
            return false;
        }
        pending = true;
        kind();
        return true;
    }

    private boolean another(char closing) {
        if (pending) {
            skip();
        }
        skipSpace();
        int c = current();
        if (c == closing) {
            at++;
            return false;
        }
        if (c == ',') {
            at++;
            skipSpace();
        }
        return true;
    }

    /** The name of the member it went to last. */
    public String name() {
        return nameEscaped
                ? Reading.text(bytes, nameStart, nameEnd)
                : new String(bytes, nameStart, nameEnd - nameStart, StandardCharsets.UTF_8);
    }

    /** Whether the member it went to last has this name, of ASCII characters; makes no string. */
    public boolean nameIs(String ascii) {
        int size = nameEnd - nameStart;
        if (nameEscaped) {
            return name().equals(ascii);
        }
        if (size != ascii.length()) {
            return false;
        }
        for (int i = 0; i < size; i++) {
            if (bytes[nameStart + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the value it stands at is a string, array or object with nothing in it. Stays where it is. */
    public boolean isEmpty() {
        checkPending();
        int first = current();
        if (first != '"' && first != '{' && first != '[') {
            return false;
        }
        int inner = at + 1;
        while (first != '"' && inner < length && isSpace(bytes[inner])) {
            inner++;
        }
        int closing = first == '"' ? '"' : first + 2;
        return inner < length && bytes[inner] == closing;
    }

    /** Passes the value it stands at. */
    public void skip() {
        JsonKind kind = kind();
        pending = false;
        if (kind == JsonKind.STRING) {
            skipString();
        } else if (kind == JsonKind.OBJECT || kind == JsonKind.ARRAY) {
            skipContainer();
        } else {
            while (at < length && !isSpace(bytes[at]) && !endsScalar(bytes[at])) {
                at++;
            }
        }
    }

    /** Passes the string it stands at and gives its text, escapes resolved; null, and stays, when it is no string. */
    public @Nullable String text() {
        checkPending();
        if (current() != '"') {
            return null;
        }
        pending = false;
        int from = at + 1;
        boolean escaped = skipString();
        return escaped
                ? Reading.text(bytes, from, at - 1)
                : new String(bytes, from, at - 1 - from, StandardCharsets.UTF_8);
    }

    /**
     * Passes the value it stands at and gives it, checked, to be read in place. Unlike the walker it needs the buffer.
     *
     * @throws JsonException when it is not exactly one JSON value
     */
    public JsonValue value() {
        int from = at;
        skip();
        return JsonValue.of(buffer, base + from, base + at);
    }

    /**
     * Ends the document, in which it has left every object and array.
     *
     * @throws JsonException when something follows the outermost value
     */
    public void finish() {
        if (pending) {
            skip();
        }
        skipSpace();
        if (at < length) {
            throw unexpected("the end");
        }
    }

    private void skipContainer() {
        int depth = 0;
        while (true) {
            int c = current();
            switch (c) {
                case '"' -> {
                    skipString();
                    continue;
                }
                case '{', '[' -> depth++;
                case '}', ']' -> depth--;
                case ByteWindow.END -> throw unexpected("'}' or ']'");
                default -> {}
            }
            at++;
            if (depth == 0) {
                return;
            }
        }
    }

    /** Passes the string it stands at; true when there are escapes in it. */
    private boolean skipString() {
        byte[] text = bytes;
        int end = length;
        int i = at + 1;
        boolean escaped = false;
        while (i < end) {
            byte b = text[i];
            if (b == '"') {
                at = i + 1;
                return escaped;
            }
            i++;
            if (b == '\\') {
                escaped = true;
                i = afterEscape(i);
            }
        }
        at = end;
        throw unexpected("the end of the string");
    }

    /** Behind the escape whose second character is at this position; checked, since text is read without looking again. */
    private int afterEscape(int code) {
        int digits = code < length && bytes[code] == 'u' ? 4 : 0;
        at = code;
        if (code + digits >= length || digits == 0 && "\"\\/bfnrt".indexOf(bytes[code]) < 0) {
            throw unexpected("an escape");
        }
        for (int i = 1; i <= digits; i++) {
            if (Character.digit(bytes[code + i], 16) < 0) {
                throw unexpected("four hexadecimal digits");
            }
        }
        return code + digits + 1;
    }

    private void skipSpace() {
        while (at < length && isSpace(bytes[at])) {
            at++;
        }
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static boolean endsScalar(byte b) {
        return b == ',' || b == '}' || b == ']';
    }

    private int current() {
        return at < length ? bytes[at] & 0xFF : ByteWindow.END;
    }

    private void checkPending() {
        if (!pending) {
            throw new IllegalStateException("walker: at no value (expected: after start, nextMember or nextElement)");
        }
    }

    private JsonException unexpected(String expected) {
        return new JsonException(
                base + at, (at < length ? "unexpected byte" : "unexpected end") + " (expected: " + expected + ")");
    }
}
