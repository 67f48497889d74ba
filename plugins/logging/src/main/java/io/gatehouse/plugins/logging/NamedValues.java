package io.gatehouse.plugins.logging;

import io.gatehouse.api.json.JsonName;
import io.gatehouse.api.json.JsonWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Headers or query arguments on their way into an entry: names in the order in which each first came, and a list where one
 * came several times. Written once, then empty again; for one thread.
 */
final class NamedValues {
    /** Up to here, comparing each with each beats a map. A client that sends more is not to make the loop slow. */
    private static final int FEW = 64;

    private @Nullable JsonName[] names = new JsonName[FEW];
    private @Nullable String[] values = new String[FEW];
    private int[] hashes = new int[FEW];
    private int size;

    /** Adds a value; null for an argument that has none, which shows as true. */
    void add(JsonName name, @Nullable String value) {
        if (size == names.length) {
            names = Arrays.copyOf(names, size * 2);
            values = Arrays.copyOf(values, size * 2);
            hashes = Arrays.copyOf(hashes, size * 2);
        }
        names[size] = name;
        values[size] = value;
        hashes[size] = name.text().hashCode();
        size++;
    }

    /** Writes the object, and forgets everything. */
    void writeTo(JsonWriter json) {
        if (size > FEW) {
            json.any(map());
        } else {
            json.beginObject();
            for (int i = 0; i < size; i++) {
                JsonName name = names[i];
                if (name != null) {
                    json.name(name);
                    values(json, name, i);
                }
            }
            json.endObject();
        }
        clear();
    }

    private void values(JsonWriter json, JsonName name, int first) {
        int next = next(name, first, first + 1);
        if (next < 0) {
            value(json, values[first]);
            return;
        }
        json.beginArray();
        value(json, values[first]);
        for (; next >= 0; next = next(name, first, next + 1)) {
            value(json, values[next]);
            names[next] = null; // it has been shown
        }
        json.endArray();
    }

    private int next(JsonName name, int first, int from) {
        int hash = hashes[first];
        for (int i = from; i < size; i++) {
            if (hashes[i] == hash) {
                JsonName other = names[i];
                if (other != null && (other == name || other.text().equals(name.text()))) {
                    return i;
                }
            }
        }
        return -1;
    }

    private static void value(JsonWriter json, @Nullable String value) {
        if (value == null) {
            json.value(true);
        } else {
            json.value(value);
        }
    }

    private Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            JsonName name = names[i];
            String value = values[i];
            if (name != null) {
                LogFields.addRepeated(map, name.text(), value == null ? (Object) true : value);
            }
        }
        return map;
    }

    /** Forgets everything. */
    void clear() {
        if (names.length > FEW) {
            names = new JsonName[FEW];
            values = new String[FEW];
            hashes = new int[FEW];
        } else {
            Arrays.fill(names, 0, size, null);
            Arrays.fill(values, 0, size, null);
        }
        size = 0;
    }
}
