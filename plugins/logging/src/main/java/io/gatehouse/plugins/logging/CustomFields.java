package io.gatehouse.plugins.logging;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.config.Problems;
import io.gatehouse.api.json.JsonWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that a user changes with {@code custom_fields_by_lua}. There is no Lua here: a chunk that returns a constant
 * works ({@code return nil} deletes the field), every other one is refused with the configuration.
 *
 * <p>Unlike in Kong, a change shows in the entries of its own log plugin only. Immutable; any thread.
 */
public final class CustomFields {
    private static final Object NOT_SUPPORTED = new Object();

    private final Map<String, Object> values;

    /** The names at the top of what is added, when all that happens is adding; else empty. */
    private final Set<String> addedNames;

    /** The members that are added, as JSON: they are constants. */
    private final byte[] added;

    private CustomFields(Map<String, Object> values) {
        this.values = values;
        Map<String, Object> tree = new LinkedHashMap<>();
        boolean onlyAdds = true;
        for (Map.Entry<String, Object> field : values.entrySet()) {
            onlyAdds &= LogEntry.adds(field.getKey(), field.getValue());
            LogFields.set(tree, field.getKey(), field.getValue());
        }
        this.addedNames = onlyAdds ? Set.copyOf(tree.keySet()) : Set.of();
        this.added = EntryWriter.members(new JsonWriter().any(tree));
    }

    /** Reports every chunk that does not return a constant. */
    public static void validate(Map<String, String> chunks, Problems problems) {
        chunks.forEach((field, chunk) -> {
            if (value(chunk) == NOT_SUPPORTED) {
                problems.add(
                        "custom_fields_by_lua." + field,
                        "this Lua code is not supported (got: " + chunk
                                + ", expected: return nil, or return of a string, a number or a boolean)");
            }
        });
    }

    /** The fields of a valid configuration. */
    public static CustomFields of(Map<String, String> chunks) {
        Map<String, Object> values = new LinkedHashMap<>();
        chunks.forEach((field, chunk) -> values.put(field, value(chunk)));
        return new CustomFields(values);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /**
     * An entry with these fields, as a copy.
     *
     * @param others what plugins have added to the entry
     */
    byte[] applyTo(byte[] entry, Map<String, Object> others) {
        boolean adds = !addedNames.isEmpty();
        for (String other : others.keySet()) {
            adds &= !addedNames.contains(LogFields.top(other));
        }
        if (!adds) {
            return LogEntry.changed(entry, values);
        }
        byte[] changed = Arrays.copyOf(entry, entry.length + 1 + added.length);
        int at = entry.length - 1; // over the last bracket
        changed[at++] = ',';
        System.arraycopy(added, 0, changed, at, added.length);
        changed[changed.length - 1] = '}';
        return changed;
    }

    private static Object value(String chunk) {
        String code = chunk.strip();
        if (code.endsWith(";")) {
            code = code.substring(0, code.length() - 1).stripTrailing();
        }
        if (!code.startsWith("return") || code.length() < 7) {
            return NOT_SUPPORTED;
        }
        String constant = code.substring(6).strip();
        char after = code.charAt(6);
        if (constant.isEmpty() || Character.isLetterOrDigit(after) || after == '_') {
            return NOT_SUPPORTED;
        }
        char first = constant.charAt(0);
        if (first == '"' || first == '\'') {
            String text = text(constant, first);
            return text == null ? NOT_SUPPORTED : text;
        }
        return switch (constant) {
            case "nil" -> Exchange.DELETED;
            case "true" -> true;
            case "false" -> false;
            default -> number(constant);
        };
    }

    private static Object number(String constant) {
        for (int i = 0; i < constant.length(); i++) {
            if ("+-.eE".indexOf(constant.charAt(i)) < 0 && !Character.isDigit(constant.charAt(i))) {
                return NOT_SUPPORTED;
            }
        }
        if (constant.charAt(0) == '+') {
            return NOT_SUPPORTED;
        }
        try {
            return Long.valueOf(constant);
        } catch (NumberFormatException notWhole) {
            try {
                return Double.valueOf(constant);
            } catch (NumberFormatException none) {
                return NOT_SUPPORTED;
            }
        }
    }

    private static @Nullable String text(String constant, char quote) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < constant.length(); i++) {
            char c = constant.charAt(i);
            if (c == quote) {
                return i == constant.length() - 1 ? text.toString() : null;
            }
            if (c == '\n') {
                return null;
            }
            if (c == '\\') {
                i++;
                if (i == constant.length()) {
                    return null;
                }
                int at = "ntr\\\"'".indexOf(constant.charAt(i));
                if (at < 0) {
                    return null;
                }
                text.append("\n\t\r\\\"'".charAt(at));
            } else {
                text.append(c);
            }
        }
        return null;
    }
}
