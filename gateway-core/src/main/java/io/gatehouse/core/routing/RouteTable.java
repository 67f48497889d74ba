package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Matcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the route of a request as Kong's router does, in both flavours.
 *
 * <p>Routes with an expression come first, by their priority. The others are split into path groups (see
 * {@link PathGroup}) and ordered by priority; the first one whose categories all hold wins. Instead of walking that order the table keeps one {@link PathTree} per exact host, per host suffix, per
 * host prefix and one for routes without hosts: a request is compared only with groups whose host entry and whose
 * literal path prefix fit it, and each list is left as soon as it cannot improve on what was found.
 * Of many routes that share host and path, those that need a header with a certain value are found by it; those that differ
 * in methods or server names only are compared one after the other.
 * An expression is filed under the hosts and the starts of the path without which it cannot hold, see
 * {@link ExpressionRoute}.
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
    private final IdentityHashMap<RouteRule<T>, Compiled<T>> compiled;

    private RouteTable(Builders<T> builders, IdentityHashMap<RouteRule<T>, Compiled<T>> compiled) {
        anyHost = builders.any.build();
        byHost = built(builders.exact);
        bySuffix = built(builders.suffixes);
        byPrefix = built(builders.prefixes);
        this.compiled = compiled;
    }

    /** A rule as what is asked of requests, without its place in the order. */
    private record Compiled<T>(@Nullable ExpressionRoute<T> expression, Collection<PathGroup<T>> groups) {
        static <T> Compiled<T> of(RouteRule<T> rule) {
            String expression = rule.expression();
            return expression == null
                    ? new Compiled<>(null, PathGroup.split(rule))
                    : new Compiled<>(ExpressionRoute.of(rule, expression), List.of());
        }
    }

    private static <T> Map<String, PathTree<T>> built(Map<String, PathTree.Builder<T>> builders) {
        Map<String, PathTree<T>> trees = new HashMap<>();
        builders.forEach((text, builder) -> trees.put(text, builder.build()));
        return Map.copyOf(trees);
    }

    /** The trees while they are filled, in order of priority. */
    private static final class Builders<T> {
        private final PathTree.Builder<T> any = new PathTree.Builder<>();
        private final Map<String, PathTree.Builder<T>> exact = new HashMap<>();
        private final Map<String, PathTree.Builder<T>> suffixes = new HashMap<>();
        private final Map<String, PathTree.Builder<T>> prefixes = new HashMap<>();

        /** Where routes with one of these hosts belong; no host means any. */
        List<PathTree.Builder<T>> of(Collection<HostPattern> hosts) {
            if (hosts.isEmpty()) {
                return List.of(any);
            }
            List<PathTree.Builder<T>> trees = new ArrayList<>(hosts.size());
            for (HostPattern host : hosts) {
                trees.add(
                        switch (host.kind()) {
                            case EXACT -> tree(exact, host);
                            // the lookup goes from dot to dot; other wildcards are compared one by one
                            case SUFFIX -> host.text().startsWith(".") ? tree(suffixes, host) : any;
                            case PREFIX -> host.text().endsWith(".") ? tree(prefixes, host) : any;
                        });
            }
            return trees;
        }

        private static <T> PathTree.Builder<T> tree(Map<String, PathTree.Builder<T>> trees, HostPattern host) {
            return trees.computeIfAbsent(host.text(), text -> new PathTree.Builder<>());
        }
    }

    /** Builds the table of these rules. */
    public static <T> RouteTable<T> of(List<RouteRule<T>> rules) {
        return of(rules, null);
    }

    /**
     * Builds the table.
     *
     * @param before one whose rules need not be compiled again when they are these very objects; null when there is none
     * @throws IllegalArgumentException when an expression or a regular expression does not compile; the message names
     *     the route, the field and what is wrong
     */
    public static <T> RouteTable<T> of(Collection<RouteRule<T>> rules, @Nullable RouteTable<T> before) {
        requireNonNull(rules, "rules");
        IdentityHashMap<RouteRule<T>, Compiled<T>> all = new IdentityHashMap<>(rules.size());
        List<ExpressionRoute<T>> first = new ArrayList<>();
        List<PathGroup<T>> groups = new ArrayList<>();
        for (RouteRule<T> rule : rules) {
            Compiled<T> known = before == null ? null : before.compiled.get(rule);
            Compiled<T> compiled = known == null ? Compiled.of(rule) : known;
            all.put(rule, compiled);
            groups.addAll(compiled.groups);
            if (compiled.expression != null) {
                first.add(compiled.expression);
            }
        }
        first.sort(ExpressionRoute.byPriority());
        groups.sort(PathGroup.byPriority());
        Builders<T> builders = new Builders<>();
        int rank = 0;
        for (ExpressionRoute<T> route : first) {
            ExpressionRoute<T> ranked = route.ranked(rank++);
            for (PathTree.Builder<T> tree : builders.of(ranked.hosts())) {
                ranked.addTo(tree);
            }
        }
        for (PathGroup<T> group : groups) {
            PathGroup<T> ranked = group.ranked(rank++);
            for (PathTree.Builder<T> tree : builders.of(ranked.hosts())) {
                ranked.addTo(tree);
            }
        }
        return new RouteTable<>(builders, all);
    }

    /** How many routes the table was built from. */
    public int size() {
        return compiled.size();
    }

    /** The route of a request, null when none fits. */
    public @Nullable RouteMatch<T> match(RequestFacts facts) {
        Search<T> search = new Search<>();
        String path = facts.path();
        String host = facts.host();
        searchHost(facts, path, host, search);
        if (hasUpperCase(host)) {
            // expressions may ask for the host in lower case; the others look at it as it is and refuse
            searchHost(facts, path, host.toLowerCase(Locale.ROOT), search);
        }
        anyHost.search(facts, path, search);
        return search.result();
    }

    private static boolean hasUpperCase(String host) {
        for (int i = 0; i < host.length(); i++) {
            if (host.charAt(i) >= 'A' && host.charAt(i) <= 'Z') {
                return true;
            }
        }
        return false;
    }

    private void searchHost(RequestFacts facts, String path, String host, Search<T> search) {
        searchIn(byHost.get(host), facts, path, search);
        if (!bySuffix.isEmpty()) {
            searchSuffixes(facts, path, host, search);
        }
        if (!byPrefix.isEmpty()) {
            searchPrefixes(facts, path, host, search);
        }
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
        private int rank = Integer.MAX_VALUE;
        private @Nullable RouteMatch<T> ready;
        private @Nullable RouteRule<T> rule;
        private @Nullable RegexPath regex;
        private @Nullable Matcher matcher;
        private @Nullable ExpressionFacts expressions;

        /** Whether a candidate of this rank would be better than what was found. */
        boolean wants(int other) {
            return other < rank;
        }

        void found(int better, RouteMatch<T> match) {
            rank = better;
            ready = match;
        }

        void found(int better, RouteRule<T> winner, RegexPath path, Matcher at) {
            rank = better;
            ready = null;
            rule = winner;
            regex = path;
            matcher = at;
        }

        /** The request for expressions. */
        ExpressionFacts expressions(RequestFacts facts) {
            ExpressionFacts known = expressions;
            if (known == null) {
                known = new ExpressionFacts(facts);
                expressions = known;
            }
            return known;
        }

        @Nullable
        RouteMatch<T> result() {
            RouteRule<T> winner = rule;
            if (ready != null || winner == null) {
                return ready;
            }
            Matcher at = requireNonNull(matcher, "matcher");
            return new RouteMatch<>(
                    winner, at.group(), requireNonNull(regex, "regex").captures(at));
        }
    }
}
