package io.gatehouse.plugins.transform;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonEdit;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonWriter;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The members of a JSON object while rules are applied to them, one after the other. Only what a rule changes is written anew;
 * all else keeps its bytes.
 */
public final class JsonMembers {
    private static final Buffer EMPTY_OBJECT = Buffer.buffer("{}");
    private static final Buffer FALSE = Buffer.buffer("false");

    private final JsonBytes document;

    /** What rules have set, in their order; null for what they have removed. */
    private final Map<String, @Nullable Buffer> changes = new LinkedHashMap<>();

    private JsonMembers(JsonBytes document) {
        this.document = document;
    }

    /** Reads an object; an empty text is one without members. Null for what is no JSON object. */
    public static @Nullable JsonMembers of(Buffer json) {
        try {
            JsonBytes document = JsonBytes.scan(json.length() == 0 ? EMPTY_OBJECT : json);
            return document.kind() == JsonKind.OBJECT ? new JsonMembers(document) : null;
        } catch (JsonException e) {
            return null;
        }
    }

    /** The JSON of a member; null when there is none. */
    private @Nullable Buffer get(String name) {
        return changes.containsKey(name) ? changes.get(name) : document.raw(pointer(name));
    }

    /** Whether there is such a member. */
    public boolean contains(String name) {
        return get(name) != null;
    }

    /** Whether there is such a member and it is not {@code false}: Kong's rules take that for none. */
    public boolean counts(String name) {
        Buffer value = get(name);
        return value != null && !value.equals(FALSE);
    }

    /** Sets a member. */
    public void set(String name, Object value) {
        changes.put(name, JsonWriter.write(value));
    }

    /** Removes a member. */
    public void remove(String name) {
        if (contains(name)) {
            changes.put(name, null);
        }
    }

    /** Gives a member another name. */
    public void rename(String from, String to) {
        Buffer value = get(from);
        if (value != null && !from.equals(to)) {
            changes.put(from, null);
            changes.put(to, value);
        }
    }

    /** Makes a list of a text and this value, adds to a list, or begins one, instead of any other value. */
    public void append(String name, Object value) {
        Buffer old = get(name);
        JsonBytes json = old == null ? null : JsonBytes.scan(old);
        if (json != null && json.kind() == JsonKind.ARRAY) {
            changes.put(name, json.edit().set("/-", value).apply());
        } else if (json != null && json.kind() == JsonKind.STRING) {
            changes.put(name, JsonWriter.write(List.of(String.valueOf(json.text("")), value)));
        } else {
            changes.put(name, JsonWriter.write(List.of(value)));
        }
    }

    /** The object as it is now; null when nothing was changed. */
    public @Nullable Buffer changed() {
        if (changes.isEmpty()) {
            return null;
        }
        JsonEdit edit = document.edit();
        for (Map.Entry<String, @Nullable Buffer> change : changes.entrySet()) {
            Buffer value = change.getValue();
            if (value == null) {
                edit.remove(pointer(change.getKey()));
            } else {
                edit.setRaw(pointer(change.getKey()), value);
            }
        }
        return edit.apply();
    }

    private static String pointer(String name) {
        return '/' + name.replace("~", "~0").replace("/", "~1");
    }
}
