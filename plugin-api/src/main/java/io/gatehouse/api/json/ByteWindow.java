package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * A range of a buffer, read through a small array: fast as an array, without a copy of the whole.
 */
final class ByteWindow {
    private static final int SIZE = 4096;
    static final int END = -1;

    private final Buffer buffer;
    private final int start;
    private final int end;
    private final byte[] bytes;
    private int base;
    private int filled;

    ByteWindow(Buffer buffer, int start, int end) {
        this.buffer = buffer;
        this.start = start;
        this.end = end;
        bytes = new byte[Math.min(SIZE, end - start)];
        load(start);
    }

    Buffer buffer() {
        return buffer;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    private void load(int position) {
        // a small range stays loaded whole, wherever reading starts
        int from = end - start <= SIZE ? start : position;
        filled = Math.min(bytes.length, end - from);
        base = from;
        if (filled > 0) {
            buffer.getBytes(from, from + filled, bytes);
        }
    }

    /** The byte at a position as 0 to 255, {@link #END} behind the range. */
    int at(int position) {
        int index = position - base;
        if (index >= 0 && index < filled) {
            return bytes[index] & 0xFF;
        }
        return outside(position);
    }

    private int outside(int position) {
        if (position >= end) {
            return END;
        }
        load(position);
        return bytes[position - base] & 0xFF;
    }

    /** The first position from here on that is no white space. */
    int skipSpace(int from) {
        int position = from;
        while (true) {
            int c = at(position);
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return position;
            }
            position++;
        }
    }

    /** The first position from here on whose byte the table does not hold. */
    int skip(int from, boolean[] table) {
        int position = from;
        while (position < end) {
            int index = position - base;
            if (index < 0 || index >= filled) {
                load(position);
                index = position - base;
            }
            int stop = filled;
            while (index < stop && table[bytes[index] & 0xFF]) {
                index++;
            }
            position = base + index;
            if (index < stop) {
                return position;
            }
        }
        return position;
    }

    byte[] copy(int from, int to) {
        return buffer.getBytes(from, to);
    }

    String ascii(int from, int to) {
        return new String(copy(from, to), StandardCharsets.ISO_8859_1);
    }
}
