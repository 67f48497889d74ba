package io.gatehouse.core.routing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of a query by their decoded name, in order. As in Kong a plus is a space, and a malformed escape stands
 * for itself.
 */
public final class QueryArguments {
    private final Map<String, List<String>> values = new HashMap<>();

    private QueryArguments() {}

    /**
     * Reads a query.
     *
     * @param bare what the value of an argument is that has no {@code =}
     */
    public static QueryArguments of(String query, String bare) {
        QueryArguments arguments = new QueryArguments();
        int at = 0;
        while (at < query.length()) {
            int end = query.indexOf('&', at);
            if (end < 0) {
                end = query.length();
            }
            if (end > at) {
                int equals = query.indexOf('=', at);
                boolean valued = equals >= 0 && equals < end;
                String name = decoded(query, at, valued ? equals : end);
                String value = valued ? decoded(query, equals + 1, end) : bare;
                arguments
                        .values
                        .computeIfAbsent(name, key -> new ArrayList<>(1))
                        .add(value);
            }
            at = end + 1;
        }
        return arguments;
    }

    /** The values of an argument; empty when there is none. */
    public List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    private static String decoded(String text, int from, int to) {
        int at = from;
        while (at < to && text.charAt(at) != '%' && text.charAt(at) != '+') {
            at++;
        }
        if (at == to) {
            return text.substring(from, to);
        }
        byte[] bytes = text.substring(from, to).getBytes(StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b == '%' && i + 2 < bytes.length) {
                int high = Character.digit(bytes[i + 1], 16);
                int low = Character.digit(bytes[i + 2], 16);
                if (high >= 0 && low >= 0) {
                    b = (byte) (high << 4 | low);
                    i += 2;
                }
            } else if (b == '+') {
                b = ' ';
            }
            bytes[length++] = b;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
