package io.gatehouse.core.upstream;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

    private HopByHop() {}

    /**
     * A client's headers as they may be passed on: a copy without what belongs to the connection, and without {@code
     * Host}.
     */
    public static MultiMap fromClient(MultiMap headers) {
        String connection = headers.get(HttpHeaders.CONNECTION);
        MultiMap kept = HttpHeaders.headers();
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            if (!dropped(name)) {
                kept.add(name, header.getValue());
            }
        }
        removeListed(connection, kept);
        String te = headers.get("te");
        if (te != null && te.toLowerCase(Locale.ROOT).contains("trailers")) {
            kept.set("te", "trailers");
        }
        return kept;
    }

    private static boolean dropped(String name) {
        // lengths first: most names are none of these and are not lower-cased for nothing
        return switch (name.length()) {
            case 2, 4, 5, 6, 7, 10, 16, 17 -> FROM_CLIENT.contains(name.toLowerCase(Locale.ROOT));
            default -> false;
        };
    }

    /** An upstream's headers without what belongs to the connection; changed in place. */
    static MultiMap fromUpstream(MultiMap headers) {
        String connection = headers.get(HttpHeaders.CONNECTION);
        if (connection != null) {
            headers.remove(HttpHeaders.CONNECTION);
            removeListed(connection, headers);
        }
        headers.remove(HttpHeaders.TRANSFER_ENCODING);
        headers.remove("keep-alive");
        headers.remove("proxy-connection");
        headers.remove("upgrade");
        headers.remove("trailer");
        return headers;
    }

    private static void removeListed(@Nullable String connection, MultiMap headers) {
        if (connection == null || connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close")) {
            return;
        }
        for (String listed : connection.split(",", 100)) {
            String name = listed.trim();
            if (!name.isEmpty()) {
                headers.remove(name);
            }
        }
    }
}
