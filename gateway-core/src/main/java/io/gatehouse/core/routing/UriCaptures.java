package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The groups that a route's regular expression path captured, by number and by name ({@code uri_captures}). Immutable.
 */
public final class UriCaptures {
    private final @Nullable String[] groups;
    private final Map<String, Integer> names;

    private UriCaptures(@Nullable String[] groups, Map<String, Integer> names) {
        this.groups = groups;
        this.names = names;
    }

    static UriCaptures of(Matcher matcher, Map<String, Integer> names) {
        @Nullable String[] groups = new @Nullable String[matcher.groupCount() + 1];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = matcher.group(i);
        }
        return new UriCaptures(groups, names);
    }

    /** How many groups the expression has, the whole match not counted. */
    public int count() {
        return groups.length - 1;
    }

    /**
     * The text of a group; 0 is the whole match. Null when the group took no part in the match or does not exist.
     */
    public @Nullable String group(int number) {
        return number >= 0 && number < groups.length ? groups[number] : null;
    }

    /** The text of a named group; null when it took no part in the match or does not exist. */
    public @Nullable String group(String name) {
        Integer number = names.get(name);
        return number == null ? null : groups[number];
    }

    /** All groups that took part in the match, by number from 1 and by name. */
    public Map<String, String> asMap() {
        Map<String, String> map = new HashMap<>();
        for (int i = 1; i < groups.length; i++) {
            String group = groups[i];
            if (group != null) {
                map.put(Integer.toString(i), group);
            }
        }
        for (Map.Entry<String, Integer> name : names.entrySet()) {
            String group = groups[name.getValue()];
            if (group != null) {
                map.put(name.getKey(), group);
            }
        }
        return map;
    }

    /** The names of the named groups. */
    public Set<String> names() {
        return names.keySet();
    }
}
