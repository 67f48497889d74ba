package io.gatehouse.plugins.support;

import io.vertx.core.MultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds headers by the names that users write. As in Kong, a name with underscores finds a header of just this name, or
 * else the one with hyphens in their places: {@code x_team} finds {@code X-Team}. Stateless.
 */
public final class HeaderLookup {
    private HeaderLookup() {}

    /** The first value; null when there is none. */
    public static @Nullable String first(MultiMap headers, String name) {
        String value = headers.get(name);
        if (value != null) {
            return value;
        }
        String hyphenated = hyphenated(name);
        return hyphenated.equals(name) ? null : headers.get(hyphenated);
    }

    /** All values. */
    public static List<String> all(MultiMap headers, String name) {
        List<String> values = headers.getAll(name);
        if (!values.isEmpty()) {
            return values;
        }
        String hyphenated = hyphenated(name);
        return hyphenated.equals(name) ? values : headers.getAll(hyphenated);
    }

    /** The other name by which a header may be found; the same when there is no underscore in it. */
    public static String hyphenated(String name) {
        return name.replace('_', '-');
    }
}
