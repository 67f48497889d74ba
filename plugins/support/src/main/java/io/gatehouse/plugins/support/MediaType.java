package io.gatehouse.plugins.support;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A media type, such as a {@code Content-Type} says.
 *
 * @param type in lower case, or {@code *}
 * @param subtype in lower case, or {@code *}
 * @param parameters values as they are written, without quotes, by names in lower case
 */
public record MediaType(String type, String subtype, Map<String, String> parameters) {
    /** Copies the parameters. */
    public MediaType {
        parameters = Map.copyOf(parameters);
    }

    /** Reads a media type; null for what is none. */
    public static @Nullable MediaType of(String text) {
        String[] parts = text.split(";", -1);
        String[] names = parts[0].strip().toLowerCase(Locale.ROOT).split("/", -1);
        if (names.length != 2 || names[0].isEmpty() || names[1].isEmpty()) {
            return null;
        }
        Map<String, String> parameters = new TreeMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0) {
                String value = parts[i].substring(equals + 1).strip();
                if (value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")) {
                    value = value.substring(1, value.length() - 1);
                }
                parameters.put(parts[i].substring(0, equals).strip().toLowerCase(Locale.ROOT), value);
            }
        }
        return new MediaType(names[0], names[1], parameters);
    }

    /** Whether a type is this one, with exactly these parameters. */
    public boolean includes(MediaType other) {
        return includesType(other) && parameters.equals(other.parameters);
    }

    /** Whether a type is this one, whatever its parameters. */
    public boolean includesType(MediaType other) {
        return (type.equals("*") || type.equals(other.type)) && (subtype.equals("*") || subtype.equals(other.subtype));
    }
}
