package io.gatehouse.plugins.auth;

import static io.gatehouse.plugins.support.Arguments.decode;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a query or of a form, read in place: {@code name=value} pairs with {@code &} between them,
 * percent-encoded. What is not removed keeps its spelling.
 */
public final class Arguments {
    private Arguments() {}

    /**
     * All values of an argument, decoded; empty when there is none. An argument without an equals sign has no value and
     * is not counted.
     */
    public static List<String> values(String raw, String name) {
        List<String> values = null;
        int start = 0;
        while (start <= raw.length()) {
            int end = pairEnd(raw, start);
            int equals = raw.indexOf('=', start);
            if (equals >= 0
                    && equals < end
                    && decode(raw.substring(start, equals)).equals(name)) {
                if (values == null) {
                    values = new ArrayList<>(1);
                }
                values.add(decode(raw.substring(equals + 1, end)));
            }
            start = end + 1;
        }
        return values == null ? List.of() : values;
    }

    /** The same text without an argument, in whatever spelling; null when nothing is left, the text itself when it is not in there. */
    public static @Nullable String without(String raw, String name) {
        StringBuilder kept = null;
        int start = 0;
        int copied = 0;
        while (start <= raw.length()) {
            int end = pairEnd(raw, start);
            int equals = raw.indexOf('=', start);
            int nameEnd = equals >= 0 && equals < end ? equals : end;
            if (nameEnd > start && decode(raw.substring(start, nameEnd)).equals(name)) {
                if (kept == null) {
                    kept = new StringBuilder(raw.length());
                }
                kept.append(raw, copied, start);
                copied = Math.min(end + 1, raw.length());
            }
            start = end + 1;
        }
        if (kept == null) {
            return raw;
        }
        kept.append(raw, copied, raw.length());
        if (copied == raw.length() && !kept.isEmpty() && kept.charAt(kept.length() - 1) == '&') {
            kept.setLength(kept.length() - 1);
        }
        return kept.isEmpty() ? null : kept.toString();
    }

    private static int pairEnd(String raw, int start) {
        int end = raw.indexOf('&', start);
        return end < 0 ? raw.length() : end;
    }
}
