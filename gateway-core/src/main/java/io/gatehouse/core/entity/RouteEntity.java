package io.gatehouse.core.entity;

import io.gatehouse.api.AddressRange;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A route: which requests are meant.
 *
 * @param serviceId null when requests end at the route's plugins
 * @param protocols {@code http} and {@code https}, or {@code grpc} and {@code grpcs}, one or both, in the order of the file
 * @param methods upper case; empty means any, as for the other matchers
 * @param hosts as written, with wildcards and ports
 * @param headers name as written to the values allowed, {@code ~*} before a regular expression
 * @param paths prefixes, or regular expressions after {@code ~}
 * @param snis server names of TLS, with a wildcard at either end; only with {@code https} or {@code grpcs}
 * @param sources addresses and ports of clients
 * @param destinations addresses and ports at which connections are accepted
 * @param expression what is asked of a request instead of all of these, see {@link RouterFlavor#EXPRESSIONS}
 * @param priority the order among routes with an expression, higher first; null counts as 0
 * @param pathHandling {@code v0} or {@code v1}
 */
@Doc("Which requests are meant.")
@NotBuilt(value = "filter_chains", defaults = "filter_chains=[]")
public record RouteEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("What plugins call it.") @Nullable String name,

        @Doc("The service that requests go to.")
        @ForeignKey(value = EntityKind.SERVICE, cascades = false)
        @Name("service")
        @Nullable
        String serviceId,

        @Doc("Protocols of the client; left out, `compat` decides.")
        @Distinct
        @Length(min = 1)
        @OneOf({"http", "https", "grpc", "grpcs"})
        @NotBuilt({"tcp", "tls", "tls_passthrough", "udp", "ws", "wss"})
        List<String> protocols,

        @Doc("HTTP methods.") @Distinct List<String> methods,

        @Doc("Hosts, with `*.` before or `.*` after, with or without a port.")
        List<String> hosts,

        @Doc("Header names with the values allowed; `~*` before a regular expression.")
        Map<String, List<String>> headers,

        @Doc("Prefixes, or regular expressions after `~`.") List<String> paths,
        @Doc("Server names of TLS.") @Distinct List<String> snis,

        @Doc("Addresses and ports of clients; with `router_flavor` `expressions` only.") @Distinct
        List<Side> sources,

        @Doc("Addresses and ports at which connections are accepted; with `router_flavor` `expressions` only.")
        @Distinct
        List<Side> destinations,

        @Doc("What is asked of a request, instead of all of these; with `router_flavor` `expressions` only.") @Nullable
        String expression,

        @Doc("Order among routes with an `expression`, higher first; left out, 0.")
        @Range(min = 0, max = 70_368_744_177_663d)
        @Nullable
        Long priority,

        @Doc("Order among routes with regular expressions, higher first.") @Default("0")
        int regexPriority,

        @Doc("Whether the matched text is taken off the path.") @Default("true")
        boolean stripPath,

        @Doc("Kept for compatibility, without effect.") @Default("v0") @OneOf({"v0", "v1"})
        String pathHandling,

        @Doc("Whether the client's Host is sent on.") @Default("false")
        boolean preserveHost,

        @Doc("The answer to plain HTTP where only HTTPS is served.")
        @Default("426")
        @OneOf({"426", "301", "302", "307", "308"})
        int httpsRedirectStatusCode,

        @Doc("Kept for compatibility, without effect: request bodies are streamed.") @Default("true")
        boolean requestBuffering,

        @Doc("Kept for compatibility, without effect: answers are streamed.") @Default("true")
        boolean responseBuffering,

        @Doc("Words to select entities by.") @Distinct List<String> tags) {

    private static final Set<String> HTTP = Set.of("http", "https");
    private static final Set<String> GRPC = Set.of("grpc", "grpcs");

    /**
     * One side of a connection; it has an address or a port.
     *
     * @param ip an address or a range of them
     */
    public record Side(
            @Doc("An address, or a range as `10.0.0.0/8`.") @Nullable
            String ip,

            @Doc("A port.") @Range(min = 0, max = 65_535) @Nullable
            Integer port) {}

    static ConfigNode.Mapping prepare(ConfigNode.Mapping route, Preparation preparation) {
        ConfigNode.Mapping full = route;
        ConfigNode protocols = route.get("protocols");
        if (protocols == null || protocols.isNull()) {
            String path = ConfigNode.child(route.path(), "protocols");
            List<ConfigNode> standard = new ArrayList<>();
            for (String protocol : preparation.options().compat().routeProtocols()) {
                standard.add(ConfigNode.string(route.location(), path, protocol));
            }
            full = full.with("protocols", new ConfigNode.Sequence(route.location(), path, standard));
        }
        ConfigNode strip = full.get("strip_path");
        if ((strip == null || strip.isNull())
                && full.get("protocols") instanceof ConfigNode.Sequence named
                && named.items().stream().anyMatch(RouteEntity::isGrpc)) {
            full = full.with(
                    "strip_path",
                    new ConfigNode.Scalar(
                            named.location(),
                            ConfigNode.child(route.path(), "strip_path"),
                            "false",
                            null,
                            ConfigNode.Type.BOOLEAN,
                            false));
        }
        if (preparation.before3() && route.get("paths") instanceof ConfigNode.Sequence paths) {
            List<ConfigNode> upgraded = new ArrayList<>();
            for (ConfigNode path : paths.items()) {
                upgraded.add(
                        path instanceof ConfigNode.Scalar text ? text.withText(Checks.upgraded(text.text())) : path);
            }
            full = full.with("paths", new ConfigNode.Sequence(paths.location(), paths.path(), upgraded));
        }
        return full;
    }

    private static boolean isGrpc(ConfigNode protocol) {
        return protocol instanceof ConfigNode.Scalar scalar && GRPC.contains(scalar.text());
    }

    /** Whether it is for gRPC. */
    public boolean isGrpc() {
        return !Collections.disjoint(protocols, GRPC);
    }

    static void check(RouteEntity route, Report report) {
        report.each("name", Checks::name);
        report.each("methods", Checks::method);
        report.each("hosts", Checks::routeHost);
        report.each("paths", Checks::routePath);
        report.each("snis", Checks::wildcardHost);
        report.eachKey("headers", Checks::headerName);
        report.each("headers", value -> value.startsWith("~*") ? Checks.regex(value.substring(2)) : null);
        route.headers.forEach((name, values) -> {
            if (values.isEmpty()) {
                report.at("headers." + name, "length must be at least 1 (got 0)");
            }
        });
        checkProtocols(route, report);
        boolean expressions = report.options().flavor() == RouterFlavor.EXPRESSIONS;
        checkSides("sources", route.sources, route, expressions, report);
        checkSides("destinations", route.destinations, route, expressions, report);
        boolean matchers = !(route.methods.isEmpty()
                && route.hosts.isEmpty()
                && route.headers.isEmpty()
                && route.paths.isEmpty()
                && route.snis.isEmpty()
                && route.sources.isEmpty()
                && route.destinations.isEmpty());
        if (expressions) {
            checkExpression(route, matchers, report);
        } else {
            onlyWithExpressions("expression", report);
            onlyWithExpressions("priority", report);
        }
        if (!matchers && route.expression == null) {
            boolean tls = route.protocols.contains("https") || route.protocols.contains("grpcs");
            List<String> choice = new ArrayList<>(List.of("methods", "hosts", "headers", "paths"));
            if (route.isGrpc()) {
                choice.remove("methods");
            }
            if (tls) {
                choice.add("snis");
            }
            if (expressions) {
                choice.add("expression");
            }
            report.entity(
                    "must set one of '" + String.join("', '", choice) + "' when 'protocols' is '"
                            + (route.isGrpc() ? "grpc" : "http") + (tls ? "s'" : "'"),
                    "protocols",
                    "methods",
                    "hosts",
                    "headers",
                    "paths",
                    "snis",
                    "sources",
                    "destinations",
                    "expression");
        }
    }

    private static void checkProtocols(RouteEntity route, Report report) {
        if (route.isGrpc()) {
            if (!Collections.disjoint(route.protocols, HTTP)) {
                report.at("protocols", "these sets are mutually exclusive: ('http', 'https'), ('grpc', 'grpcs')");
            }
            if (!route.methods.isEmpty()) {
                report.at("methods", "cannot set 'methods' when 'protocols' is 'grpc' or 'grpcs'", "protocols");
            }
            if (route.stripPath) {
                report.at("strip_path", "cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'", "protocols");
            }
        }
        if (!route.snis.isEmpty() && !route.protocols.contains("https") && !route.protocols.contains("grpcs")) {
            report.at(
                    "snis",
                    "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'",
                    "protocols");
        }
    }

    private static void checkSides(
            String field, List<Side> sides, RouteEntity route, boolean expressions, Report report) {
        if (sides.isEmpty()) {
            return;
        }
        if (!expressions) {
            report.advise(
                    field,
                    "cannot set '" + field + "' when 'protocols' is "
                            + (route.isGrpc() ? "'grpc' or 'grpcs'" : "'http' or 'https'"),
                    "the router flavor 'expressions' allows it",
                    "protocols");
        }
        for (Side side : sides) {
            if (side.ip == null && side.port == null) {
                report.at(field, "at least one of these fields must be non-empty: 'ip', 'port'");
            } else if (side.ip != null && AddressRange.of(side.ip) == null) {
                report.at(field, "invalid ip or cidr range: '" + side.ip + "'");
            }
        }
    }

    private static void onlyWithExpressions(String field, Report report) {
        if (report.has(field)) {
            report.advise(
                    field,
                    "is for the router flavor 'expressions' only",
                    "set GATEHOUSE_ROUTER_FLAVOR or KONG_ROUTER_FLAVOR to expressions");
        }
    }

    private static void checkExpression(RouteEntity route, boolean matchers, Report report) {
        String others = "'methods', 'hosts', 'paths', 'headers', 'snis', 'sources' or 'destinations' simultaneously";
        if (route.expression != null && matchers) {
            report.entity("Router Expression failed validation: cannot set 'expression' with " + others, "expression");
        } else if (route.expression != null && route.regexPriority != 0) {
            report.entity(
                    "Router Expression failed validation: cannot set 'regex_priority' with 'expression' simultaneously",
                    "expression",
                    "regex_priority");
        } else {
            report.entityBy("expression", Checks::expression);
        }
        if (matchers && route.priority != null && route.priority != 0) {
            report.entity("Router Expression failed validation: cannot set 'priority' with " + others, "priority");
        }
    }
}
