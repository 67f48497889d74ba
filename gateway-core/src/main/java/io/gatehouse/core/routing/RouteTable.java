package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Matcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the route of a request as the {@code traditional_compatible} router does.
 *
 * <p>Routes are split into path groups (see {@link PathGroup}) and ordered by priority; the first one whose categories
 * all hold wins. Instead of walking that order the table keeps one {@link PathTree} per exact host, per host suffix, per
 * host prefix and one for routes without hosts: a request is compared only with groups whose host entry and whose
 * literal path prefix fit it, and each list is left as soon as it cannot improve on what was found.
 * Routes that share host and path and differ in methods, headers or server names only are compared one after the other.
 *
 * <pre>{@code
 * RouteTable<String> table = RouteTable.of(List.of(
 *         RouteRule.rule("5d4ae1f0-...", "chat").paths("/chat").build()));
 * RouteMatch<String> match = table.match(facts); // null: answer 404
 * }</pre>
 *
 * <p>Immutable and usable from any thread.
 *
 * @param <T> what the rules carry
 */
public final class RouteTable<T> {
    private final PathTree<T> anyHost;
    private final Map<String, PathTree<T>> byHost;
    private final Map<String, PathTree<T>> bySuffix;
    private final Map<String, PathTree<T>> byPrefix;
    private final int size;

    private RouteTable(List<PathGroup<T>> ordered, int size) {
        PathTree.Builder<T> any = new PathTree.Builder<>();
        Map<String, PathTree.Builder<T>> exact = new HashMap<>();
        Map<String, PathTree.Builder<T>> suffixes = new HashMap<>();
        Map<String, PathTree.Builder<T>> prefixes = new HashMap<>();
        for (PathGroup<T> group : ordered) {
            if (group.hosts().isEmpty()) {
                group.addTo(any);
            }
            for (HostPattern host : group.hosts()) {
                PathTree.Builder<T> tree = switch (host.kind()) {
                    case EXACT -> tree(exact, host);
                    // the lookup goes from dot to dot; other wildcards are compared one by one
                    case SUFFIX -> host.text().startsWith(".") ? tree(suffixes, host) : any;
                    case PREFIX -> host.text().endsWith(".") ? tree(prefixes, host) : any;
                };
                group.addTo(tree);
            }
        }
        anyHost = any.build();
        byHost = built(exact);
        bySuffix = built(suffixes);
        byPrefix = built(prefixes);
        this.size = size;
    }

    private static <T> PathTree.Builder<T> tree(Map<String, PathTree.Builder<T>> trees, HostPattern host) {
        return trees.computeIfAbsent(host.text(), text -> new PathTree.Builder<>());
    }

    private static <T> Map<String, PathTree<T>> built(Map<String, PathTree.Builder<T>> builders) {
        Map<String, PathTree<T>> trees = new HashMap<>();
        builders.forEach((text, builder) -> trees.put(text, builder.build()));
        return Map.copyOf(trees);
    }

    /**
     * Builds the table.
     *
     * @throws IllegalArgumentException when a regular expression does not compile; the message names the route, the
     *     field and the expression
     */
    public static <T> RouteTable<T> of(List<RouteRule<T>> rules) {
        requireNonNull(rules, "rules");
        List<PathGroup<T>> groups = new ArrayList<>();
        for (RouteRule<T> rule : rules) {
            groups.addAll(PathGroup.split(rule));
        }
        groups.sort(PathGroup.byPriority());
        List<PathGroup<T>> ranked = new ArrayList<>(groups.size());
        for (int i = 0; i < groups.size(); i++) {
            ranked.add(groups.get(i).ranked(i));
        }
        return new RouteTable<>(ranked, rules.size());
    }

    /** How many routes the table was built from. */
    public int size() {
        return size;
    }

    /** The route of a request, null when none fits. */
    public @Nullable RouteMatch<T> match(RequestFacts facts) {
        Search<T> search = new Search<>();
        String path = facts.path();
        String host = facts.host();
        PathTree<T> exact = byHost.get(host);
        if (exact != null) {
            exact.search(facts, path, search);
        }
        if (!bySuffix.isEmpty()) {
            searchSuffixes(facts, path, host, search);
        }
        if (!byPrefix.isEmpty()) {
            searchPrefixes(facts, path, host, search);
        }
        anyHost.search(facts, path, search);
        return search.result();
    }

    private void searchSuffixes(RequestFacts facts, String path, String host, Search<T> search) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            searchIn(bySuffix.get(host.substring(dot)), facts, path, search);
        }
    }

    private void searchPrefixes(RequestFacts facts, String path, String host, Search<T> search) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            searchIn(byPrefix.get(host.substring(0, dot + 1)), facts, path, search);
        }
    }

    private static <T> void searchIn(@Nullable PathTree<T> tree, RequestFacts facts, String path, Search<T> search) {
        if (tree != null) {
            tree.search(facts, path, search);
        }
    }

    /** The best candidate so far. */
    static final class Search<T> {
        private @Nullable PathGroup<T> group;
        private @Nullable RouteMatch<T> ready;
        private @Nullable RegexPath regex;
        private @Nullable Matcher matcher;

        /** Whether a candidate of this rank would be better than what was found. */
        boolean wants(int rank) {
            PathGroup<T> current = group;
            return current == null || rank < current.rank();
        }

        void found(PathGroup<T> better, RouteMatch<T> match) {
            group = better;
            ready = match;
        }

        void found(PathGroup<T> better, RegexPath path, Matcher at) {
            group = better;
            ready = null;
            regex = path;
            matcher = at;
        }

        @Nullable
        RouteMatch<T> result() {
            PathGroup<T> winner = group;
            if (winner == null || ready != null) {
                return ready;
            }
            Matcher at = requireNonNull(matcher, "matcher");
            return new RouteMatch<>(
                    winner.rule(), at.group(), requireNonNull(regex, "regex").captures(at));
        }
    }
}
