package io.gatehouse.plugins.ai.proxy;

import static io.gatehouse.plugins.support.Arguments.decode;
import static io.gatehouse.plugins.support.Arguments.encode;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Raw queries, edited without touching the arguments that stay. */
final class Queries {
    private Queries() {}

    /** The decoded value of the first argument of this name; null when there is none. */
    static @Nullable String first(@Nullable String query, String name) {
        if (query == null) {
            return null;
        }
        int start = 0;
        while (start <= query.length()) {
            int end = end(query, start);
            if (nameOf(query, start, end).equals(name)) {
                int equals = query.indexOf('=', start);
                return equals < 0 || equals > end ? "" : decode(query.substring(equals + 1, end));
            }
            start = end + 1;
        }
        return null;
    }

    /** The query without the arguments whose decoded name is chosen; null when nothing is left. */
    static @Nullable String without(@Nullable String query, Predicate<String> chosen) {
        if (query == null || query.isEmpty()) {
            return null;
        }
        StringBuilder kept = null;
        boolean dropped = false;
        int start = 0;
        while (start <= query.length()) {
            int end = end(query, start);
            if (chosen.test(nameOf(query, start, end))) {
                dropped = true;
            } else {
                if (kept == null) {
                    kept = new StringBuilder(query.length());
                } else {
                    kept.append('&');
                }
                kept.append(query, start, end);
            }
            start = end + 1;
        }
        if (!dropped) {
            return query;
        }
        return kept == null || kept.isEmpty() ? null : kept.toString();
    }

    /** The query without arguments of these names, which are lower case and match in any case. */
    static @Nullable String without(@Nullable String query, Set<String> lowerCaseNames) {
        return lowerCaseNames.isEmpty() ? query : without(query, name -> lowerCaseNames.contains(Lower.of(name)));
    }

    /** Two queries in one; null when both are empty. */
    static @Nullable String join(@Nullable String first, @Nullable String second) {
        if (first == null || first.isEmpty()) {
            return second == null || second.isEmpty() ? null : second;
        }
        return second == null || second.isEmpty() ? first : first + '&' + second;
    }

    /** An argument, escaped. */
    static String argument(String name, String value) {
        return encode(name) + '=' + encode(value);
    }

    private static int end(String query, int start) {
        int end = query.indexOf('&', start);
        return end < 0 ? query.length() : end;
    }

    private static String nameOf(String query, int start, int end) {
        int equals = query.indexOf('=', start);
        return decode(query.substring(start, equals < 0 || equals > end ? end : equals));
    }
}
