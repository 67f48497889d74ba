package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Picks a few members out of the outermost object of an answer that is too large to keep, as its bytes pass in pieces of
 * any size. Does not check the rest: it only counts nesting and quotes.
 */
final class TopLevelTap {
    private static final int MAX_VALUE = 16 * 1024;
    private static final int WINDOW = 4096;

    private final byte[][] names;
    private final @Nullable Buffer[] values;
    private final byte[] key;
    private final byte[] window = new byte[WINDOW];
    private int keyLength;
    private int depth;
    private boolean inString;
    private boolean escaped;
    private boolean keyExpected;
    private boolean readingKey;

    /** Which value is being kept, or -1. */
    private int capturing = -1;

    private boolean lost;

    /** @param asciiNames the members to keep */
    TopLevelTap(String... asciiNames) {
        names = new byte[asciiNames.length][];
        int longest = 0;
        for (int i = 0; i < asciiNames.length; i++) {
            names[i] = Buffer.buffer(asciiNames[i]).getBytes();
            longest = Math.max(longest, names[i].length);
        }
        values = new Buffer[asciiNames.length];
        key = new byte[longest + 1];
    }

    void feed(Buffer piece) {
        for (int from = 0; from < piece.length(); from += WINDOW) {
            int count = Math.min(WINDOW, piece.length() - from);
            piece.getBytes(from, from + count, window, 0);
            for (int i = 0; i < count; i++) {
                take(window[i]);
            }
        }
    }

    private void take(byte b) {
        if (inString) {
            inString(b);
            return;
        }
        switch (b) {
            case '"' -> {
                inString = true;
                if (depth == 1 && keyExpected) {
                    readingKey = true;
                    keyLength = 0;
                } else {
                    keep(b);
                }
            }
            case '{', '[' -> {
                depth++;
                if (depth == 1) {
                    keyExpected = b == '{';
                } else {
                    keep(b);
                }
            }
            case '}', ']' -> {
                depth--;
                if (depth <= 0) {
                    capturing = -1;
                } else {
                    keep(b);
                }
            }
            case ',' -> {
                if (depth == 1) {
                    capturing = -1;
                    keyExpected = true;
                } else {
                    keep(b);
                }
            }
            case ':' -> {
                if (depth == 1 && keyExpected) {
                    keyExpected = false;
                    capturing = wanted();
                    if (capturing >= 0) {
                        values[capturing] = Buffer.buffer();
                        lost = false;
                    }
                } else {
                    keep(b);
                }
            }
            default -> keep(b);
        }
    }

    private void inString(byte b) {
        if (escaped) {
            escaped = false;
        } else if (b == '\\') {
            escaped = true;
        } else if (b == '"') {
            inString = false;
            if (readingKey) {
                readingKey = false;
                return;
            }
        }
        if (readingKey) {
            if (keyLength < key.length) {
                key[keyLength++] = b;
            }
        } else {
            keep(b);
        }
    }

    private int wanted() {
        for (int i = 0; i < names.length; i++) {
            if (Arrays.equals(key, 0, keyLength, names[i], 0, names[i].length)) {
                return i;
            }
        }
        return -1;
    }

    private void keep(byte b) {
        if (capturing < 0 || lost) {
            return;
        }
        Buffer value = values[capturing];
        if (value == null || value.length() >= MAX_VALUE) {
            lost = true;
            values[capturing] = null;
            return;
        }
        value.appendByte(b);
    }

    /** The value of a member that has passed; null when there was none, or it was too large or no JSON. */
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
