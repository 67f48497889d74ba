package io.gatehouse.core.routing;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Joins a service's path with what a route leaves of the request's path, and escapes the result for sending. */
public final class UpstreamPath {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();
    private static final boolean[] SENT_AS_IS = new boolean[128];

    static {
        for (char c = 0; c < SENT_AS_IS.length; c++) {
            SENT_AS_IS[c] = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$&'()*+,/:;=?@[]-_.~%".indexOf(c) >= 0;
        }
    }

    private UpstreamPath() {}

    /**
     * The path that the upstream is asked for, not yet escaped.
     *
     * @param servicePath the service's path; null or empty counts as {@code /}
     * @param matchedPath what the route's path matched, null when the route has no paths
     * @param requestPath the normalised path of the request; starts with {@code matchedPath}, unless an expression
     *     matched elsewhere: then, as in Kong, as much is cut from its start
     * @param stripPath whether {@code matchedPath} is removed
     * @param handling how the parts are joined; the {@code traditional_compatible} router always uses
     *     {@link PathHandling#V0}
     */
    public static String of(
            @Nullable String servicePath,
            @Nullable String matchedPath,
            String requestPath,
            boolean stripPath,
            PathHandling handling) {
        String base = servicePath == null || servicePath.isEmpty() ? "/" : servicePath;
        if (!stripPath) {
            return kept(base, requestPath, handling);
        }
        String rest = withoutLeadingDots(
                matchedPath == null
                        ? afterSlash(requestPath)
                        : requestPath.substring(Math.min(matchedPath.length(), requestPath.length())));
        return handling == PathHandling.V1 ? join(base, rest) : stripped(base, rest, requestPath);
    }

    private static String kept(String base, String requestPath, PathHandling handling) {
        if (endsWithSlash(base) || handling == PathHandling.V1) {
            String rest = afterSlash(requestPath);
            return base.equals("/") && requestPath.startsWith("/") ? requestPath : base + rest;
        }
        return requestPath.equals("/") ? base : base + requestPath;
    }

    private static String stripped(String base, String rest, String requestPath) {
        if (!rest.isEmpty()) {
            return endsWithSlash(base) || rest.charAt(0) == '/' ? join(base, rest) : base + '/' + rest;
        }
        if (base.equals("/")) {
            return base;
        }
        if (endsWithSlash(base)) {
            return endsWithSlash(requestPath) ? base : base.substring(0, base.length() - 1);
        }
        return requestPath.length() > 1 && endsWithSlash(requestPath) ? base + '/' : base;
    }

    /** Puts the parts together; two slashes that meet become one. */
    private static String join(String base, String rest) {
        return endsWithSlash(base) && rest.startsWith("/") ? base + rest.substring(1) : base + rest;
    }

    private static boolean endsWithSlash(String text) {
        return !text.isEmpty() && text.charAt(text.length() - 1) == '/';
    }

    private static String afterSlash(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /** Cutting a prefix can uncover a dot segment ({@code /route../x}), which must not climb out of the service's path. */
    private static String withoutLeadingDots(String rest) {
        if (rest.isEmpty() || rest.charAt(0) != '.') {
            return rest;
        }
        if (rest.equals(".") || rest.equals("..")) {
            return "";
        }
        // the path is normalised, so that no second dot segment can follow
        if (rest.startsWith("./")) {
            return rest.substring(2);
        }
        return rest.startsWith("../") ? rest.substring(3) : rest;
    }

    /**
     * Escapes what may not stand in a request line: every byte of the UTF-8 form that is neither a letter, a digit nor
     * one of {@code !#$&'()*+,/:;=?@[]-_.~%} becomes {@code %XX}. Returns the same string when nothing is to be done.
     */
    public static String escape(String path) {
        int length = path.length();
        for (int i = 0; i < length; i++) {
            char c = path.charAt(i);
            if (c >= 128 || !SENT_AS_IS[c]) {
                return escapeFrom(path, i);
            }
        }
        return path;
    }

    private static String escapeFrom(String path, int first) {
        byte[] bytes = path.substring(first).getBytes(StandardCharsets.UTF_8);
        StringBuilder out = new StringBuilder(first + bytes.length + 16).append(path, 0, first);
        for (byte b : bytes) {
            if (b >= 0 && SENT_AS_IS[b]) {
                out.append((char) b);
            } else {
                appendEscaped(out, b);
            }
        }
        return out.toString();
    }

    static void appendEscaped(StringBuilder out, int value) {
        out.append('%').append(HEX[(value >> 4) & 15]).append(HEX[value & 15]);
    }
}
