package io.gatehouse.core.upstream;

import io.gatehouse.core.exchange.TrailerFields;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Headers that belong to one connection and are not passed on. */
public final class HopByHop {
    private static final Set<String> FROM_CLIENT = Set.of(
            "connection",
            "keep-alive",
            "proxy",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "expect",
            "host");

    /** What only HTTP/1 has (RFC 9113, 8.2.2), and what of an upstream's answer is not passed on. */
    private static final Set<String> OF_HTTP_1 =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private HopByHop() {}

    /** Whether a header, by its name in lower case, makes a message of HTTP/2 malformed. */
    public static boolean isOfHttp1(String name) {
        return OF_HTTP_1.contains(name);
    }

    /** Removes what makes a message of HTTP/2 malformed. */
    static void removeOfHttp1(MultiMap headers) {
        OF_HTTP_1.forEach(headers::remove);
    }

    /**
     * A client's headers as they may be passed on: a copy without what belongs to the connection, and without {@code
     * Host}.
     */
    public static MultiMap fromClient(MultiMap headers) {
        MultiMap kept = HttpHeaders.headers();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (!dropped(name, FROM_CLIENT)) {
                kept.add(name, header.getValue());
            }
        }
        for (String connection : headers.getAll(HttpHeaders.CONNECTION)) {
            removeListed(connection, kept);
        }
        if (takesTrailers(headers)) {
            kept.set("te", "trailers");
        }
        return kept;
    }

    private static boolean dropped(String name, Set<String> names) {
        // lengths first: most names are none of these and are not lower-cased for nothing
        return switch (name.length()) {
            case 2, 4, 5, 6, 7, 10, 16, 17 -> names.contains(name.toLowerCase(Locale.ROOT));
            default -> false;
        };
    }

    /**
     * An upstream's headers as they may be passed on: a copy without what belongs to the connection, what is meant for
     * nginx ({@code X-Accel-*}), and the announcement of trailers that the client does not take.
     *
     * @param takesTrailers whether the client does
     */
    static MultiMap fromUpstream(MultiMap headers, boolean takesTrailers) {
        MultiMap kept = HttpHeaders.headers();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (!dropped(name, OF_HTTP_1)
                    && !name.regionMatches(true, 0, "X-Accel-", 0, 8)
                    && (takesTrailers || name.length() != 7 || !name.equalsIgnoreCase("Trailer"))) {
                kept.add(name, header.getValue());
            }
        }
        for (String connection : headers.getAll(HttpHeaders.CONNECTION)) {
            removeListed(connection, kept);
        }
        return kept;
    }

    /** Whether the sender of a request said that it reads trailers. */
    static boolean takesTrailers(MultiMap request) {
        String te = request.get("te");
        return te != null && lists(te, "trailers");
    }

    /**
     * The trailers of a request body as they may be passed on: a copy without what must not stand behind a body, and
     * without what the client's head says belongs to the connection.
     */
    static MultiMap trailers(MultiMap trailers, MultiMap head) {
        MultiMap kept = HttpHeaders.headers();
        for (Map.Entry<String, String> trailer : trailers) {
            if (TrailerFields.allow(trailer.getKey())) {
                kept.add(trailer.getKey(), trailer.getValue());
            }
        }
        for (String connection : head.getAll(HttpHeaders.CONNECTION)) {
            removeListed(connection, kept);
        }
        return kept;
    }

    /** Whether {@code close} is a token of a {@code Connection} header. */
    static boolean closes(MultiMap headers) {
        for (String connection : headers.getAll(HttpHeaders.CONNECTION)) {
            if (lists(connection, "close")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a list of tokens, separated by commas and blanks, has this one, in whatever case. */
    public static boolean lists(String list, String token) {
        int at = 0;
        while (at < list.length()) {
            int from = start(list, at);
            int end = end(list, from);
            if (end - from == token.length() && list.regionMatches(true, from, token, 0, token.length())) {
                return true;
            }
            at = next(list, end);
        }
        return false;
    }

    private static void removeListed(String connection, MultiMap headers) {
        if (connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close")) {
            return;
        }
        int at = 0;
        while (at < connection.length()) {
            int from = start(connection, at);
            int end = end(connection, from);
            if (end > from) {
                headers.remove(connection.substring(from, end));
            }
            at = next(connection, end);
        }
    }

    /** Where the element begins that is at this index or behind it. */
    private static int start(String list, int at) {
        int from = at;
        while (from < list.length() && isBlank(list.charAt(from))) {
            from++;
        }
        return from;
    }

    /** Where the element that begins here ends: before its comma, and before blanks. */
    private static int end(String list, int from) {
        int comma = list.indexOf(',', from);
        int end = comma < 0 ? list.length() : comma;
        while (end > from && isBlank(list.charAt(end - 1))) {
            end--;
        }
        return end;
    }

    /** Where the next element may begin. */
    private static int next(String list, int end) {
        int comma = list.indexOf(',', end);
        return comma < 0 ? list.length() : comma + 1;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t';
    }
}
