package io.gatehouse.core.config;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names of a mapping's fields, each once, in the order of the file; mappings with the same fields may share them.
 * Immutable.
 */
final class FieldNames {
    /** So many are compared one by one, as the fields of every entity are; a map for each would cost more than it saves. */
    private static final int FEW = 32;

    private final String[] names;
    private final @Nullable Map<String, Integer> places;

    private FieldNames(String[] names, @Nullable Map<String, Integer> places) {
        this.names = names;
        this.places = places;
    }

    /** The names, which are its own from now on; null when one of them is there twice. */
    static @Nullable FieldNames of(String[] names) {
        if (names.length <= FEW) {
            for (int i = 1; i < names.length; i++) {
                if (find(names, i, names[i]) >= 0) {
                    return null;
                }
            }
            return new FieldNames(names, null);
        }
        Map<String, Integer> places = new HashMap<>(names.length * 4 / 3 + 1);
        for (int i = 0; i < names.length; i++) {
            places.put(names[i], i);
        }
        return places.size() < names.length ? null : new FieldNames(names, places);
    }

    int size() {
        return names.length;
    }

    String at(int place) {
        return names[place];
    }

    /** Where a name stands; -1 when it is not there. */
    int find(String name) {
        if (places == null) {
            return find(names, names.length, name);
        }
        Integer place = places.get(name);
        return place == null ? -1 : place;
    }

    private static int find(String[] names, int end, String name) {
        for (int i = 0; i < end; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** The other ones if they are the same, so that one of the two can go. */
    FieldNames sharedWith(FieldNames other) {
        return Arrays.equals(names, other.names) ? other : this;
    }
}
