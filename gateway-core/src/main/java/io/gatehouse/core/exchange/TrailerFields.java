package io.gatehouse.core.exchange;

import java.util.Locale;
import java.util.Set;

/**
 * Which fields may stand behind a body (RFC 9110, 6.5.1): none that say where a message ends or goes, how it is to be
 * handled or read, or who sent it. A receiver may merge trailers into the head, and acted on that before they came.
 */
public final class TrailerFields {
    private static final Set<String> FORBIDDEN = Set.of(
            // framing, routing and the connection
            "connection",
            "content-length",
            "host",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            // how to handle the message
            "age",
            "cache-control",
            "date",
            "expect",
            "expires",
            "location",
            "max-forwards",
            "pragma",
            "range",
            "retry-after",
            "vary",
            "warning",
            // how to read the body
            "content-encoding",
            "content-range",
            "content-type",
            // who is who
            "authentication-info",
            "authorization",
            "cookie",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "set-cookie",
            "www-authenticate",
            // what gateways vouch for
            "forwarded",
            "via",
            "x-anonymous-consumer",
            "x-real-ip");

    private static final String[] FORBIDDEN_PREFIXES = {
        "if-", "x-authenticated-", "x-consumer-", "x-credential-", "x-forwarded-", "x-kong-"
    };

    private TrailerFields() {}

    /** Whether a trailer of this name, in whatever case, may be passed on. */
    public static boolean allow(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (FORBIDDEN.contains(lower)) {
            return false;
        }
        for (String prefix : FORBIDDEN_PREFIXES) {
            if (lower.startsWith(prefix)) {
                return false;
            }
        }
        return true;
    }
}
