package io.gatehouse.core.routing;

/**
 * One entry of a route's hosts.
 *
 * @param kind how the text is compared
 * @param text the host without wildcard, port and the brackets of IPv6; a wildcard's text keeps its dot
 * @param port the port a request must have, -1 for any
 */
record HostPattern(Kind kind, String text, int port) {
    enum Kind {
        EXACT,
        SUFFIX,
        PREFIX
    }

    static HostPattern of(String configured) {
        String host = configured;
        int port = -1;
        // an IPv6 address in brackets has colons of its own
        int colon = configured.lastIndexOf(':');
        if (colon > configured.lastIndexOf(']')
                && (configured.indexOf(':') == colon || configured.startsWith("["))
                && isNumber(configured, colon + 1)) {
            host = configured.substring(0, colon);
            port = Integer.parseInt(configured.substring(colon + 1));
        }
        if (host.startsWith("*")) {
            return new HostPattern(Kind.SUFFIX, host.substring(1), port);
        }
        if (host.endsWith("*")) {
            return new HostPattern(Kind.PREFIX, host.substring(0, host.length() - 1), port);
        }
        return new HostPattern(Kind.EXACT, withoutBrackets(host), port);
    }

    /** A host that may be an address in brackets. */
    static HostPattern exact(String host) {
        return new HostPattern(Kind.EXACT, withoutBrackets(host), -1);
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isNumber(String text, int from) {
        if (from == text.length() || text.length() - from > 5) {
            return false;
        }
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    boolean matches(String host, int actualPort) {
        if (port >= 0 && port != actualPort) {
            return false;
        }
        return switch (kind) {
            case EXACT -> host.equals(text);
            case SUFFIX -> host.endsWith(text);
            case PREFIX -> host.startsWith(text);
        };
    }
}
