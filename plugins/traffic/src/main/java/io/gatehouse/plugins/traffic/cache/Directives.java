package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code Cache-Control} says. */
final class Directives {
    /** What a number of seconds is that is none, or absent. */
    static final long UNLIMITED = Long.MAX_VALUE;

    /** Ten years are as good as more. */
    private static final long MOST = 315_360_000;

    private static final Directives NONE = new Directives(Map.of());

    private final Map<String, String> all;

    private Directives(Map<String, String> all) {
        this.all = all;
    }

    static Directives of(MultiMap headers) {
        List<String> values = headers.getAll("Cache-Control");
        if (values.isEmpty()) {
            return NONE;
        }
        Map<String, String> all = new HashMap<>();
        for (String value : values) {
            for (String directive : value.split(",", -1)) {
                int equals = directive.indexOf('=');
                String name = equals < 0 ? directive : directive.substring(0, equals);
                String argument =
                        equals < 0 ? "" : directive.substring(equals + 1).strip();
                all.put(name.strip().toLowerCase(Locale.ROOT), argument.replace("\"", ""));
            }
        }
        return new Directives(all);
    }

    /** How old an answer is as it comes, in seconds: what it says itself, else 0. */
    static long age(MultiMap headers) {
        String age = headers.get("Age");
        try {
            return age == null ? 0 : Math.min(MOST, Math.max(0, Long.parseLong(age.strip())));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Whether nobody may get the answer once it is no longer good, whatever he says. */
    boolean mustBeGood() {
        return has("must-revalidate") || has("proxy-revalidate") || has("s-maxage");
    }

    boolean has(String name) {
        return all.containsKey(name);
    }

    /** The seconds that a directive names; {@link #UNLIMITED} without a number; null when it is absent. */
    @Nullable
    Long seconds(String name) {
        String value = all.get(name);
        if (value == null) {
            return null;
        }
        try {
            return Math.min(MOST, Math.max(0, Long.parseLong(value)));
        } catch (NumberFormatException e) {
            return UNLIMITED;
        }
    }

    /**
     * How many seconds from now an answer is good: what it says for shared caches, for all, or when it expires; else 0.
     *
     * @param age how old it is already, in seconds
     */
    long freshSeconds(MultiMap headers, long nowMillis, long age) {
        for (String name : new String[] {"s-maxage", "max-age"}) {
            Long seconds = seconds(name);
            if (seconds != null) {
                return seconds == UNLIMITED ? 0 : Math.max(0, seconds - age);
            }
        }
        String expires = headers.get("Expires");
        if (expires == null) {
            return 0;
        }
        try {
            Instant at = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(expires));
            return Math.max(0, (at.toEpochMilli() - nowMillis) / 1000);
        } catch (DateTimeException e) {
            return 0; // also what "0" and "-1" mean
        }
    }
}
