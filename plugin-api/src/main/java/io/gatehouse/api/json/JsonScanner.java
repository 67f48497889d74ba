package io.gatehouse.api.json;

import java.util.Arrays;

/**
 * Checks a document against RFC 8259 in one pass and notes the members of its outermost object. Keeps its own stack of
 * open containers, one bit each, so that nesting costs no call stack.
 */
final class JsonScanner {
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
        position++;
        int c = window.at(position);
        switch (c) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> position++;
            case 'u' -> {
                position++;
                for (int i = 0; i < 4; i++) {
                    if (Character.digit(window.at(position), 16) < 0) {
                        throw unexpected("four hexadecimal digits");
                    }
                    position++;
                }
            }
            default -> throw unexpected("one of \"\\/bfnrtu");
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
        int c = first;
        if (c == '-') {
            position++;
            c = window.at(position);
        }
        if (c == '0') {
            position++;
        } else {
            digits();
        }
        if (window.at(position) == '.') {
            position++;
            digits();
        }
        c = window.at(position);
        if (c == 'e' || c == 'E') {
            position++;
            c = window.at(position);
            if (c == '+' || c == '-') {
                position++;
            }
            digits();
        }
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
