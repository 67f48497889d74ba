package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.HiddenDots;

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

    /** Whether a path or URL has a {@code ..} or {@code .} segment, be it hidden. */
    static boolean climbs(String path) {
        int mark = path.indexOf('?');
        return HiddenDots.any(mark < 0 ? path : path.substring(0, mark));
    }
}
