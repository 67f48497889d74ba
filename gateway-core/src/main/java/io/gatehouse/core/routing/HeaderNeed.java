package io.gatehouse.core.routing;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a route cannot do without: a header that has one of some values, letter case aside.
 *
 * @param names the names under which the header may come, in lower case
 * @param values the values, {@linkplain #folded folded}
 */
record HeaderNeed(List<String> names, Set<String> values) {
    static HeaderNeed of(Iterable<String> names, Iterable<String> values) {
        Set<String> sorted = new TreeSet<>();
        names.forEach(sorted::add);
        Set<String> folded = new LinkedHashSet<>();
        values.forEach(value -> folded.add(folded(value)));
        return new HeaderNeed(List.copyOf(sorted), folded);
    }

    /** The same for texts that are equal but for letter case, as {@link String#equalsIgnoreCase} has it. */
    static String folded(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (folded(value.charAt(i)) != value.charAt(i)) {
                char[] all = value.toCharArray();
                for (int at = i; at < all.length; at++) {
                    all[at] = folded(all[at]);
                }
                return new String(all);
            }
        }
        return value;
    }

    private static char folded(char c) {
        return Character.toLowerCase(Character.toUpperCase(c));
    }
}
