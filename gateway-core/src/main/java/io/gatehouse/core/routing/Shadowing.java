package io.gatehouse.core.routing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds routes that no request can reach, since for each of their combinations of method, host, server name and path
 * another route has a higher priority and takes all that they would. What it finds is certain; a route that is covered
 * only by several others together, or by an expression that would have to be understood, is not found. Of routes with an
 * expression those with the same text are told, and nothing else.
 *
 * <p>Not for the hot path: it is asked when a configuration is checked.
 */
public final class Shadowing<T> {
    /** A route with more combinations is taken for reachable. */
    private static final int MOST_COMBINATIONS = 10_000;

    private final Map<String, List<PathGroup<T>>> index = new HashMap<>();

    private Shadowing() {}

    /**
     * A route that is never reached.
     *
     * @param rule the route
     * @param by the routes that win before it, the one of highest priority first
     */
    public record Shadowed<T>(RouteRule<T> rule, List<RouteRule<T>> by) {}

    /** One combination of what a route asks for; null stands for anything. */
    private record Combination(
            @Nullable String method,
            @Nullable HostPattern host,
            @Nullable ServerNamePattern name) {}

    /**
     * Looks through all routes of a table.
     *
     * @throws IllegalArgumentException when a regular expression does not compile, as {@link RouteTable#of} does
     */
    public static <T> List<Shadowed<T>> of(List<RouteRule<T>> rules) {
        List<PathGroup<T>> ordered = new ArrayList<>();
        List<ExpressionRoute<T>> expressions = new ArrayList<>();
        IdentityHashMap<RouteRule<T>, Integer> groups = new IdentityHashMap<>();
        for (RouteRule<T> rule : rules) {
            String expression = rule.expression();
            if (expression != null) {
                expressions.add(ExpressionRoute.of(rule, expression));
                continue;
            }
            for (PathGroup<T> group : PathGroup.split(rule)) {
                ordered.add(group);
                groups.merge(rule, 1, Integer::sum);
            }
        }
        ordered.sort(Comparator.comparing(PathGroup::rank));
        Shadowing<T> seen = new Shadowing<>();
        IdentityHashMap<RouteRule<T>, Set<RouteRule<T>>> winners = equalOnes(expressions);
        expressions.forEach(route -> groups.put(route.rule(), 0));
        for (PathGroup<T> group : ordered) {
            Set<RouteRule<T>> by = seen.winners(group);
            if (by != null) {
                groups.merge(group.rule(), -1, Integer::sum);
                winners.computeIfAbsent(group.rule(), rule -> new LinkedHashSet<>())
                        .addAll(by);
            }
            seen.add(group);
        }
        List<Shadowed<T>> found = new ArrayList<>();
        for (RouteRule<T> rule : rules) {
            Set<RouteRule<T>> by = winners.get(rule);
            if (by != null && Integer.valueOf(0).equals(groups.get(rule))) {
                found.add(new Shadowed<>(rule, List.copyOf(by)));
            }
        }
        return found;
    }

    /** Routes with an expression that another one has too, which is asked first and takes whatever protocols they do. */
    private static <T> IdentityHashMap<RouteRule<T>, Set<RouteRule<T>>> equalOnes(List<ExpressionRoute<T>> routes) {
        routes.sort(Comparator.comparing(PathTree.Candidate::rank));
        IdentityHashMap<RouteRule<T>, Set<RouteRule<T>>> winners = new IdentityHashMap<>();
        Map<String, List<RouteRule<T>>> before = new HashMap<>();
        for (ExpressionRoute<T> route : routes) {
            RouteRule<T> rule = route.rule();
            List<RouteRule<T>> equal = before.computeIfAbsent(
                    Objects.requireNonNull(rule.expression()).strip(), text -> new ArrayList<>());
            for (RouteRule<T> other : equal) {
                if (other.takesProtocolsOf(rule)) {
                    winners.put(rule, Set.of(other));
                    break;
                }
            }
            equal.add(rule);
        }
        return winners;
    }

    /** Files a group under what must be so for it to cover another one: an exact host or none, and a start of the path. */
    private void add(PathGroup<T> group) {
        Set<String> hosts = new HashSet<>();
        for (HostPattern host : group.hosts()) {
            hosts.add(host.kind() == HostPattern.Kind.EXACT ? host.text() : "");
        }
        Set<String> starts = new HashSet<>(group.prefixes());
        for (RegexPath expression : group.expressions()) {
            starts.add(expression.literal());
        }
        for (String host : hosts.isEmpty() ? Set.of("") : hosts) {
            for (String start : starts.isEmpty() ? Set.of("") : starts) {
                index.computeIfAbsent(key(host, start), key -> new ArrayList<>())
                        .add(group);
            }
        }
    }

    private static String key(String host, String start) {
        return host + '\n' + start;
    }

    /** Who takes all requests of a group; null when some may be left. */
    private @Nullable Set<RouteRule<T>> winners(PathGroup<T> group) {
        Set<RouteRule<T>> winners = new LinkedHashSet<>();
        List<Combination> combinations = combinations(group);
        if (combinations == null) {
            return null;
        }
        for (Combination combination : combinations) {
            for (String prefix : group.prefixes()) {
                if (!isTaken(group, combination, prefix, null, prefix, winners)) {
                    return null;
                }
            }
            for (RegexPath expression : group.expressions()) {
                if (!isTaken(group, combination, null, expression, expression.literal(), winners)) {
                    return null;
                }
            }
            boolean anyPath = group.prefixes().isEmpty() && group.expressions().isEmpty();
            if (anyPath && !isTaken(group, combination, null, null, "/", winners)) {
                return null;
            }
        }
        return winners;
    }

    private static <T> @Nullable List<Combination> combinations(PathGroup<T> group) {
        RouteRule<T> rule = group.rule();
        long count = (long) Math.max(1, rule.methods().size())
                * Math.max(1, group.hosts().size())
                * Math.max(1, rule.snis().size());
        if (count > MOST_COMBINATIONS) {
            return null;
        }
        List<@Nullable String> methods = new ArrayList<>(rule.methods());
        List<@Nullable HostPattern> hosts = new ArrayList<>(group.hosts());
        List<@Nullable ServerNamePattern> names = new ArrayList<>();
        rule.snis().forEach(sni -> names.add(ServerNamePattern.of(sni)));
        List<Combination> all = new ArrayList<>();
        for (String method : orAny(methods)) {
            for (HostPattern host : orAny(hosts)) {
                for (ServerNamePattern name : orAny(names)) {
                    all.add(new Combination(method, host, name));
                }
            }
        }
        return all;
    }

    private static <E> List<@Nullable E> orAny(List<@Nullable E> values) {
        if (values.isEmpty()) {
            values.add(null);
        }
        return values;
    }

    private boolean isTaken(
            PathGroup<T> group,
            Combination combination,
            @Nullable String prefix,
            @Nullable RegexPath expression,
            String start,
            Set<RouteRule<T>> winners) {
        HostPattern host = combination.host();
        for (int end = 0; end <= start.length(); end++) {
            String shorter = start.substring(0, end);
            PathGroup<T> winner = first(key("", shorter), group, combination, prefix, expression);
            if (winner == null && host != null && host.kind() == HostPattern.Kind.EXACT) {
                winner = first(key(host.text(), shorter), group, combination, prefix, expression);
            }
            if (winner != null) {
                winners.add(winner.rule());
                return true;
            }
        }
        return false;
    }

    private @Nullable PathGroup<T> first(
            String key,
            PathGroup<T> group,
            Combination combination,
            @Nullable String prefix,
            @Nullable RegexPath expression) {
        for (PathGroup<T> other : index.getOrDefault(key, List.of())) {
            if (!other.rule().equals(group.rule())
                    && other.rule().takesProtocolsOf(group.rule())
                    && (other.rule().sources().isEmpty()
                            || other.rule().sources().equals(group.rule().sources()))
                    && (other.rule().destinations().isEmpty()
                            || other.rule().destinations().equals(group.rule().destinations()))
                    && takesMethod(other, combination.method())
                    && takesHost(other, combination.host())
                    && takesName(other, combination.name())
                    && takesPath(other, prefix, expression)
                    && takesHeaders(other.rule().headers(), group.rule().headers())) {
                return other;
            }
        }
        return null;
    }

    private static boolean takesMethod(PathGroup<?> other, @Nullable String method) {
        List<String> methods = other.rule().methods();
        return methods.isEmpty() || (method != null && methods.contains(method));
    }

    private static boolean takesHost(PathGroup<?> other, @Nullable HostPattern host) {
        if (other.hosts().isEmpty()) {
            return true;
        }
        if (host != null) {
            for (HostPattern wider : other.hosts()) {
                if ((wider.port() < 0 || wider.port() == host.port())
                        && isWithin(host.kind(), host.text(), wider.kind(), wider.text())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean takesName(PathGroup<?> other, @Nullable ServerNamePattern name) {
        if (other.rule().snis().isEmpty()) {
            return true;
        }
        if (name != null) {
            for (String sni : other.rule().snis()) {
                ServerNamePattern wider = ServerNamePattern.of(sni);
                if (isWithin(name.kind(), name.text(), wider.kind(), wider.text())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isWithin(HostPattern.Kind kind, String text, HostPattern.Kind wider, String widerText) {
        return switch (wider) {
            case EXACT -> kind == HostPattern.Kind.EXACT && text.equals(widerText);
            case SUFFIX -> kind != HostPattern.Kind.PREFIX && text.endsWith(widerText);
            case PREFIX -> kind != HostPattern.Kind.SUFFIX && text.startsWith(widerText);
        };
    }

    private static boolean takesPath(PathGroup<?> other, @Nullable String prefix, @Nullable RegexPath expression) {
        if (other.prefixes().isEmpty() && other.expressions().isEmpty()) {
            return true;
        }
        String start = prefix != null ? prefix : expression != null ? expression.literal() : "";
        if (prefix == null && expression == null) {
            return other.prefixes().contains("/"); // every path starts with it
        }
        for (String wider : other.prefixes()) {
            if (start.startsWith(wider)) {
                return true;
            }
        }
        for (RegexPath wider : other.expressions()) {
            if (wider.matchesAllThatStartWith(start)
                    || (expression != null && wider.text().equals(expression.text()))) {
                return true;
            }
        }
        return false;
    }

    /** Whether whatever fulfils the second also fulfils the first. */
    private static boolean takesHeaders(Map<String, List<String>> wider, Map<String, List<String>> asked) {
        for (Map.Entry<String, List<String>> header : wider.entrySet()) {
            boolean implied = false;
            for (Map.Entry<String, List<String>> own : asked.entrySet()) {
                implied |=
                        name(own.getKey()).equals(name(header.getKey())) && contains(header.getValue(), own.getValue());
            }
            if (!implied) {
                return false;
            }
        }
        return true;
    }

    /** Dash and underscore are the same, save in names with so many that not every spelling is tried. */
    private static String name(String header) {
        String lower = header.toLowerCase(Locale.ROOT);
        String dashed = lower.replace('_', '-');
        return dashed.chars().filter(c -> c == '-').count() <= HeaderPattern.MIXED_SPELLINGS ? dashed : lower;
    }

    private static boolean contains(List<String> wider, List<String> values) {
        for (String value : values) {
            boolean known = false;
            for (String other : wider) {
                // letter case counts in an expression: \D is not \d
                known |= value.startsWith("~*") ? other.equals(value) : other.equalsIgnoreCase(value);
            }
            if (!known) {
                return false;
            }
        }
        return true;
    }
}
