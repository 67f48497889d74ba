package io.gatehouse.plugins.logging;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.json.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Changes fields of a log entry by path. */
final class LogFields {
    private static final int MAX_DEPTH = 32;

    private LogFields() {}

    /**
     * Sets a field, or deletes it where the value is {@link Exchange#DELETED}. Dots nest, {@code \.} is a literal dot. A
     * path through something that is no object changes nothing.
     */
    static void set(Map<String, Object> entry, String path, Object value) {
        if (path.indexOf('.') < 0) { // most names: nothing to take apart
            setLast(entry, path, value);
            return;
        }
        List<String> names = names(path);
        Map<String, Object> place = entry;
        for (int i = 0; i < names.size() - 1; i++) {
            String name = names.get(i);
            Object inner = place.get(name);
            if (inner == null && value == Exchange.DELETED) {
                return;
            }
            if (inner != null && !(inner instanceof Map)) {
                return;
            }
            // a copy: entities are shared with other exchanges
            Map<String, Object> copy = new LinkedHashMap<>();
            if (inner instanceof Map<?, ?> map) {
                map.forEach((key, old) -> copy.put(String.valueOf(key), old));
            }
            place.put(name, copy);
            place = copy;
        }
        setLast(place, names.get(names.size() - 1), value);
    }

    private static void setLast(Map<String, Object> place, String last, Object value) {
        if (value == Exchange.DELETED) {
            place.remove(last);
        } else {
            place.put(last, jsonLike(value, 0));
        }
    }

    /** Adds a value under a name; a second one makes it a list. */
    static void addRepeated(Map<String, Object> values, String name, Object value) {
        Object known = values.get(name);
        if (known == null) {
            values.put(name, value);
        } else if (known instanceof Several several) {
            several.add(value);
        } else {
            Several several = new Several();
            several.add(known);
            several.add(value);
            values.put(name, several);
        }
    }

    /** The first name of a path. */
    static String top(String path) {
        int end = path.indexOf('.');
        if (end < 0) {
            return path;
        }
        return path.lastIndexOf('\\', end) < 0
                ? path.substring(0, end)
                : names(path).get(0);
    }

    private static List<String> names(String path) {
        List<String> names = new ArrayList<>(4);
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '\\' && i + 1 < path.length() && path.charAt(i + 1) == '.') {
                name.append('.');
                i++;
            } else if (c == '.') {
                names.add(name.toString());
                name.setLength(0);
            } else {
                name.append(c);
            }
        }
        names.add(name.toString());
        return names;
    }

    /** The value as far as JSON has a form for it; what has none becomes text, so that no plugin's value loses an entry. */
    private static @Nullable Object jsonLike(@Nullable Object value, int depth) {
        if (value == null
                || value instanceof String
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Short
                || value instanceof Byte
                || value instanceof BigDecimal
                || value instanceof BigInteger
                || value instanceof JsonValue) {
            return value;
        }
        if (value instanceof Number number) {
            double plain = number.doubleValue();
            return Double.isNaN(plain) || Double.isInfinite(plain) ? number.toString() : (Object) plain;
        }
        if (depth < MAX_DEPTH && value instanceof Map<?, ?> map) {
            Map<String, Object> copy = new LinkedHashMap<>();
            map.forEach((key, inner) -> copy.put(String.valueOf(key), jsonLike(inner, depth + 1)));
            return copy;
        }
        if (depth < MAX_DEPTH && value instanceof Iterable<?> elements) {
            List<Object> copy = new ArrayList<>();
            elements.forEach(inner -> copy.add(jsonLike(inner, depth + 1)));
            return copy;
        }
        return value.toString();
    }

    /** Values of one name that came several times. */
    private static final class Several extends ArrayList<Object> {
        private static final long serialVersionUID = 1L;
    }
}
