package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Matcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

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
    private static final RouteTable<?> EMPTY =
            new RouteTable<>(PathTree.empty(), Map.of(), Map.of(), Map.of(), HashTreePMap.empty());

    private final PathTree<T> anyHost;
    private final Map<String, PathTree<T>> byHost;
    private final Map<String, PathTree<T>> bySuffix;
    private final Map<String, PathTree<T>> byPrefix;
    private final PMap<String, Compiled<T>> compiled;

    private RouteTable(
            PathTree<T> anyHost,
            Map<String, PathTree<T>> byHost,
            Map<String, PathTree<T>> bySuffix,
            Map<String, PathTree<T>> byPrefix,
            PMap<String, Compiled<T>> compiled) {
        this.anyHost = anyHost;
        this.byHost = byHost;
        this.bySuffix = bySuffix;
        this.byPrefix = byPrefix;
        this.compiled = compiled;
    }

    /** A rule as what is asked of requests. */
    private record Compiled<T>(
            RouteRule<T> rule, @Nullable ExpressionRoute<T> expression, Collection<PathGroup<T>> groups) {
        static <T> Compiled<T> of(RouteRule<T> rule) {
            String expression = rule.expression();
            return expression == null
                    ? new Compiled<>(rule, null, PathGroup.split(rule))
                    : new Compiled<>(rule, ExpressionRoute.of(rule, expression), List.of());
        }
    }

    /** What changes, by the tree and the place in it. */
    private static final class Changes<T> {
        private final Map<String, Place<T>> any = new HashMap<>();
        private final Map<String, Map<String, Place<T>>> exact = new HashMap<>();
        private final Map<String, Map<String, Place<T>>> suffixes = new HashMap<>();
        private final Map<String, Map<String, Place<T>>> prefixes = new HashMap<>();

        /** What changes at one place of a tree. */
        private record Place<T>(Set<Rank> gone, List<PathTree.Candidate<T>> fresh) {}

        void add(Compiled<T> route) {
            each(route, (place, candidate) -> place.fresh.add(candidate));
        }

        void remove(Compiled<T> route) {
            each(route, (place, candidate) -> place.gone.add(candidate.rank()));
        }

        private void each(Compiled<T> route, BiConsumer<Place<T>, PathTree.Candidate<T>> action) {
            ExpressionRoute<T> expression = route.expression;
            if (expression != null) {
                for (Map<String, Place<T>> tree : trees(expression.hosts())) {
                    expression.file((start, candidate) -> action.accept(place(tree, start), candidate));
                }
            }
            for (PathGroup<T> group : route.groups) {
                for (Map<String, Place<T>> tree : trees(group.hosts())) {
                    group.file((start, candidate) -> action.accept(place(tree, start), candidate));
                }
            }
        }

        private static <T> Place<T> place(Map<String, Place<T>> tree, String start) {
            return tree.computeIfAbsent(start, key -> new Place<>(new HashSet<>(), new ArrayList<>()));
        }

        /** Where routes with one of these hosts belong; no host means any. */
        private List<Map<String, Place<T>>> trees(Collection<HostPattern> hosts) {
            if (hosts.isEmpty()) {
                return List.of(any);
            }
            List<Map<String, Place<T>>> trees = new ArrayList<>(hosts.size());
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

        private static <T> Map<String, Place<T>> tree(Map<String, Map<String, Place<T>>> trees, HostPattern host) {
            return trees.computeIfAbsent(host.text(), text -> new HashMap<>());
        }

        static <T> PathTree<T> changed(PathTree<T> tree, Map<String, Place<T>> places) {
            PathTree<T> next = tree;
            for (Map.Entry<String, Place<T>> place : places.entrySet()) {
                next = next.with(place.getKey(), place.getValue().gone, place.getValue().fresh);
            }
            return next;
        }

        static <T> Map<String, PathTree<T>> changed(
                Map<String, PathTree<T>> trees, Map<String, Map<String, Place<T>>> places) {
            if (places.isEmpty()) {
                return trees;
            }
            Map<String, PathTree<T>> next = new HashMap<>(trees);
            places.forEach((host, at) -> {
                PathTree<T> tree = changed(trees.getOrDefault(host, PathTree.empty()), at);
                if (tree.isEmpty()) {
                    next.remove(host);
                } else {
                    next.put(host, tree);
                }
            });
            return next;
        }
    }

    /** A table without routes. */
    @SuppressWarnings("unchecked") // it holds nothing
    public static <T> RouteTable<T> empty() {
        return (RouteTable<T>) EMPTY;
    }

    /** Builds the table of these rules, each with an id of its own. */
    public static <T> RouteTable<T> of(Collection<RouteRule<T>> rules) {
        return RouteTable.<T>empty().with(rules, Set.of());
    }

    /**
     * The table with other rules: only their places are made anew, all else is shared.
     *
     * @param changed new ones, and those that take the place of the one with their id
     * @param gone the ids of those that are no more
     * @throws IllegalArgumentException when an expression or a regular expression does not compile; the message names
     *     the route, the field and what is wrong
     */
    public RouteTable<T> with(Collection<RouteRule<T>> changed, Collection<String> gone) {
        requireNonNull(changed, "changed");
        requireNonNull(gone, "gone");
        if (changed.isEmpty() && gone.isEmpty()) {
            return this;
        }
        Changes<T> changes = new Changes<>();
        PMap<String, Compiled<T>> next = compiled;
        for (String id : gone) {
            Compiled<T> old = next.get(id);
            if (old != null) {
                changes.remove(old);
                next = next.minus(id);
            }
        }
        for (RouteRule<T> rule : changed) {
            Compiled<T> old = next.get(rule.id());
            if (old != null) {
                changes.remove(old);
            }
            Compiled<T> fresh = Compiled.of(rule);
            changes.add(fresh);
            next = next.plus(rule.id(), fresh);
        }
        return new RouteTable<>(
                Changes.changed(anyHost, changes.any),
                Changes.changed(byHost, changes.exact),
                Changes.changed(bySuffix, changes.suffixes),
                Changes.changed(byPrefix, changes.prefixes),
                next);
    }

    /** The rule with this id; null when there is none. */
    public @Nullable RouteRule<T> rule(String id) {
        Compiled<T> known = compiled.get(id);
        return known == null ? null : known.rule;
    }

    /** The ids of the rules, in no order. */
    public Set<String> ids() {
        return compiled.keySet();
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
        private @Nullable Rank rank;
        private @Nullable RouteMatch<T> ready;
        private @Nullable RouteRule<T> rule;
        private @Nullable RegexPath regex;
        private @Nullable Matcher matcher;
        private @Nullable ExpressionFacts expressions;

        /** Whether a candidate of this rank would be better than what was found. */
        boolean wants(Rank other) {
            return rank == null || other.compareTo(rank) < 0;
        }

        void found(Rank better, RouteMatch<T> match) {
            rank = better;
            ready = match;
        }

        void found(Rank better, RouteRule<T> winner, RegexPath path, Matcher at) {
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
