package io.gatehouse.api.json;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Checks a document against RFC 8259 in one pass and notes the members of its outermost object. Keeps its own stack of
 * open containers, one bit each, so that nesting costs no call stack.
 */
final class JsonScanner {
    /** What is below ten to this power fits a double. */
    private static final int SMALL_MAGNITUDE = 308;

    /** An exponent that nothing makes up for. */
    private static final int BEYOND = 100_000_000;

    private static final boolean[] PLAIN = new boolean[256];
    private static final boolean[] DIGIT = new boolean[256];

    static {
        for (int i = 0x20; i < 0x80; i++) {
            PLAIN[i] = i != '"' && i != '\\';
        }
        for (int i = '0'; i <= '9'; i++) {
            DIGIT[i] = true;
        }
    }

    private enum State {
        VALUE,
        NAME,
        AFTER
    }

    private final ByteWindow window;
    private final int maxDepth;
    private final Members members = new Members();
    private long[] objects = new long[8];
    private int depth;
    private int position;
    private int start;
    private int end;
    private @Nullable String oddity;

    JsonScanner(ByteWindow window, JsonLimits limits) {
        this.window = window;
        maxDepth = limits.maxDepth();
        position = window.start();
    }

    /** The members of the outermost value, none when it is no object. */
    Members scan() {
        start = window.skipSpace(position);
        State state = State.VALUE;
        boolean outermost = false;
        while (true) {
            position = window.skipSpace(position);
            switch (state) {
                case VALUE -> {
                    if (outermost && depth == 1) {
                        members.value(position);
                    }
                    state = value();
                    outermost |= depth == 1 && inObject();
                }
                case NAME -> {
                    name();
                    state = State.VALUE;
                }
                case AFTER -> {
                    if (depth == 0) {
                        if (position < window.end()) {
                            throw unexpected("the end");
                        }
                        return members;
                    }
                    state = after();
                }
            }
            if (state == State.AFTER && depth <= 1) {
                if (depth == 0) {
                    end = position;
                } else if (outermost) {
                    members.end(position);
                }
            }
        }
    }

    /** What is read by some as one value and by others as another, or not at all; null when nothing is. */
    @Nullable
    String oddity() {
        return oddity;
    }

    /** Where the value starts, once scanned. */
    int start() {
        return start;
    }

    /** Behind the value's last byte, once scanned. */
    int end() {
        return end;
    }

    private State value() {
        int c = window.at(position);
        switch (c) {
            case '{' -> {
                open(true);
                return closesAtOnce('}') ? State.AFTER : State.NAME;
            }
            case '[' -> {
                open(false);
                return closesAtOnce(']') ? State.AFTER : State.VALUE;
            }
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(c);
            default -> throw unexpected("a value");
        }
        return State.AFTER;
    }

    private State after() {
        int c = window.at(position);
        boolean object = inObject();
        if (c == ',') {
            position++;
            return object ? State.NAME : State.VALUE;
        }
        if (c == (object ? '}' : ']')) {
            position++;
            depth--;
            return State.AFTER;
        }
        throw unexpected(object ? "',' or '}'" : "',' or ']'");
    }

    private void open(boolean object) {
        if (depth == maxDepth) {
            throw new JsonException(position, "nested too deeply (expected: at most " + maxDepth + " levels)");
        }
        position++;
        int word = depth >> 6;
        if (word == objects.length) {
            objects = Arrays.copyOf(objects, word * 2);
        }
        long bit = 1L << (depth & 63);
        objects[word] = object ? objects[word] | bit : objects[word] & ~bit;
        depth++;
    }

    private boolean closesAtOnce(char closing) {
        int next = window.skipSpace(position);
        if (window.at(next) != closing) {
            return false;
        }
        position = next + 1;
        depth--;
        return true;
    }

    private boolean inObject() {
        int level = depth - 1;
        return (objects[level >> 6] & (1L << (level & 63))) != 0;
    }

    private void name() {
        if (window.at(position) != '"') {
            throw unexpected("a member name");
        }
        int from = position + 1;
        boolean plain = string();
        if (depth == 1) {
            members.name(window, from, position - 1, plain);
        }
        position = window.skipSpace(position);
        if (window.at(position) != ':') {
            throw unexpected("':'");
        }
        position++;
    }

    /** Passes a string; true when it is ASCII without escapes. */
    private boolean string() {
        boolean plain = true;
        position++;
        while (true) {
            position = window.skip(position, PLAIN);
            int c = window.at(position);
            if (c == '"') {
                position++;
                return plain;
            }
            plain = false;
            if (c == '\\') {
                escape();
            } else if (c >= 0x80) {
                multibyte(c);
            } else if (c == ByteWindow.END) {
                throw unexpected("the end of the string");
            } else {
                throw unexpected("an escaped control character");
            }
        }
    }

    private void escape() {
        int from = position;
        position++;
        int c = window.at(position);
        switch (c) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> position++;
            case 'u' -> {
                char unit = unit();
                if (Character.isSurrogate(unit) && !(Character.isHighSurrogate(unit) && lowHalf())) {
                    odd(from, "half of a surrogate pair (expected: both halves)");
                }
            }
            default -> throw unexpected("one of \"\\/bfnrtu");
        }
    }

    /** Passes the rest of an escape, from its {@code u} on. */
    private char unit() {
        position++;
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(window.at(position), 16);
            if (digit < 0) {
                throw unexpected("four hexadecimal digits");
            }
            unit = unit << 4 | digit;
            position++;
        }
        return (char) unit;
    }

    /** Passes the second half of a pair; false, and passes nothing, when there is none. */
    private boolean lowHalf() {
        int from = position;
        if (window.at(from) == '\\' && window.at(from + 1) == 'u') {
            position++;
            if (Character.isLowSurrogate(unit())) {
                return true;
            }
            position = from;
        }
        return false;
    }

    private void odd(int from, String what) {
        if (oddity == null) {
            oddity = JsonException.text(from, what);
        }
    }

    private void multibyte(int lead) {
        int least = 0x80;
        int most = 0xBF;
        int more;
        if (lead >= 0xC2 && lead <= 0xDF) {
            more = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            least = lead == 0xE0 ? 0xA0 : least;
            most = lead == 0xED ? 0x9F : most;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            least = lead == 0xF0 ? 0x90 : least;
            most = lead == 0xF4 ? 0x8F : most;
        } else {
            throw unexpected("valid UTF-8");
        }
        position++;
        for (int i = 0; i < more; i++) {
            int c = window.at(position);
            if (c < least || c > most) {
                throw unexpected("valid UTF-8");
            }
            least = 0x80;
            most = 0xBF;
            position++;
        }
    }

    private void literal(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (window.at(position) != text.charAt(i)) {
                throw unexpected(text);
            }
            position++;
        }
    }

    private void number(int first) {
        int from = position;
        int c = first;
        if (c == '-') {
            position++;
            c = window.at(position);
        }
        int whole = position;
        if (c == '0') {
            position++;
        } else {
            digits();
        }
        int digits = c == '0' ? 0 : position - whole;
        if (window.at(position) == '.') {
            position++;
            digits();
        }
        c = window.at(position);
        int exponent = c == 'e' || c == 'E' ? exponent() : 0;
        if (digits + exponent > SMALL_MAGNITUDE && isTooLarge(digits + exponent, from)) {
            odd(from, "number out of range (expected: one that fits 64 bits of floating point)");
        }
    }

    /** Passes an exponent and gives it, or what is as good as it when it is beyond all bounds. */
    private int exponent() {
        position++;
        int c = window.at(position);
        if (c == '+' || c == '-') {
            position++;
        }
        int from = position;
        digits();
        int value = 0;
        for (int i = from; i < position && value < BEYOND; i++) {
            value = value * 10 + window.at(i) - '0';
        }
        return c == '-' ? -value : value;
    }

    /**
     * Whether a number that is nearly too large for a double is too large.
     *
     * @param magnitude it is less than this power of ten
     */
    private boolean isTooLarge(int magnitude, int from) {
        boolean nearly = magnitude <= SMALL_MAGNITUDE + 2 || isZero(from);
        return !nearly || Double.isInfinite(Double.parseDouble(window.ascii(from, position)));
    }

    /** Whether a number begins with a zero, whose digits behind the point say how large it is. */
    private boolean isZero(int from) {
        return window.at(window.at(from) == '-' ? from + 1 : from) == '0';
    }

    private void digits() {
        int after = window.skip(position, DIGIT);
        if (after == position) {
            throw unexpected("a digit");
        }
        position = after;
    }

    private JsonException unexpected(String expected) {
        int c = window.at(position);
        String found;
        if (c == ByteWindow.END) {
            found = "unexpected end";
        } else if (c > 0x20 && c < 0x7F) {
            found = "unexpected '" + (char) c + "'";
        } else {
            found = "unexpected byte 0x" + Integer.toHexString(c);
        }
        return new JsonException(position, found + " (expected: " + expected + ")");
    }
}
