package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The groups that a route's regular expressions captured, by number and by name ({@code uri_captures}). Immutable.
 */
public final class UriCaptures {
    private final @Nullable String[] groups;
    private final int count;
    private final Map<String, Integer> names;

    private UriCaptures(@Nullable String[] groups, int count, Map<String, Integer> names) {
        this.groups = groups;
        this.count = count;
        this.names = names;
    }

    static UriCaptures of(Matcher matcher, Map<String, Integer> names) {
        @Nullable String[] groups = new @Nullable String[matcher.groupCount() + 1];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = matcher.group(i);
        }
        return new UriCaptures(groups, matcher.groupCount(), names);
    }

    /** What several expressions captured, a later one over an earlier one; null when none has groups. */
    static @Nullable UriCaptures of(List<Matcher> matchers) {
        int count = 0;
        int named = 0;
        for (Matcher matcher : matchers) {
            count = Math.max(count, matcher.groupCount());
            named += matcher.pattern().namedGroups().size();
        }
        if (count == 0) {
            return null;
        }
        // texts of named groups stand behind the numbered ones, which a later expression may replace
        @Nullable String[] groups = new @Nullable String[count + 1 + named];
        Map<String, Integer> names = new HashMap<>();
        for (Matcher matcher : matchers) {
            for (int i = 0; i <= matcher.groupCount(); i++) {
                String group = matcher.group(i);
                groups[i] = group == null ? groups[i] : group;
            }
            for (Map.Entry<String, Integer> name :
                    matcher.pattern().namedGroups().entrySet()) {
                int place = names.computeIfAbsent(name.getKey(), key -> groups.length - 1 - names.size());
                String group = matcher.group(name.getValue());
                groups[place] = group == null ? groups[place] : group;
            }
        }
        return new UriCaptures(groups, count, names);
    }

    /** How many groups the expression has, the whole match not counted. */
    public int count() {
        return count;
    }

    /**
     * The text of a group; 0 is the whole match. Null when the group took no part in the match or does not exist.
     */
    public @Nullable String group(int number) {
        return number >= 0 && number <= count ? groups[number] : null;
    }

    /** The text of a named group; null when it took no part in the match or does not exist. */
    public @Nullable String group(String name) {
        Integer number = names.get(name);
        return number == null ? null : groups[number];
    }

    /** All groups that took part in the match, by number, of which 0 is the whole match, and by name. */
    public Map<String, String> asMap() {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i <= count; i++) {
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
