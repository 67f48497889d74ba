package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One configured route. A category (methods, hosts, headers, paths, snis, sources, destinations) that is empty matches every request; several
 * values in a category are alternatives, several header names must all hold.
 *
 * <p>Regular expressions have RE2 syntax, which has no look-around and no back-references and is matched in time linear in
 * the text. Those of paths are tried at the start of the path and need not reach its end; those of headers are found
 * anywhere and ignore letter case. A dash in a header's name also stands for an underscore and the other way round (names
 * with more than four of them: all dashes, all underscores, or as configured).
 *
 * @param id the route's UUID; decides between routes of equal priority
 * @param name the route's name, null when it has none
 * @param methods exact method names
 * @param hosts {@code a.example}, {@code *.example}, {@code a.*}, each with an optional {@code :port}; case-sensitive
 * @param headers header names to their values; a value that starts with {@code ~*} is an unanchored regular expression
 * @param paths prefixes ({@code /foo}) and regular expressions ({@code ~/foo}), prefixes in normalised form
 * @param snis server names, {@code *.name} or {@code name.*}; asked of TLS connections only
 * @param sources addresses and ports of clients
 * @param destinations addresses and ports at which connections are accepted
 * @param protocols the protocols served; not a matching category, see {@link ProtocolRule}
 * @param regexPriority the order among routes with regular expression paths, higher first; negative counts as 0
 * @param stripPath whether the matched path text is removed before the request is sent upstream
 * @param pathHandling accepted for compatibility; the router behaves as {@link PathHandling#V0}
 * @param flavor in {@link RouterFlavor#EXPRESSIONS} the protocols must hold as well, unless {@code https} is the only one
 * @param expression what it asks of a request instead of all categories; null when the categories count
 * @param priority the order among routes with an expression, higher first
 * @param payload what a match hands to the caller
 * @param <T> the payload's type
 */
public record RouteRule<T>(
        String id,
        @Nullable String name,
        List<String> methods,
        List<String> hosts,
        Map<String, List<String>> headers,
        List<String> paths,
        List<String> snis,
        List<Endpoint> sources,
        List<Endpoint> destinations,
        Set<String> protocols,
        long regexPriority,
        boolean stripPath,
        PathHandling pathHandling,
        RouterFlavor flavor,
        @Nullable String expression,
        long priority,
        T payload) {

    /** Copies the collections; lists and headers in their order. */
    public RouteRule {
        requireNonNull(id, "id");
        requireNonNull(pathHandling, "pathHandling");
        requireNonNull(flavor, "flavor");
        requireNonNull(payload, "payload");
        methods = List.copyOf(methods);
        hosts = List.copyOf(hosts);
        paths = List.copyOf(paths);
        snis = List.copyOf(snis);
        sources = List.copyOf(sources);
        destinations = List.copyOf(destinations);
        protocols = Set.copyOf(protocols);
        if (headers.isEmpty()) {
            headers = Map.of();
        } else {
            Map<String, List<String>> copy = new LinkedHashMap<>();
            headers.forEach((header, values) -> copy.put(header, List.copyOf(values)));
            headers = Collections.unmodifiableMap(copy);
        }
    }

    /** What messages call it. */
    String label() {
        return name == null ? id : name;
    }

    /** Whether requests over plain connections are among those it is for. */
    boolean takesPlain() {
        return flavor == RouterFlavor.TRADITIONAL_COMPATIBLE
                || protocols.equals(Set.of("https"))
                || protocols.contains("http")
                || protocols.contains("grpc");
    }

    /** Whether requests over TLS are among those it is for. */
    boolean takesTls() {
        return flavor == RouterFlavor.TRADITIONAL_COMPATIBLE
                || protocols.contains("https")
                || protocols.contains("grpcs");
    }

    /** Whether every kind of connection that the other rule is for is one of these. */
    boolean takesProtocolsOf(RouteRule<T> other) {
        return (takesPlain() || !other.takesPlain()) && (takesTls() || !other.takesTls());
    }

    /**
     * Starts a rule that strips paths, has regex priority 0 and serves {@code http} and {@code https}, as a route
     * without further settings does.
     */
    public static <T> Builder<T> rule(String id, T payload) {
        return new Builder<>(id, payload);
    }

    /** Collects the parts of a rule; not thread-safe. */
    public static final class Builder<T> {
        private final String id;
        private final T payload;
        private @Nullable String name;
        private final List<String> methods = new ArrayList<>();
        private final List<String> hosts = new ArrayList<>();
        private final Map<String, List<String>> headers = new LinkedHashMap<>();
        private final List<String> paths = new ArrayList<>();
        private final List<String> snis = new ArrayList<>();
        private List<Endpoint> sources = List.of();
        private List<Endpoint> destinations = List.of();
        private Set<String> protocols = Set.of("http", "https");
        private long regexPriority;
        private boolean stripPath = true;
        private PathHandling pathHandling = PathHandling.V0;
        private RouterFlavor flavor = RouterFlavor.TRADITIONAL_COMPATIBLE;
        private @Nullable String expression;
        private long priority;

        private Builder(String id, T payload) {
            this.id = id;
            this.payload = payload;
        }

        /** Names the route. */
        public Builder<T> name(@Nullable String value) {
            name = value;
            return this;
        }

        /** Adds methods. */
        public Builder<T> methods(String... values) {
            Collections.addAll(methods, values);
            return this;
        }

        /** Adds hosts. */
        public Builder<T> hosts(String... values) {
            Collections.addAll(hosts, values);
            return this;
        }

        /** Sets the values of one header. */
        public Builder<T> header(String header, String... values) {
            headers.put(header, List.of(values));
            return this;
        }

        /** Adds paths. */
        public Builder<T> paths(String... values) {
            Collections.addAll(paths, values);
            return this;
        }

        /** Adds server names. */
        public Builder<T> snis(String... values) {
            Collections.addAll(snis, values);
            return this;
        }

        /** Replaces the endpoints of clients. */
        public Builder<T> sources(Endpoint... values) {
            sources = List.of(values);
            return this;
        }

        /** Replaces the endpoints at which connections are accepted. */
        public Builder<T> destinations(Endpoint... values) {
            destinations = List.of(values);
            return this;
        }

        /** Replaces the protocols. */
        public Builder<T> protocols(String... values) {
            protocols = new LinkedHashSet<>(List.of(values));
            return this;
        }

        /** Sets the order among regular expression paths. */
        public Builder<T> regexPriority(long value) {
            regexPriority = value;
            return this;
        }

        /** Sets whether the matched path is removed. */
        public Builder<T> stripPath(boolean value) {
            stripPath = value;
            return this;
        }

        /** Sets the path handling. */
        public Builder<T> pathHandling(PathHandling value) {
            pathHandling = value;
            return this;
        }

        /** Sets the flavour. */
        public Builder<T> flavor(RouterFlavor value) {
            flavor = value;
            return this;
        }

        /** Sets the expression, with the flavour that has them. */
        public Builder<T> expression(String value, long order) {
            flavor = RouterFlavor.EXPRESSIONS;
            expression = value;
            priority = order;
            return this;
        }

        /** The rule. */
        public RouteRule<T> build() {
            return new RouteRule<>(
                    id,
                    name,
                    methods,
                    hosts,
                    headers,
                    paths,
                    snis,
                    sources,
                    destinations,
                    protocols,
                    regexPriority,
                    stripPath,
                    pathHandling,
                    flavor,
                    expression,
                    priority,
                    payload);
        }
    }
}
