package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request as expressions see it. What has to be taken apart for a field is taken apart when the first expression asks.
 * It also notes what the predicates of the expression at hand matched. Belongs to one call of {@code match}.
 */
final class ExpressionFacts {
    private final RequestFacts facts;
    private @Nullable List<String> segments;
    private @Nullable QueryArguments queries;
    private @Nullable String matchedPath;
    private @Nullable List<Matcher> found;

    ExpressionFacts(RequestFacts facts) {
        this.facts = facts;
    }

    RequestFacts request() {
        return facts;
    }

    String protocol() {
        return facts.tls() ? "https" : "http";
    }

    /** What stands between the slashes of the path; nothing after the last one. */
    List<String> segments() {
        List<String> known = segments;
        if (known == null) {
            known = split(facts.path());
            segments = known;
        }
        return known;
    }

    private static List<String> split(String path) {
        List<String> all = new ArrayList<>();
        int at = 1;
        while (at <= path.length()) {
            int end = path.indexOf('/', at);
            if (end < 0) {
                end = path.length();
            }
            all.add(path.substring(at, end));
            at = end + 1;
        }
        while (!all.isEmpty() && all.get(all.size() - 1).isEmpty()) {
            all.remove(all.size() - 1);
        }
        return all;
    }

    List<String> query(String name) {
        QueryArguments known = queries;
        if (known == null) {
            known = QueryArguments.of(facts.query(), "");
            queries = known;
        }
        return known.all(name);
    }

    /** Another expression is tried. */
    void begin() {
        matchedPath = null;
        found = null;
    }

    void matchedPath(String text) {
        matchedPath = text;
    }

    @Nullable
    String matchedPath() {
        return matchedPath;
    }

    void found(Matcher matcher) {
        List<Matcher> all = found;
        if (all == null) {
            all = new ArrayList<>(1);
            found = all;
        }
        all.add(matcher);
    }

    /** The groups of all regular expressions that matched, a later one over an earlier one; null when there are none. */
    @Nullable
    UriCaptures captures() {
        return found == null ? null : UriCaptures.of(found);
    }
}
