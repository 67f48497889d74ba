package io.gatehouse.core.routing;

import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a route asks of one header: any value of the request's equals one of the values or finds one of the expressions,
 * letter case aside.
 */
final class HeaderPattern {
    /** Beyond this many dashes only the spellings with all dashes, all underscores and the configured one are tried. */
    static final int MIXED_SPELLINGS = 4;

    private final String[] spellings;
    private final String[] values;
    private final Pattern[] expressions;

    HeaderPattern(String name, List<String> configured, String route) {
        spellings = spellings(name.toLowerCase(Locale.ROOT));
        List<String> plain = new ArrayList<>();
        List<Pattern> compiled = new ArrayList<>();
        for (String value : configured) {
            if (value.startsWith("~*")) {
                // the flag, not lower-casing the text, which would turn \D into \d
                compiled.add(RegexPath.compile(value.substring(2), Pattern.CASE_INSENSITIVE, route, "headers." + name));
            } else {
                plain.add(value);
            }
        }
        values = plain.toArray(String[]::new);
        expressions = compiled.toArray(Pattern[]::new);
    }

    /** Dash and underscore are the same in a name, but a request's headers are looked up by exact name. */
    private static String[] spellings(String name) {
        Set<String> names = new LinkedHashSet<>();
        String dashed = name.replace('_', '-');
        names.add(dashed);
        names.add(name);
        names.add(dashed.replace('-', '_'));
        List<Integer> places = new ArrayList<>();
        for (int i = dashed.indexOf('-'); i >= 0; i = dashed.indexOf('-', i + 1)) {
            places.add(i);
        }
        if (places.size() <= MIXED_SPELLINGS) {
            for (int mask = 1; mask < (1 << places.size()); mask++) {
                StringBuilder mixed = new StringBuilder(dashed);
                for (int bit = 0; bit < places.size(); bit++) {
                    if ((mask & (1 << bit)) != 0) {
                        mixed.setCharAt(places.get(bit), '_');
                    }
                }
                names.add(mixed.toString());
            }
        }
        return names.toArray(String[]::new);
    }

    /** What it cannot hold without; null when an expression may find anything. */
    @Nullable
    HeaderNeed need() {
        return expressions.length == 0 ? HeaderNeed.of(List.of(spellings), List.of(values)) : null;
    }

    boolean matches(RequestFacts facts) {
        for (String spelling : spellings) {
            if (facts.header(spelling) == null) {
                continue;
            }
            for (String value : facts.headers(spelling)) {
                if (accepts(value)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean accepts(String value) {
        for (String wanted : values) {
            if (wanted.equalsIgnoreCase(value)) {
                return true;
            }
        }
        for (Pattern expression : expressions) {
            if (expression.matcher(value).find()) {
                return true;
            }
        }
        return false;
    }
}
