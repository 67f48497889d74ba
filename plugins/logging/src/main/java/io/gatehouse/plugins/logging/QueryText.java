package io.gatehouse.plugins.logging;

import io.gatehouse.api.Redaction;
import io.gatehouse.api.json.JsonName;
import io.gatehouse.plugins.support.Arguments;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Query strings in log entries: parsed, and without the values of credentials. */
final class QueryText {
    private QueryText() {}

    /**
     * Path and query, with {@code REDACTED} for the values of arguments that carry credentials; all else stays byte for
     * byte.
     *
     * @param read further names, in lower case: those that auth plugins read
     */
    static String redactedUri(String uri, Set<String> read) {
        int mark = uri.indexOf('?');
        if (mark < 0) {
            return uri;
        }
        StringBuilder shown = null;
        int from = mark + 1;
        while (from <= uri.length()) {
            int to = end(uri, from);
            int equals = uri.indexOf('=', from);
            boolean hide =
                    equals >= 0 && equals < to && isCredential(Arguments.decode(uri.substring(from, equals)), read);
            if (hide && shown == null) {
                shown = new StringBuilder(uri.length()).append(uri, 0, from);
            }
            if (shown != null) {
                if (hide) {
                    shown.append(uri, from, equals + 1).append(LogEntry.REDACTED);
                } else {
                    shown.append(uri, from, to);
                }
                if (to < uri.length()) {
                    shown.append('&');
                }
            }
            from = to + 1;
        }
        return shown == null ? uri : shown.toString();
    }

    /** Adds the arguments, without the values of the same ones: null for one without a value. */
    static void parse(@Nullable String query, Set<String> read, NamedValues arguments) {
        if (query == null) {
            return;
        }
        int from = 0;
        while (from < query.length()) {
            int to = end(query, from);
            int equals = query.indexOf('=', from);
            boolean hasValue = equals >= 0 && equals < to;
            String name = Arguments.decode(query.substring(from, hasValue ? equals : to));
            if (!name.isEmpty()) {
                String value = null;
                if (hasValue) {
                    value = isCredential(name, read)
                            ? LogEntry.REDACTED
                            : Arguments.decode(query.substring(equals + 1, to));
                }
                arguments.add(JsonName.of(name), value);
            }
            from = to + 1;
        }
    }

    private static boolean isCredential(String name, Set<String> read) {
        String lower = name.toLowerCase(Locale.ROOT);
        return Redaction.USUAL_ARGUMENTS.contains(lower) || read.contains(lower);
    }

    private static int end(String text, int from) {
        int end = text.indexOf('&', from);
        return end < 0 ? text.length() : end;
    }
}
