package io.gatehouse.core.config;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes maps, collections and values as block YAML that reads back as the same, here and in YAML 1.1. The order is the
 * caller's. Stateless.
 */
public final class YamlWriter {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*");
    /** Words that are no strings in some YAML. */
    private static final Pattern WORD = Pattern.compile("(?i)y|n|yes|no|on|off|true|false|null");

    private YamlWriter() {}

    /**
     * What is written as it is, quotes included.
     *
     * @param text one line
     */
    public record Verbatim(String text) {}

    /**
     * Writes a document.
     *
     * @param root string keys to maps, collections, strings, numbers, booleans, {@link Verbatim} and nulls
     */
    public static String write(Map<String, ?> root) {
        StringBuilder out = new StringBuilder();
        if (root.isEmpty()) {
            return "{}\n";
        }
        map(out, root, 0, false);
        return out.toString();
    }

    private static void map(StringBuilder out, Map<?, ?> map, int depth, boolean afterDash) {
        boolean first = afterDash;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (!first) {
                out.append("  ".repeat(depth));
            }
            first = false;
            out.append(string(String.valueOf(entry.getKey()))).append(':');
            value(out, entry.getValue(), depth, false);
        }
    }

    private static void value(StringBuilder out, @Nullable Object value, int depth, boolean inList) {
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            if (inList) {
                out.append(' ');
            } else {
                out.append('\n');
            }
            map(out, map, depth + 1, inList);
        } else if (value instanceof Collection<?> items && !items.isEmpty()) {
            out.append('\n');
            // as decK does, a list stands as far in as its key
            int own = inList ? depth + 1 : depth;
            for (Iterator<?> all = items.iterator(); all.hasNext(); ) {
                out.append("  ".repeat(own)).append('-');
                value(out, all.next(), own, true);
            }
        } else {
            String text = scalar(value);
            out.append(text.isEmpty() ? "" : " ").append(text).append('\n');
        }
    }

    private static String scalar(@Nullable Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Verbatim verbatim) {
            return verbatim.text();
        }
        if (value instanceof Map) {
            return "{}";
        }
        if (value instanceof Collection) {
            return "[]";
        }
        if (value instanceof Double number) {
            return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
        }
        return value instanceof Number || value instanceof Boolean
                ? Objects.toString(value)
                : string(String.valueOf(value));
    }

    /** A string, plain where that is safe. */
    private static String string(String text) {
        boolean plain = PLAIN.matcher(text).matches()
                && !WORD.matcher(text).matches()
                && Scalars.typeOf(text) == ConfigNode.Type.STRING;
        return plain ? text : quoted(text);
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    // a template expression would be evaluated, wherever it stands
                    boolean expression = c == '{' && i >= 2 && text.startsWith("${{", i - 2);
                    boolean odd = c < ' ' || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
                    if (expression || odd) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
