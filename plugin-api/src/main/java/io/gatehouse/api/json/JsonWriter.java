package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JDK values as compact JSON: {@code Map} with String keys, {@code Iterable}, {@code CharSequence}, {@code Boolean},
 * {@code null}, the number types of {@code java.lang} and {@code java.math}, and {@link JsonValue}, whose bytes are taken
 * over as they are. Meant for small values. {@link #write} may be called from any thread.
 */
public final class JsonWriter {
    private static final int MAX_DEPTH = 512;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[64];
    private int length;

    JsonWriter() {}

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

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

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

    private void value(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("value: nested too deeply (expected: at most " + MAX_DEPTH + " levels)");
        }
        if (value == null) {
            ascii("null");
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
        int size = text.length();
        for (int i = 0; i < size; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                asciiInString(c);
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
        put('"');
    }

    private void asciiInString(char c) {
        if (c >= 0x20 && c != '"' && c != '\\') {
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
