package io.gatehouse.api.json;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads from bytes that are known to be valid JSON. A range is packed into a long: start above, end below. */
final class Reading {
    static final long ABSENT = -1;

    /** Longer numbers are read as bytes only: turning digits into a number takes quadratic time. */
    private static final int MAX_NUMBER_LENGTH = 1000;

    private static final int EXACT_DIGITS = 15;

    private static final boolean[] TEXT = new boolean[256];
    private static final boolean[] PLAIN_VALUE = new boolean[256];
    private static final boolean[] NOT_STRUCTURE = new boolean[256];

    static {
        for (int i = 0; i < 256; i++) {
            TEXT[i] = i != '"' && i != '\\';
            PLAIN_VALUE[i] = " \n\r\t,]}".indexOf(i) < 0;
            NOT_STRUCTURE[i] = "\"[]{}".indexOf(i) < 0;
        }
    }

    private Reading() {}

    static long range(int from, int to) {
        return ((long) from << 32) | to;
    }

    static int from(long range) {
        return (int) (range >>> 32);
    }

    static int to(long range) {
        return (int) range;
    }

    /** Behind the string whose opening quote is at this position. */
    static int skipString(ByteWindow window, int quote) {
        int at = quote + 1;
        while (true) {
            at = window.skip(at, TEXT);
            if (window.at(at) == '"') {
                return at + 1;
            }
            at += 2;
        }
    }

    /** Behind the value that starts at this position. */
    static int skipValue(ByteWindow window, int start) {
        int c = window.at(start);
        if (c == '"') {
            return skipString(window, start);
        }
        if (c != '{' && c != '[') {
            return window.skip(start, PLAIN_VALUE);
        }
        int at = start;
        int depth = 0;
        while (true) {
            at = window.skip(at, NOT_STRUCTURE);
            switch (window.at(at)) {
                case '"' -> at = skipString(window, at);
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                default -> {
                    depth--;
                    at++;
                    if (depth == 0) {
                        return at;
                    }
                }
            }
        }
    }

    /** The range a pointer leads to from the value in a range, {@link #ABSENT} when it leads nowhere. */
    static long locate(ByteWindow window, @Nullable Members root, int from, int to, String pointer) {
        if (pointer.isEmpty()) {
            return range(from, to);
        }
        if (pointer.charAt(0) != '/') {
            throw new IllegalArgumentException(
                    "pointer: " + pointer + " (expected: empty, or a text that starts with /)");
        }
        long here = range(from, to);
        Members known = root;
        int at = 1;
        while (true) {
            int end = pointer.indexOf('/', at);
            if (end < 0) {
                end = pointer.length();
            }
            here = step(window, known, from(here), pointer, at, end);
            if (here == ABSENT || end == pointer.length()) {
                return here;
            }
            known = null;
            at = end + 1;
        }
    }

    private static long step(
            ByteWindow window, @Nullable Members known, int container, String pointer, int from, int to) {
        int tilde = pointer.indexOf('~', from);
        if (tilde >= 0 && tilde < to) {
            String token = unescapeToken(pointer, from, to);
            return child(window, known, container, token, 0, token.length());
        }
        return child(window, known, container, pointer, from, to);
    }

    private static long child(
            ByteWindow window, @Nullable Members known, int container, String text, int from, int to) {
        int first = window.at(container);
        if (first == '[') {
            return element(window, container, index(text, from, to));
        }
        if (first != '{') {
            return ABSENT;
        }
        if (known != null) {
            int member = known.find(window, known.count(), text, from, to);
            return member < 0 ? ABSENT : range(known.valueStart(member), known.valueEnd(member));
        }
        long found = ABSENT;
        Cursor cursor = new Cursor(window, container);
        while (cursor.nextMember()) {
            if (sameName(window, cursor.nameStart(), cursor.nameEnd(), text, from, to)) {
                found = range(cursor.valueStart(), cursor.valueEnd());
            }
        }
        return found;
    }

    private static long element(ByteWindow window, int container, int index) {
        if (index < 0) {
            return ABSENT;
        }
        Cursor cursor = new Cursor(window, container);
        for (int i = 0; cursor.nextElement(); i++) {
            if (i == index) {
                return range(cursor.valueStart(), cursor.valueEnd());
            }
        }
        return ABSENT;
    }

    /** The array index that a pointer token means, -1 when it means none. */
    static int index(String text, int from, int to) {
        int size = to - from;
        boolean leadingZero = size > 1 && text.charAt(from) == '0';
        if (size == 0 || size > 9 || leadingZero) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            value = value * 10 + c - '0';
        }
        return value;
    }

    static String unescapeToken(String pointer, int from, int to) {
        if (pointer.indexOf('~', from) < 0) {
            return pointer.substring(from, to);
        }
        StringBuilder out = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            char c = pointer.charAt(i);
            if (c == '~') {
                i++;
                char code = i < to ? pointer.charAt(i) : ' ';
                if (code != '0' && code != '1') {
                    throw new IllegalArgumentException("pointer: " + pointer + " (expected: ~0 or ~1 after ~)");
                }
                c = code == '0' ? '~' : '/';
            }
            out.append(c);
        }
        return out.toString();
    }

    /** Whether the text of a name, without its quotes, is that part of a string. */
    static boolean sameName(ByteWindow window, int nameStart, int nameEnd, String text, int from, int to) {
        int at = from;
        for (int i = nameStart; i < nameEnd; i++) {
            int c = window.at(i);
            if (c == '\\' || c >= 0x80) {
                String name = text(window, nameStart, nameEnd);
                return name.length() == to - from && text.startsWith(name, from);
            }
            if (at == to || text.charAt(at) != c) {
                return false;
            }
            at++;
        }
        return at == to;
    }

    /** The text of a string's inside, escapes resolved. */
    static String text(ByteWindow window, int from, int to) {
        return text(window.copy(from, to), 0, to - from);
    }

    /** The text of a string's inside, escapes resolved. */
    static String text(byte[] raw, int from, int to) {
        int escape = indexOfEscape(raw, from, to);
        if (escape == to) {
            return new String(raw, from, to - from, StandardCharsets.UTF_8);
        }
        StringBuilder out = new StringBuilder(to - from);
        int done = from;
        while (escape < to) {
            if (escape > done) {
                out.append(new String(raw, done, escape - done, StandardCharsets.UTF_8));
            }
            char code = (char) raw[escape + 1];
            done = escape + 2;
            if (code == 'u') {
                int unit = 0;
                for (int i = 0; i < 4; i++) {
                    unit = unit * 16 + Character.digit(raw[done + i], 16);
                }
                out.append((char) unit);
                done += 4;
            } else {
                out.append(
                        switch (code) {
                            case 'b' -> '\b';
                            case 'f' -> '\f';
                            case 'n' -> '\n';
                            case 'r' -> '\r';
                            case 't' -> '\t';
                            default -> code;
                        });
            }
            escape = indexOfEscape(raw, done, to);
        }
        return out.append(new String(raw, done, to - done, StandardCharsets.UTF_8))
                .toString();
    }

    private static int indexOfEscape(byte[] raw, int from, int to) {
        int at = from;
        while (at < to && raw[at] != '\\') {
            at++;
        }
        return at;
    }

    /** The whole number in a range; null when it is none or does not fit a long. */
    static @Nullable Long whole(ByteWindow window, int from, int to) {
        boolean negative = window.at(from) == '-';
        int at = negative ? from + 1 : from;
        if (to - at <= 18) {
            long value = 0;
            while (at < to) {
                int c = window.at(at);
                if (c < '0' || c > '9') {
                    return exact(window, from, to);
                }
                value = value * 10 + c - '0';
                at++;
            }
            return negative ? -value : value;
        }
        return exact(window, from, to);
    }

    private static @Nullable Long exact(ByteWindow window, int from, int to) {
        if (to - from > MAX_NUMBER_LENGTH) {
            return null;
        }
        try {
            return new BigDecimal(window.ascii(from, to)).longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    /** The number in a range, infinite when it is too large. */
    static double real(ByteWindow window, int from, int to) {
        return Double.parseDouble(window.ascii(from, to));
    }

    private static Number number(ByteWindow window, int from, int to) {
        if (to - from > MAX_NUMBER_LENGTH) {
            throw new JsonException(from, "number too long (expected: at most " + MAX_NUMBER_LENGTH + " characters)");
        }
        String text = window.ascii(from, to);
        boolean integer = true;
        int digits = 0;
        boolean exponent = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            exponent |= c == 'e' || c == 'E';
            integer &= !exponent && c != '.';
            if (!exponent && c >= '0' && c <= '9') {
                digits++;
            }
        }
        if (integer) {
            Long value = whole(window, from, to);
            return value == null ? new BigDecimal(text) : value;
        }
        if (digits <= EXACT_DIGITS) {
            double value = Double.parseDouble(text);
            // subnormal and infinite values have lost digits
            boolean exact = Math.abs(value) >= Double.MIN_NORMAL && !Double.isInfinite(value);
            if (exact) {
                return value;
            }
        }
        try {
            BigDecimal value = new BigDecimal(text);
            return value.signum() == 0 ? Double.valueOf(text) : value;
        } catch (NumberFormatException e) {
            throw new JsonException(from, "number out of range");
        }
    }

    /** The value in a range as JDK objects. */
    static @Nullable Object tree(ByteWindow window, int from, int to) {
        Deque<Object> open = new ArrayDeque<>();
        @Nullable Object root = null;
        @Nullable String name = null;
        int at = from;
        while (at < to) {
            at = window.skipSpace(at);
            int c = window.at(at);
            if (at >= to) {
                break;
            }
            if (c == ',' || c == ':') {
                at++;
                continue;
            }
            if (c == '}' || c == ']') {
                open.pop();
                at++;
                continue;
            }
            @Nullable Object top = open.peek();
            if (c == '"' && top instanceof Map && name == null) {
                int end = skipString(window, at);
                name = text(window, at + 1, end - 1);
                at = end;
                continue;
            }
            boolean container = c == '{' || c == '[';
            int end = container ? at + 1 : skipValue(window, at);
            @Nullable Object value;
            if (c == '{') {
                value = new LinkedHashMap<String, @Nullable Object>();
            } else if (c == '[') {
                value = new ArrayList<@Nullable Object>();
            } else {
                value = scalar(window, c, at, end);
            }
            if (top == null) {
                root = value;
            } else {
                attach(top, name, value);
            }
            name = null;
            if (container && value != null) {
                open.push(value);
            }
            at = end;
        }
        return root;
    }

    @SuppressWarnings("unchecked") // only tree() makes the containers
    private static void attach(Object container, @Nullable String name, @Nullable Object value) {
        if (name != null) {
            ((Map<String, @Nullable Object>) container).put(name, value);
        } else {
            ((List<@Nullable Object>) container).add(value);
        }
    }

    private static @Nullable Object scalar(ByteWindow window, int first, int from, int to) {
        return switch (first) {
            case '"' -> text(window, from + 1, to - 1);
            case 't' -> true;
            case 'f' -> false;
            case 'n' -> null;
            default -> number(window, from, to);
        };
    }
}
