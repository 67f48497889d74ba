package io.gatehouse.core.exchange;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A header that the gateway adds to answers, by the name that Kong's setting {@code headers} has for it. */
public enum AddedHeader {
    /** Who answered. */
    SERVER("Server"),
    /** Who passed the answer on. */
    VIA("Via"),
    /** Milliseconds until the upstream was called. */
    PROXY_LATENCY("X-Kong-Proxy-Latency"),
    /** Milliseconds until an answer that was not proxied. */
    RESPONSE_LATENCY("X-Kong-Response-Latency"),
    /** Milliseconds that the Admin API took. */
    ADMIN_LATENCY("X-Kong-Admin-Latency"),
    /** Milliseconds until the upstream's head. */
    UPSTREAM_LATENCY("X-Kong-Upstream-Latency"),
    /** What the upstream answered, whatever plugins make of it. */
    UPSTREAM_STATUS("X-Kong-Upstream-Status"),
    /** The request id. */
    REQUEST_ID("X-Kong-Request-Id");

    private static final Set<AddedHeader> SERVER_TOKENS = EnumSet.of(SERVER, VIA);
    private static final Set<AddedHeader> LATENCY_TOKENS =
            EnumSet.of(PROXY_LATENCY, RESPONSE_LATENCY, ADMIN_LATENCY, UPSTREAM_LATENCY);

    private final String header;

    AddedHeader(String header) {
        this.header = header;
    }

    /** The name of the header. */
    public String header() {
        return header;
    }

    /** What Kong adds unless it is told otherwise. */
    public static Set<AddedHeader> usual() {
        Set<AddedHeader> usual = EnumSet.allOf(AddedHeader.class);
        usual.remove(UPSTREAM_STATUS);
        return usual;
    }

    /** The headers that a word of the setting means, in whatever case; null when it is none of its words. */
    public static @Nullable Set<AddedHeader> named(String word) {
        String name = word.toLowerCase(Locale.ROOT);
        if (name.equals("server_tokens")) {
            return SERVER_TOKENS;
        }
        if (name.equals("latency_tokens")) {
            return LATENCY_TOKENS;
        }
        for (AddedHeader one : values()) {
            if (one.header.toLowerCase(Locale.ROOT).equals(name)) {
                return Set.of(one);
            }
        }
        return null;
    }

    /** Every header's name. */
    public static List<String> names() {
        return Arrays.stream(values()).map(AddedHeader::header).toList();
    }
}
