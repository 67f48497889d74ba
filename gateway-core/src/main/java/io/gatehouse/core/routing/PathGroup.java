package io.gatehouse.core.routing;

import com.google.re2j.Matcher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A route with those of its paths that share a priority: all regular expressions, or all prefixes of one length. A route
 * with paths of several lengths is several groups, each with an id derived from the route's.
 */
final class PathGroup<T> {
    private static final int MAX_HEADERS = 255;
    private static final int MAX_LENGTH = 0x7FFFF;

    /** Fixed by the router that is followed: ties between groups are decided by ids derived with it. */
    private static final UUID NAMESPACE = UUID.fromString("7f145bf9-0dce-4f91-98eb-debbce4b9f6b");

    private final RouteRule<T> rule;
    private final Rank rank;
    private final List<String> prefixes;
    private final List<RegexPath> expressions;
    private final List<HostPattern> hosts;
    private final String[] methods;
    private final HeaderPattern[] headers;
    private final ServerNamePattern[] names;
    private final Endpoint[] sources;
    private final Endpoint[] destinations;
    private final @Nullable HeaderNeed need;
    private final boolean takesPlain;
    private final boolean takesTls;

    private final boolean regex;

    private PathGroup(RouteRule<T> rule, String id, List<String> paths) {
        this.rule = rule;
        regex = !paths.isEmpty() && isRegex(paths.get(0));
        List<RegexPath> compiled = new ArrayList<>();
        if (regex) {
            for (String path : paths) {
                compiled.add(new RegexPath(path, rule.label()));
            }
        }
        expressions = List.copyOf(compiled);
        prefixes = regex ? List.of() : List.copyOf(paths);
        List<HostPattern> patterns = new ArrayList<>();
        boolean plain = !rule.hosts().isEmpty();
        for (String host : rule.hosts()) {
            patterns.add(HostPattern.of(host));
            plain &= host.indexOf('*') < 0;
        }
        hosts = List.copyOf(patterns);
        methods = rule.methods().toArray(String[]::new);
        List<HeaderPattern> asked = new ArrayList<>();
        rule.headers().forEach((name, values) -> asked.add(new HeaderPattern(name, values, rule.label())));
        headers = asked.toArray(HeaderPattern[]::new);
        names = new ServerNamePattern[rule.snis().size()];
        for (int i = 0; i < names.length; i++) {
            names[i] = ServerNamePattern.of(rule.snis().get(i));
        }
        sources = rule.sources().toArray(Endpoint[]::new);
        destinations = rule.destinations().toArray(Endpoint[]::new);
        HeaderNeed needed = null;
        for (int i = 0; i < headers.length && needed == null; i++) {
            needed = headers[i].need();
        }
        need = needed;
        takesPlain = rule.takesPlain();
        takesTls = rule.takesTls();
        int categories = count(methods.length)
                + count(hosts.size())
                + count(headers.length)
                + count(names.length)
                + count(sources.length)
                + count(destinations.length)
                + count(paths.size());
        long order = regex
                ? Math.max(rule.regexPriority(), 0)
                : paths.isEmpty() ? 0 : Math.min(size(paths.get(0)), MAX_LENGTH);
        rank = Rank.ofCategories(categories, plain, Math.min(headers.length, MAX_HEADERS), regex, order, id);
    }

    private static int count(int values) {
        return values > 0 ? 1 : 0;
    }

    private static boolean isRegex(String path) {
        return path.startsWith("~");
    }

    private static int size(String path) {
        return path.getBytes(StandardCharsets.UTF_8).length;
    }

    /** The groups of a rule, in the order in which its paths name them. */
    static <T> Collection<PathGroup<T>> split(RouteRule<T> rule) {
        Map<Integer, List<String>> lengths = new LinkedHashMap<>();
        for (String path : rule.paths()) {
            lengths.computeIfAbsent(isRegex(path) ? 0 : size(path), key -> new ArrayList<>())
                    .add(path);
        }
        if (lengths.size() <= 1) {
            return List.of(new PathGroup<>(rule, rule.id().toLowerCase(Locale.ROOT), rule.paths()));
        }
        List<PathGroup<T>> groups = new ArrayList<>(lengths.size());
        for (List<String> paths : lengths.values()) {
            groups.add(new PathGroup<>(rule, derivedId(rule.id(), groups.size() + 1), paths));
        }
        return groups;
    }

    /** The version 5 UUID of the route's id and the group's number. */
    private static String derivedId(String id, int number) {
        MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
        sha1.update(ByteBuffer.allocate(16)
                .putLong(NAMESPACE.getMostSignificantBits())
                .putLong(NAMESPACE.getLeastSignificantBits())
                .array());
        ByteBuffer digest = ByteBuffer.wrap(sha1.digest((id + "#" + number).getBytes(StandardCharsets.UTF_8)));
        long high = (digest.getLong() & ~0xF000L) | 0x5000L;
        long low = (digest.getLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L;
        return new UUID(high, low).toString();
    }

    /** Its place in the order. */
    Rank rank() {
        return rank;
    }

    RouteRule<T> rule() {
        return rule;
    }

    List<HostPattern> hosts() {
        return hosts;
    }

    /** The group's paths when they are prefixes; empty when they are expressions, or when it has none. */
    List<String> prefixes() {
        return prefixes;
    }

    /** The group's paths when they are regular expressions. */
    List<RegexPath> expressions() {
        return expressions;
    }

    /** Tells under which literal starts of paths it is to be found, and what stands there. */
    void file(BiConsumer<String, PathTree.Candidate<T>> places) {
        if (regex) {
            String literal = expressions.get(0).literal();
            for (RegexPath expression : expressions) {
                literal = common(literal, expression.literal());
            }
            places.accept(literal, new ByExpression<>(this));
        } else if (prefixes.isEmpty()) {
            places.accept("", new ByPrefix<>(this, new RouteMatch<>(rule, null, null)));
        }
        for (String prefix : prefixes) {
            places.accept(prefix, new ByPrefix<>(this, new RouteMatch<>(rule, prefix, null)));
        }
    }

    /** Being at its place in the tree proves the path: the match is ready. */
    private record ByPrefix<T>(PathGroup<T> group, RouteMatch<T> match) implements PathTree.Candidate<T> {
        @Override
        public Rank rank() {
            return group.rank;
        }

        @Override
        public @Nullable HeaderNeed need() {
            return group.need;
        }

        @Override
        public boolean offer(RequestFacts facts, RouteTable.Search<T> search) {
            if (!group.holds(facts)) {
                return false;
            }
            search.found(group.rank, match);
            return true;
        }
    }

    /** Its regular expressions must still be asked. */
    private record ByExpression<T>(PathGroup<T> group) implements PathTree.Candidate<T> {
        @Override
        public Rank rank() {
            return group.rank;
        }

        @Override
        public @Nullable HeaderNeed need() {
            return group.need;
        }

        @Override
        public boolean offer(RequestFacts facts, RouteTable.Search<T> search) {
            return group.holds(facts) && group.findExpression(facts.path(), search);
        }
    }

    private static String common(String a, String b) {
        int end = 0;
        while (end < a.length() && end < b.length() && a.charAt(end) == b.charAt(end)) {
            end++;
        }
        return a.substring(0, end);
    }

    /** Whether everything but the path holds. */
    boolean holds(RequestFacts facts) {
        return protocolHolds(facts)
                && methodHolds(facts)
                && hostHolds(facts)
                && nameHolds(facts)
                && headersHold(facts)
                && endpointsHold(facts);
    }

    private boolean protocolHolds(RequestFacts facts) {
        return facts.tls() ? takesTls : takesPlain;
    }

    private boolean methodHolds(RequestFacts facts) {
        if (methods.length == 0) {
            return true;
        }
        String method = facts.method();
        for (String allowed : methods) {
            if (allowed.equals(method)) {
                return true;
            }
        }
        return false;
    }

    private boolean hostHolds(RequestFacts facts) {
        int count = hosts.size();
        if (count == 0) {
            return true;
        }
        String host = facts.host();
        for (int i = 0; i < count; i++) {
            if (hosts.get(i).matches(host, facts.destinationPort())) {
                return true;
            }
        }
        return false;
    }

    private boolean nameHolds(RequestFacts facts) {
        if (names.length == 0 || !facts.tls()) {
            return true;
        }
        String name = facts.sni();
        if (name == null) {
            return false;
        }
        for (ServerNamePattern allowed : names) {
            if (allowed.matches(name)) {
                return true;
            }
        }
        return false;
    }

    private boolean endpointsHold(RequestFacts facts) {
        return (sources.length == 0 || oneHolds(sources, facts.sourceAddress(), facts.sourcePort()))
                && (destinations.length == 0
                        || oneHolds(destinations, facts.destinationAddress(), facts.destinationPort()));
    }

    private static boolean oneHolds(Endpoint[] endpoints, byte @Nullable [] address, int port) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.matches(address, port)) {
                return true;
            }
        }
        return false;
    }

    private boolean headersHold(RequestFacts facts) {
        for (HeaderPattern header : headers) {
            if (!header.matches(facts)) {
                return false;
            }
        }
        return true;
    }

    /** The first expression that matches, as a candidate for the search. */
    boolean findExpression(String path, RouteTable.Search<T> search) {
        for (int i = 0; i < expressions.size(); i++) {
            RegexPath expression = expressions.get(i);
            @Nullable Matcher matcher = expression.match(path);
            if (matcher != null) {
                search.found(rank, rule, expression, matcher);
                return true;
            }
        }
        return false;
    }
}
