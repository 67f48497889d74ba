package io.gatehouse.plugins.traffic.cors;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The allowed origins. Immutable. */
final class Origins {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9.:/-]+");

    private final boolean all;
    private final boolean single;
    private final Set<String> plain = new HashSet<>();
    private final List<Pattern> byHost = new ArrayList<>();
    private final List<Pattern> byOrigin = new ArrayList<>();
    private final @Nullable String always;

    Origins(List<String> configured) {
        this.single = configured.isEmpty()
                || configured.size() == 1 && configured.get(0).equals("*");
        this.all = single || configured.contains("*");
        this.always = configured.size() == 1 && PLAIN.matches(configured.get(0)) ? configured.get(0) : null;
        for (String entry : configured) {
            if (PLAIN.matches(entry)) {
                plain.add(Origin.of(entry).text());
            } else if (!entry.equals("*")) {
                (entry.indexOf(':') < 0 ? byHost : byOrigin).add(Pattern.compile(entry));
            }
        }
    }

    /** Whether answers differ by the client's origin, so that caches have to know. */
    boolean vary() {
        return !single;
    }

    /** What {@code Access-Control-Allow-Origin} says to a client of this origin; {@code *} for all, null for nothing. */
    @Nullable
    String allowed(@Nullable String origin) {
        if (single) {
            return "*";
        }
        if (always != null) {
            return always;
        }
        if (origin == null || origin.isEmpty()) {
            return null;
        }
        if (all) {
            return "*";
        }
        Origin asked = Origin.of(origin);
        if (plain.contains(asked.text())) {
            return asked.text();
        }
        for (Pattern pattern : byHost) {
            if (pattern.matches(asked.host())) {
                return asked.text();
            }
        }
        for (Pattern pattern : byOrigin) {
            if (pattern.matches(asked.text())) {
                return asked.text();
            }
        }
        return null;
    }

    /**
     * An origin without the port that its scheme has anyway.
     *
     * @param host the host alone; the whole text when it is no URL
     */
    record Origin(String text, String host) {
        static Origin of(String raw) {
            int scheme = raw.indexOf("://");
            if (scheme <= 0) {
                return new Origin(raw, raw);
            }
            int start = scheme + 3;
            int end = raw.indexOf('/', start);
            String authority = raw.substring(start, end < 0 ? raw.length() : end);
            String rest = authority.substring(authority.indexOf('@') + 1);
            int colon = rest.lastIndexOf(':');
            String port = colon > rest.lastIndexOf(']') ? rest.substring(colon + 1) : "";
            String host = colon > rest.lastIndexOf(']') ? rest.substring(0, colon) : rest;
            if (host.isEmpty()) {
                return new Origin(raw, raw);
            }
            String name = raw.substring(0, scheme);
            boolean usual = port.isEmpty()
                    || name.equals("http") && port.equals("80")
                    || name.equals("https") && port.equals("443");
            return new Origin(name + "://" + host + (usual ? "" : ":" + port), host);
        }
    }
}
