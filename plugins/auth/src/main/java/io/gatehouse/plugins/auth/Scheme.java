package io.gatehouse.plugins.auth;

import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/** One scheme of {@code Authorization} headers, such as {@code Basic}. */
public final class Scheme {
    /** The header that is read second. */
    public static final String AUTHORIZATION = "Authorization";

    /** The header that is read first: what it holds is for gateways only. */
    public static final String PROXY_AUTHORIZATION = "Proxy-Authorization";

    private final String name;
    private final boolean spaced;

    /**
     * A scheme.
     *
     * @param spaced whether white space must follow the name; Kong's basic-auth and hmac-auth want none
     */
    public Scheme(String name, boolean spaced) {
        this.name = name;
        this.spaced = spaced;
    }

    /**
     * What follows the scheme's name in a header.
     *
     * @return null when there is nothing, or another scheme
     */
    public @Nullable String read(@Nullable String value) {
        if (value == null) {
            return null;
        }
        int start = skipSpace(value, 0);
        if (!value.regionMatches(true, start, name, 0, name.length())) {
            return null;
        }
        int after = start + name.length();
        int from = skipSpace(value, after);
        return from == value.length() || (spaced && from == after)
                ? null
                : value.substring(from).stripTrailing();
    }

    /** Takes a header out when it is of this scheme: another one is for somebody else. */
    public void hide(MultiMap headers, String header) {
        if (read(headers.get(header)) != null) {
            headers.remove(header);
        }
    }

    private static int skipSpace(String value, int from) {
        int at = from;
        while (at < value.length() && Character.isWhitespace(value.charAt(at))) {
            at++;
        }
        return at;
    }
}
