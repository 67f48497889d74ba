package io.gatehouse.core.routing;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A route with an expression, and what must be so for it to hold: one of some hosts, and a path that starts with one of
 * some texts. Under these it is filed, so that it is evaluated for few of the requests that it is not for.
 */
final class ExpressionRoute<T> implements PathTree.Candidate<T> {
    private static final Set<String> ANY_START = Set.of("");

    private final RouteRule<T> rule;
    private final Expression expression;
    private final boolean takesPlain;
    private final boolean takesTls;
    private final RouteMatch<T> bare;
    private final @Nullable HeaderNeed need;
    private final Rank rank;

    private ExpressionRoute(RouteRule<T> rule, Expression expression) {
        this.rule = rule;
        this.expression = expression;
        rank = Rank.ofExpression(rule.priority(), rule.id().toLowerCase(Locale.ROOT));
        need = need(expression);
        takesPlain = rule.takesPlain();
        takesTls = rule.takesTls();
        bare = new RouteMatch<>(rule, null, null);
    }

    static <T> ExpressionRoute<T> of(RouteRule<T> rule, String expression) {
        try {
            return new ExpressionRoute<>(rule, ExpressionParser.parse(expression));
        } catch (InvalidExpressionException e) {
            throw new IllegalArgumentException("route " + rule.label() + ": expression: " + e.getMessage(), e);
        }
    }

    RouteRule<T> rule() {
        return rule;
    }

    /** Without one of these hosts it does not hold; empty when that cannot be said. */
    Set<HostPattern> hosts() {
        Set<HostPattern> hosts = hosts(expression);
        return hosts == null ? Set.of() : hosts;
    }

    /** Tells under which literal starts of paths it is to be found, and what stands there. */
    void file(BiConsumer<String, PathTree.Candidate<T>> places) {
        for (String start : starts(expression)) {
            places.accept(start, this);
        }
    }

    @Override
    public Rank rank() {
        return rank;
    }

    @Override
    public @Nullable HeaderNeed need() {
        return need;
    }

    @Override
    public boolean offer(RequestFacts facts, RouteTable.Search<T> search) {
        if (!(facts.tls() ? takesTls : takesPlain)) {
            return false;
        }
        ExpressionFacts request = search.expressions(facts);
        request.begin();
        if (!expression.holds(request)) {
            return false;
        }
        String path = request.matchedPath();
        UriCaptures captures = request.captures();
        search.found(rank, path == null && captures == null ? bare : new RouteMatch<>(rule, path, captures));
        return true;
    }

    private static @Nullable Set<HostPattern> hosts(Expression asked) {
        if (asked instanceof Expression.TextPredicate text && text.field() == ExpressionField.HOST) {
            if (text.operator() != Expression.TextOperator.EQUALS && text.text().matches(".*[\\[\\]:].*")) {
                return null; // a part of an address in brackets, which are not there when hosts are looked up
            }
            return switch (text.operator()) {
                case EQUALS -> Set.of(HostPattern.exact(text.text()));
                case STARTS -> Set.of(new HostPattern(HostPattern.Kind.PREFIX, text.text(), -1));
                case ENDS -> Set.of(new HostPattern(HostPattern.Kind.SUFFIX, text.text(), -1));
                case DIFFERS, MATCHES, CONTAINS -> null;
            };
        }
        if (asked instanceof Expression.And and) {
            for (Expression part : and.parts()) {
                Set<HostPattern> hosts = hosts(part);
                if (hosts != null) {
                    return hosts;
                }
            }
        } else if (asked instanceof Expression.Or or) {
            Set<HostPattern> all = new LinkedHashSet<>();
            for (Expression part : or.parts()) {
                Set<HostPattern> hosts = hosts(part);
                if (hosts == null) {
                    return null;
                }
                all.addAll(hosts);
            }
            return all;
        }
        return null;
    }

    /** A header that some part which must hold compares with a text; an or is not looked into. */
    private static @Nullable HeaderNeed need(Expression asked) {
        if (asked instanceof Expression.TextPredicate text
                && text.field() instanceof ExpressionField.Header header
                && text.operator() == Expression.TextOperator.EQUALS
                && (!text.lower() || text.text().chars().allMatch(c -> c < 128))) {
            return HeaderNeed.of(List.of(header.written(), header.dashed()), List.of(text.text()));
        }
        if (asked instanceof Expression.And and) {
            for (Expression part : and.parts()) {
                HeaderNeed need = need(part);
                if (need != null) {
                    return need;
                }
            }
        }
        return null;
    }

    /** Texts of which the path must start with one; the empty one when nothing can be said. */
    private static Set<String> starts(Expression asked) {
        if (asked instanceof Expression.TextPredicate text && text.field() == ExpressionField.PATH && !text.lower()) {
            return switch (text.operator()) {
                case EQUALS, STARTS -> Set.of(text.text());
                case MATCHES ->
                    text.text().startsWith("^")
                            ? Set.of(RegexPath.literalPrefix(text.text().substring(1)))
                            : ANY_START;
                case DIFFERS, ENDS, CONTAINS -> ANY_START;
            };
        }
        if (asked instanceof Expression.And and) {
            for (Expression part : and.parts()) {
                Set<String> starts = starts(part);
                if (!starts.contains("")) {
                    return starts;
                }
            }
        } else if (asked instanceof Expression.Or or) {
            List<String> all = new ArrayList<>();
            for (Expression part : or.parts()) {
                all.addAll(starts(part));
            }
            return all.contains("") ? ANY_START : new LinkedHashSet<>(all);
        }
        return ANY_START;
    }
}
