package io.gatehouse.core.routing;

import org.jspecify.annotations.Nullable;

/**
 * The path of a request: as it came, and in the normalised form in which it is matched and sent on.
 *
 * <p>Normalising cuts at the first {@code ?}, decodes {@code %XX} unless the byte is one of
 * {@code !*'();:@&=+$,/?%#[]} (those stay, with upper-case digits), removes {@code .} and {@code ..} segments (never
 * above the root) and merges slashes. Decoded bytes are read as UTF-8; a byte that is not part of valid UTF-8 stays
 * escaped, so no information is lost. Doing it twice changes nothing.
 *
 * @param raw the path as the client sent it, without the query: the value of {@code X-Forwarded-Path}
 * @param path the normalised path; the same instance as {@code raw} when there was nothing to do
 * @param query what follows the path, byte for byte and with its {@code ?}; empty when there is no {@code ?}
 */
public record RequestPath(String raw, String path, String query) {

    /**
     * Reads the target of a request line in origin form ({@code /path?query}).
     *
     * @return null when the target is malformed and the request must be answered with 400: it does not start with
     *     {@code /}, or a {@code %} is not followed by two hexadecimal digits
     */
    public static @Nullable RequestPath of(String target) {
        int mark = target.indexOf('?');
        String raw = mark < 0 ? target : target.substring(0, mark);
        if (raw.isEmpty() || raw.charAt(0) != '/') {
            return null;
        }
        String path = normalise(raw);
        return path == null ? null : new RequestPath(raw, path, mark < 0 ? "" : target.substring(mark));
    }

    /**
     * The normalised form of a path that starts with {@code /} and has no query: what a configured prefix must look like
     * to match.
     *
     * @return the same instance when nothing is to be done, null when an escape is malformed
     */
    public static @Nullable String normalise(String path) {
        int last = path.length() - 1;
        boolean suspicious = false;
        for (int i = 0; i <= last; i++) {
            char c = path.charAt(i);
            if (c == '%') {
                // dots are looked at after decoding: %2e%2e is a dot segment too
                String decoded = PathDecoder.decode(path, i);
                return decoded == null ? null : withoutDots(decoded);
            }
            if (c == '/' && i < last) {
                char next = path.charAt(i + 1);
                suspicious |= next == '/' || next == '.';
            }
        }
        return suspicious ? withoutDots(path) : path;
    }

    /**
     * A path whose escapes are decoded where they mean the same so, and no more.
     *
     * @return the same instance when nothing is to be done, null when an escape is malformed
     */
    public static @Nullable String decode(String path) {
        int first = path.indexOf('%');
        return first < 0 ? path : PathDecoder.decode(path, first);
    }

    /**
     * A normalised path without any escape, which is what nginx calls {@code $uri}.
     *
     * @return the same instance when there is no escape
     */
    public static String unescaped(String path) {
        int first = path.indexOf('%');
        return first < 0 ? path : withoutDots(PathDecoder.decodeAll(path, first));
    }

    /** Removes dot segments and empty segments; the same instance when there are none. */
    private static String withoutDots(String path) {
        int length = path.length();
        int clean = 0;
        while (clean < length && !startsSpecialSegment(path, clean)) {
            clean++;
        }
        if (clean == length) {
            return path;
        }
        StringBuilder out = new StringBuilder(length).append(path, 0, clean);
        int at = clean;
        while (at < length) {
            // at a slash; the segment after it decides
            int end = path.indexOf('/', at + 1);
            if (end < 0) {
                end = length;
            }
            int size = end - at - 1;
            boolean last = end == length;
            boolean dot = size == 1 && path.charAt(at + 1) == '.';
            if (size == 0 || dot) {
                if (last) {
                    out.append('/');
                }
            } else if (size == 2 && path.charAt(at + 1) == '.' && path.charAt(at + 2) == '.') {
                int parent = out.lastIndexOf("/");
                out.setLength(Math.max(parent, 0));
                if (last) {
                    out.append('/');
                }
            } else {
                out.append(path, at, end);
            }
            at = end;
        }
        return out.isEmpty() ? "/" : out.toString();
    }

    /** Whether the slash at this place is followed by an empty or a dot segment which is not simply the path's end. */
    private static boolean startsSpecialSegment(String path, int at) {
        int length = path.length();
        if (path.charAt(at) != '/' || at + 1 == length) {
            return false;
        }
        char next = path.charAt(at + 1);
        if (next == '/') {
            return true;
        }
        if (next != '.') {
            return false;
        }
        int after = at + 2;
        if (after < length && path.charAt(after) == '.') {
            after++;
        }
        return after == length || path.charAt(after) == '/';
    }
}
