package io.gatehouse.plugins.ai.proxy;

/** Paths that a client has a say in. */
final class Paths {
    static final String CLIMBS = "path steps upwards (expected: no '..' segment)";

    private Paths() {}

    /**
     * What follows the last segment of this name in a path: {@code /resp_1} of {@code /a/v1/responses/resp_1}; empty when
     * nothing does, or the segment is not there.
     */
    static String after(String path, String segment) {
        int end = path.length();
        while (end > 0) {
            int slash = path.lastIndexOf('/', end - 1);
            if (end - slash - 1 == segment.length() && path.startsWith(segment, slash + 1)) {
                String rest = path.substring(end);
                return rest.equals("/") ? "" : rest;
            }
            end = slash;
        }
        return "";
    }

    /** Whether a path or URL has a {@code ..} or {@code .} segment, escaped or not. */
    static boolean climbs(String path) {
        int mark = path.indexOf('?');
        int length = mark < 0 ? path.length() : mark;
        int start = 0;
        while (start <= length) {
            int end = path.indexOf('/', start);
            if (end < 0 || end > length) {
                end = length;
            }
            if (isDots(path, start, end)) {
                return true;
            }
            start = end + 1;
        }
        return false;
    }

    private static boolean isDots(String path, int start, int end) {
        int dots = 0;
        int i = start;
        while (i < end) {
            char c = path.charAt(i);
            if (c == '.') {
                i++;
            } else if (path.regionMatches(true, i, "%2e", 0, 3)) {
                i += 3;
            } else {
                return false;
            }
            dots++;
        }
        return dots == 1 || dots == 2;
    }
}
