package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes compact JSON: a JDK value in one call, or member by member without a tree in between.
 *
 * <p>{@link #write} takes {@code Map} with String keys, {@code Iterable}, {@code CharSequence}, {@code Boolean}, {@code
 * null}, the number types of {@code java.lang} and {@code java.math}, and {@link JsonValue}, whose bytes are taken over as
 * they are. It is meant for small values and may be called from any thread.
 *
 * <p>What is written often is written step by step; commas are set by the writer. Whether the steps make a document is up
 * to the caller: a name is followed by one value, what was begun is ended.
 *
 * <pre>{@code
 * private static final JsonName STATUS = JsonName.of("status");
 *
 * JsonWriter json = new JsonWriter();
 * json.beginObject().name(STATUS).value(200).name("reason").value("ok").endObject();
 * byte[] text = json.toBytes();   // {"status":200,"reason":"ok"}
 * json.reset();                   // and write the next one into the same memory
 * }</pre>
 *
 * <p>A writer belongs to one thread at a time.
 */
public final class JsonWriter {
    private static final int MAX_DEPTH = 512;
    private static final int MAX_KEPT = 64 * 1024;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

    /** ASCII characters that stand for themselves in a string. */
    private static final boolean[] PLAIN = new boolean[128];

    static {
        for (int c = 0x20; c < 0x80; c++) {
            PLAIN[c] = c != '"' && c != '\\';
        }
    }

    private byte[] bytes;
    private int length;

    /** Whether something stands before the next name, value or element that a comma must part it from. */
    private boolean comma;

    /** Makes an empty writer. */
    public JsonWriter() {
        this(64);
    }

    JsonWriter(int capacity) {
        bytes = new byte[capacity];
    }

    /**
     * The JSON text of a value.
     *
     * @throws IllegalArgumentException when a value has a type that JSON has no form for, a number is not finite, a key is
     *     no String, or more than 512 levels are nested
     */
    public static Buffer write(@Nullable Object value) {
        return Buffer.buffer(bytes(value));
    }

    static byte[] bytes(@Nullable Object value) {
        JsonWriter writer = new JsonWriter();
        writer.value(value, 0);
        return writer.toBytes();
    }

    // ---- step by step

    /** Begins an object. */
    public JsonWriter beginObject() {
        return begin('{');
    }

    /** Ends an object. */
    public JsonWriter endObject() {
        return end('}');
    }

    /** Begins an array. */
    public JsonWriter beginArray() {
        return begin('[');
    }

    /** Ends an array. */
    public JsonWriter endArray() {
        return end(']');
    }

    private JsonWriter begin(char bracket) {
        part();
        put(bracket);
        comma = false;
        return this;
    }

    private JsonWriter end(char bracket) {
        put(bracket);
        comma = true;
        return this;
    }

    /** Writes the name of the next member. */
    public JsonWriter name(JsonName name) {
        byte[] text = name.afterComma();
        int from = comma ? 0 : 1;
        reserve(text.length);
        System.arraycopy(text, from, bytes, length, text.length - from);
        length += text.length - from;
        comma = false;
        return this;
    }

    /** Writes the name of the next member. */
    public JsonWriter name(String name) {
        part();
        string(name);
        put(':');
        comma = false;
        return this;
    }

    /** Writes a string, or null. */
    public JsonWriter value(@Nullable String text) {
        part();
        if (text == null) {
            raw(NULL);
        } else {
            string(text);
        }
        comma = true;
        return this;
    }

    /** Writes a whole number. */
    public JsonWriter value(long number) {
        part();
        digits(number);
        comma = true;
        return this;
    }

    /**
     * Writes a number.
     *
     * @throws IllegalArgumentException when it is not finite
     */
    public JsonWriter value(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw new IllegalArgumentException("value: " + number + " (expected: a finite number)");
        }
        part();
        ascii(Double.toString(number));
        comma = true;
        return this;
    }

    /** Writes true or false. */
    public JsonWriter value(boolean value) {
        part();
        raw(value ? TRUE : FALSE);
        comma = true;
        return this;
    }

    /**
     * Writes any value that {@link #write} takes.
     *
     * @throws IllegalArgumentException as {@link #write} does; what was written of the value until then stays
     */
    public JsonWriter any(@Nullable Object value) {
        part();
        value(value, 0);
        comma = true;
        return this;
    }

    /** Takes over what is JSON already: a value, or some members or elements with commas between them. */
    public JsonWriter prepared(byte[] json) {
        part();
        raw(json);
        comma = true;
        return this;
    }

    /** Begins a string that is written in several pieces. */
    public JsonWriter beginString() {
        part();
        put('"');
        return this;
    }

    /** Writes a piece of a string. A surrogate pair must not be torn apart. */
    public JsonWriter piece(String text) {
        characters(text);
        return this;
    }

    /** Ends a string that was written in pieces. */
    public JsonWriter endString() {
        put('"');
        comma = true;
        return this;
    }

    /** How many bytes were written. */
    public int length() {
        return length;
    }

    /** What was written, as a copy. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    /** Forgets what was written. The memory is kept for the next text, up to 64 KiB of it. */
    public JsonWriter reset() {
        if (bytes.length > MAX_KEPT) {
            bytes = new byte[MAX_KEPT];
        }
        length = 0;
        comma = false;
        return this;
    }

    private void part() {
        if (comma) {
            put(',');
        }
    }

    // ---- bytes, without any thought of commas

    void raw(byte[] text) {
        reserve(text.length);
        System.arraycopy(text, 0, bytes, length, text.length);
        length += text.length;
    }

    void put(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    private void digits(long number) {
        if (number == Long.MIN_VALUE) {
            ascii(Long.toString(number));
            return;
        }
        long rest = Math.abs(number);
        int size = number < 0 ? 2 : 1;
        for (long n = rest; n > 9; n /= 10) {
            size++;
        }
        reserve(size);
        int at = length + size;
        length = at;
        do {
            bytes[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        } while (rest > 0);
        if (number < 0) {
            bytes[--at] = '-';
        }
    }

    private void value(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("value: nested too deeply (expected: at most " + MAX_DEPTH + " levels)");
        }
        if (value == null) {
            raw(NULL);
        } else if (value instanceof CharSequence text) {
            string(text);
        } else if (value instanceof Boolean || isNumber(value)) {
            ascii(value.toString());
        } else if (value instanceof Map<?, ?> map) {
            object(map, depth);
        } else if (value instanceof Iterable<?> elements) {
            array(elements, depth);
        } else if (value instanceof JsonValue json) {
            raw(json.raw().getBytes());
        } else {
            throw new IllegalArgumentException("value: " + value.getClass().getName()
                    + " (expected: Map, Iterable, CharSequence, Number, Boolean, JsonValue or null)");
        }
    }

    private static boolean isNumber(Object value) {
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (Double.isNaN(number) || Double.isInfinite(number)) {
                throw new IllegalArgumentException("value: " + value + " (expected: a finite number)");
            }
            return true;
        }
        return value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte
                || value instanceof BigDecimal
                || value instanceof BigInteger;
    }

    private void object(Map<?, ?> map, int depth) {
        put('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!(entry.getKey() instanceof String name)) {
                throw new IllegalArgumentException("key: " + entry.getKey() + " (expected: a String)");
            }
            if (!first) {
                put(',');
            }
            first = false;
            string(name);
            put(':');
            value(entry.getValue(), depth + 1);
        }
        put('}');
    }

    private void array(Iterable<?> elements, int depth) {
        put('[');
        boolean first = true;
        for (Object element : elements) {
            if (!first) {
                put(',');
            }
            first = false;
            value(element, depth + 1);
        }
        put(']');
    }

    private void ascii(String text) {
        for (int i = 0; i < text.length(); i++) {
            put(text.charAt(i));
        }
    }

    /** Writes a string; half a surrogate pair, which UTF-8 cannot express, is written as an escape. */
    void string(CharSequence text) {
        put('"');
        characters(text);
        put('"');
    }

    private void characters(CharSequence text) {
        int size = text.length();
        reserve(size + 1);
        byte[] out = bytes;
        int at = length;
        int i = 0;
        while (i < size) {
            char c = text.charAt(i);
            if (c >= 0x80 || !PLAIN[c]) {
                break;
            }
            out[at++] = (byte) c;
            i++;
        }
        length = at;
        if (i < size) {
            odd(text, i);
        }
    }

    /** Writes characters of which some are no plain ASCII. */
    private void odd(CharSequence text, int from) {
        int size = text.length();
        for (int i = from; i < size; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                asciiInString(c);
            } else if (c < 0xA0 || c == 0x2028 || c == 0x2029) {
                escaped(c); // where some readers of lines take a new one to begin
            } else if (c < 0x800) {
                put((char) (0xC0 | (c >> 6)));
                put((char) (0x80 | (c & 0x3F)));
            } else if (!Character.isSurrogate(c)) {
                put((char) (0xE0 | (c >> 12)));
                put((char) (0x80 | ((c >> 6) & 0x3F)));
                put((char) (0x80 | (c & 0x3F)));
            } else if (Character.isHighSurrogate(c) && i + 1 < size && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                int point = Character.toCodePoint(c, text.charAt(i));
                put((char) (0xF0 | (point >> 18)));
                put((char) (0x80 | ((point >> 12) & 0x3F)));
                put((char) (0x80 | ((point >> 6) & 0x3F)));
                put((char) (0x80 | (point & 0x3F)));
            } else {
                escaped(c);
            }
        }
    }

    private void asciiInString(char c) {
        if (PLAIN[c]) {
            put(c);
            return;
        }
        char code = switch (c) {
            case '"', '\\' -> c;
            case '\b' -> 'b';
            case '\f' -> 'f';
            case '\n' -> 'n';
            case '\r' -> 'r';
            case '\t' -> 't';
            default -> 'u';
        };
        if (code == 'u') {
            escaped(c);
        } else {
            put('\\');
            put(code);
        }
    }

    private void escaped(char c) {
        put('\\');
        put('u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            put((char) HEX[(c >> shift) & 15]);
        }
    }
}
