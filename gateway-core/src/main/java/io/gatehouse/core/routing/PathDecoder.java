package io.gatehouse.core.routing;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Decodes the escapes of a path that mean the same when decoded. */
final class PathDecoder {
    private static final boolean[] RESERVED = new boolean[128];

    static {
        String reserved = "!*'();:@&=+$,/?%#[]";
        for (int i = 0; i < reserved.length(); i++) {
            RESERVED[reserved.charAt(i)] = true;
        }
    }

    private PathDecoder() {}

    /** Decodes from the first {@code %}, whose index is given; the same instance when all stay, null when one is malformed. */
    static @Nullable String decode(String path, int first) {
        int length = path.length();
        StringBuilder out = new StringBuilder(length).append(path, 0, first);
        int at = first;
        while (at < length) {
            char c = path.charAt(at);
            if (c != '%') {
                out.append(c);
                at++;
                continue;
            }
            int value = byteAt(path, at);
            if (value < 0) {
                return null;
            }
            if (value < 128) {
                if (RESERVED[value]) {
                    UpstreamPath.appendEscaped(out, value);
                } else {
                    out.append((char) value);
                }
                at += 3;
            } else {
                int size = sequence(path, at, value, out);
                if (size == 0) {
                    UpstreamPath.appendEscaped(out, value);
                    size = 1;
                }
                at += size * 3;
            }
        }
        return path.contentEquals(out) ? path : out.toString();
    }

    /** Decodes every escape from the first {@code %}, whose index is given; bytes that are no text become U+FFFD. */
    static String decodeAll(String path, int first) {
        byte[] bytes = path.substring(first).getBytes(StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            int value = bytes[i] == '%' && i + 2 < bytes.length ? value((char) bytes[i + 1], (char) bytes[i + 2]) : -1;
            if (value >= 0) {
                bytes[length++] = (byte) value;
                i += 2;
            } else {
                bytes[length++] = bytes[i];
            }
        }
        return path.substring(0, first) + new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** The byte of the escape at this index, -1 when it is none. */
    private static int byteAt(String path, int at) {
        if (at + 2 >= path.length() || path.charAt(at) != '%') {
            return -1;
        }
        return value(path.charAt(at + 1), path.charAt(at + 2));
    }

    private static int value(char first, char second) {
        int high = digit(first);
        int low = digit(second);
        return high < 0 || low < 0 ? -1 : (high << 4) | low;
    }

    private static int digit(char c) {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        int lower = c | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** Appends the character whose UTF-8 form starts here and returns how many escapes it took; 0 when it is invalid. */
    private static int sequence(String path, int at, int lead, StringBuilder out) {
        int size;
        int point;
        int least;
        if (lead >= 0xC2 && lead <= 0xDF) {
            size = 2;
            point = lead & 0x1F;
            least = 0x80;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            size = 3;
            point = lead & 0x0F;
            least = 0x800;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            size = 4;
            point = lead & 0x07;
            least = 0x10000;
        } else {
            return 0;
        }
        for (int i = 1; i < size; i++) {
            int next = byteAt(path, at + i * 3);
            if (next < 0x80 || next > 0xBF) {
                return 0;
            }
            point = (point << 6) | (next & 0x3F);
        }
        boolean surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (point < least || point > 0x10FFFF || surrogate) {
            return 0;
        }
        out.appendCodePoint(point);
        return size;
    }
}
