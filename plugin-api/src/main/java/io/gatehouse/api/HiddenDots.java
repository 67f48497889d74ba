package io.gatehouse.api;

/**
 * Dot segments that only another reader of a path would see. The gateway's own normalising leaves no {@code ..} in a
 * path, but an upstream may decode {@code %2F}, take a backslash for a slash, decode twice, or cut off what follows a
 * {@code ;}, and would then be asked for a path that no route was asked for. Nobody sends such paths in good faith.
 *
 * <p>A plugin that makes a path of what a client sends asks {@link #any} before it sets it. Stateless.
 */
public final class HiddenDots {
    private HiddenDots() {}

    /** Whether somebody might find a {@code .} or {@code ..} segment in this normalised path, or a NUL. */
    public static boolean in(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' || c == '\\' || c == ';') {
                return inDecoded(path);
            }
            if (c == 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a path, not normalised, has a {@code .} or {@code ..} segment, plain or hidden, or a NUL.
     *
     * @param path without a query; escapes may be malformed
     */
    public static boolean any(String path) {
        return inDecoded(path);
    }

    private static boolean inDecoded(String path) {
        int dots = 0;
        boolean onlyDots = true; // so far in this segment
        boolean parameters = false;
        int at = 0;
        while (at < path.length()) {
            int c = path.charAt(at);
            at++;
            if (c == '%') {
                int digits = digits(path, at);
                if (isHex(path, digits) && isHex(path, digits + 1)) {
                    c = Integer.parseInt(path, digits, digits + 2, 16);
                    at = digits + 2;
                }
            }
            if (c == 0) {
                return true;
            } else if (c == '/' || c == '\\') {
                if (isDots(onlyDots, dots)) {
                    return true;
                }
                dots = 0;
                onlyDots = true;
                parameters = false;
            } else if (c == ';') {
                parameters = true;
            } else if (!parameters) {
                onlyDots &= c == '.';
                dots++;
            }
        }
        return isDots(onlyDots, dots);
    }

    private static boolean isDots(boolean onlyDots, int dots) {
        return onlyDots && (dots == 1 || dots == 2);
    }

    /** Where the digits of an escape are, behind its {@code %} and the {@code 25} of escapes that are escaped again. */
    private static int digits(String path, int from) {
        int at = from;
        while (path.startsWith("25", at) && isHex(path, at + 2) && isHex(path, at + 3)) {
            at += 2;
        }
        return at;
    }

    private static boolean isHex(String path, int at) {
        return at < path.length() && Character.digit(path.charAt(at), 16) >= 0;
    }
}
