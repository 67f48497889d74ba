package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Picks a few members out of the outermost object of an answer that is too large to keep, as its bytes pass in pieces of
 * any size. Does not check the rest: it only counts nesting and quotes.
 */
final class TopLevelTap {
    private static final int MAX_VALUE = 16 * 1024;
    private static final int WINDOW = 4096;

    private static final boolean[] STRUCTURE = new boolean[256];

    static {
        for (char c : "\"{}[]".toCharArray()) {
            STRUCTURE[c] = true;
        }
    }

    private final byte[][] names;
    private final @Nullable Buffer[] values;
    private final byte[] firsts;
    private final byte[] key;
    private final byte[] window = new byte[WINDOW];
    private int keyLength;
    private int depth;

    /** The first byte that is no white space, or -1. */
    private int first = -1;

    private boolean inString;
    private boolean escaped;
    private boolean keyExpected;
    private boolean readingKey;

    /** Which value is passing, if it is one that is wanted, or -1. */
    private int passing = -1;

    /** Where in the window the part of it begins that was not kept yet. */
    private int keptTo;

    /**
     * All names are ASCII.
     *
     * @param watched a member of which only the kind is of interest
     * @param kept the members to keep
     */
    TopLevelTap(String watched, String... kept) {
        names = new byte[kept.length + 1][];
        for (int i = 0; i < kept.length; i++) {
            names[i] = kept[i].getBytes(StandardCharsets.US_ASCII);
        }
        names[kept.length] = watched.getBytes(StandardCharsets.US_ASCII);
        int longest = 0;
        for (byte[] name : names) {
            longest = Math.max(longest, name.length);
        }
        values = new Buffer[kept.length];
        firsts = new byte[names.length];
        key = new byte[longest + 1];
    }

    void feed(Buffer piece) {
        int length = piece.length();
        for (int from = 0; from < length; from += WINDOW) {
            int count = Math.min(WINDOW, length - from);
            piece.getBytes(from, from + count, window, 0);
            keptTo = 0;
            scan(count);
            keep(count);
        }
    }

    private void scan(int count) {
        int i = 0;
        while (i < count) {
            if (inString) {
                i = string(i, count);
                continue;
            }
            if (depth > 1) {
                // nothing but strings and brackets matters down here
                while (i < count && !STRUCTURE[window[i] & 0xFF]) {
                    i++;
                }
                if (i == count) {
                    return;
                }
            }
            byte b = window[i];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                take(b, i);
            }
            i++;
        }
    }

    private void take(byte b, int at) {
        if (depth == 0) {
            first = first < 0 ? b & 0xFF : first;
        } else if (passing >= 0 && firsts[passing] == 0) {
            firsts[passing] = b;
        }
        switch (b) {
            case '"' -> {
                inString = true;
                readingKey = depth == 1 && keyExpected;
                keyLength = 0;
            }
            case '{', '[' -> {
                depth++;
                if (depth == 1) {
                    keyExpected = b == '{';
                }
            }
            case '}', ']' -> {
                depth--;
                if (depth <= 0) {
                    ends(at);
                }
            }
            case ',' -> {
                if (depth == 1) {
                    ends(at);
                    keyExpected = true;
                }
            }
            case ':' -> {
                if (depth == 1 && keyExpected) {
                    keyExpected = false;
                    begins(at + 1);
                }
            }
            default -> {}
        }
    }

    /** Passes what the window has of a string. */
    private int string(int from, int count) {
        byte[] bytes = window;
        int i = from;
        while (i < count) {
            if (escaped) {
                escaped = false;
                i++;
                continue;
            }
            while (i < count && bytes[i] != '"' && bytes[i] != '\\') {
                i++;
            }
            if (i < count) {
                i++;
                if (bytes[i - 1] == '"') {
                    inString = false;
                    readKey(from, i - 1);
                    readingKey = false;
                    return i;
                }
                escaped = true;
            }
        }
        readKey(from, count);
        return count;
    }

    private void readKey(int from, int to) {
        if (readingKey) {
            int more = Math.min(to - from, key.length - keyLength);
            System.arraycopy(window, from, key, keyLength, more);
            keyLength += more;
        }
    }

    private void begins(int at) {
        for (int i = 0; i < names.length; i++) {
            if (Arrays.equals(key, 0, keyLength, names[i], 0, names[i].length)) {
                passing = i;
                keptTo = at;
                firsts[i] = 0;
                if (i < values.length) {
                    values[i] = Buffer.buffer();
                }
                return;
            }
        }
    }

    private void ends(int at) {
        keep(at);
        passing = -1;
    }

    /** Keeps what the window has of a wanted value; one that is too large is forgotten. */
    private void keep(int to) {
        Buffer value = passing < 0 || passing == values.length ? null : values[passing];
        if (value == null) {
            return;
        }
        if (value.length() + to - keptTo > MAX_VALUE) {
            values[passing] = null;
        } else {
            value.appendBytes(window, keptTo, to - keptTo);
        }
    }

    /** Whether what has passed is not the beginning of an object. */
    boolean isNoObject() {
        return first >= 0 && first != '{';
    }

    /** Whether the watched member has begun to pass, and is an array. */
    boolean watchedIsArray() {
        return firsts[values.length] == '[';
    }

    /** The value of a kept member that has passed; null when there was none, or it was too large or no JSON. */
    @Nullable
    JsonValue value(int name) {
        Buffer value = values[name];
        if (value == null || value.length() == 0) {
            return null;
        }
        try {
            return JsonBytes.scan(value).root();
        } catch (JsonException e) {
            return null;
        }
    }
}
