package io.gatehouse.core.server;

import org.jspecify.annotations.Nullable;

/**
 * A {@code Host} header, read strictly: routing, plugins and the upstream must all mean the same host.
 *
 * @param value as it came, but for the colon of an empty port, which is none
 * @param name without the port, brackets kept off
 * @param port -1 when it names none
 */
record HostHeader(String value, String name, int port) {
    /** Reads the value of the header; null when it is no host. */
    static @Nullable HostHeader of(String value) {
        int end = value.length();
        int colon = -1;
        boolean bracketed = end > 0 && value.charAt(0) == '[';
        int close = bracketed ? value.indexOf(']') : -1;
        if (bracketed && close < 2) {
            return null;
        }
        for (int i = 0; i < end; i++) {
            char c = value.charAt(i);
            boolean inside = i <= close;
            if (c == ':' && !inside) {
                if (colon >= 0) {
                    return null;
                }
                colon = i;
            } else if (inside ? i > 0 && i < close && !ofAddress(c) : !allowed(c)) {
                return null;
            }
        }
        if (colon >= 0 && colon == end - 1) {
            return of(value.substring(0, colon));
        }
        int port = -1;
        if (colon >= 0) {
            port = port(value, colon + 1);
            if (port < 0) {
                return null;
            }
        }
        if (bracketed) {
            return close + 1 == (colon < 0 ? end : colon)
                    ? new HostHeader(value, value.substring(1, close), port)
                    : null;
        }
        String name = colon < 0 ? value : value.substring(0, colon);
        return name.isEmpty() ? null : new HostHeader(value, name, port);
    }

    /** The name as it stands in a URI: IPv6 within brackets. */
    String text() {
        return name.indexOf(':') < 0 ? name : '[' + name + ']';
    }

    /** Whether both mean the same host and port. */
    boolean sameAs(HostHeader other, int defaultPort) {
        return name.equalsIgnoreCase(other.name)
                && (port < 0 ? defaultPort : port) == (other.port < 0 ? defaultPort : other.port);
    }

    /** What stands between brackets is an address of IPv6 and nothing else. */
    private static boolean ofAddress(char c) {
        return c == ':' || c == '.' || Character.digit(c, 16) >= 0 && c < 128;
    }

    private static boolean allowed(char c) {
        return c >= 'a' && c <= 'z'
                || c >= '0' && c <= '9'
                || c >= 'A' && c <= 'Z'
                || c == '.'
                || c == '-'
                || c == '_'
                || c == '~'
                || c == '%';
    }

    private static int port(String value, int from) {
        int length = value.length() - from;
        if (length < 1 || length > 5) {
            return -1;
        }
        int port = 0;
        for (int i = from; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            port = port * 10 + c - '0';
        }
        return port <= 65535 ? port : -1;
    }
}
