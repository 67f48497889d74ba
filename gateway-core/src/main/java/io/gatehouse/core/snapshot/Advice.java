package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.RouteEntity;
import io.gatehouse.core.entity.ServiceEntity;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.Shadowing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What of a good configuration has no effect: routes that no request reaches, plugins that never run. What it says is
 * certain; there may be more. Immutable.
 */
public final class Advice {
    static final Advice NONE = new Advice(List.of(), List.of(), Set.of(), List.of());

    /** Plugins that make a consumer known. */
    private static final Set<String> AUTHENTICATING = Set.of(
            "ai-mcp-oauth2",
            "basic-auth",
            "header-cert-auth",
            "hmac-auth",
            "jwt",
            "jwt-signer",
            "key-auth",
            "key-auth-enc",
            "ldap-auth",
            "ldap-auth-advanced",
            "mtls-auth",
            "oauth2",
            "oauth2-introspection",
            "openid-connect",
            "saml",
            "session",
            "vault-auth");

    private final List<Unreached> unreached;
    private final List<Idle> idle;
    private final Set<String> live;
    private final List<Problem> upstreams;

    private Advice(List<Unreached> unreached, List<Idle> idle, Set<String> live, List<Problem> upstreams) {
        this.upstreams = List.copyOf(upstreams);
        this.unreached = List.copyOf(unreached);
        this.idle = List.copyOf(idle);
        this.live = Set.copyOf(live);
    }

    /**
     * A route that no request reaches.
     *
     * @param route the route
     * @param by names of the routes that win before it
     */
    public record Unreached(Entity route, List<String> by) {
        /** Copies the names. */
        public Unreached {
            by = List.copyOf(by);
        }
    }

    /**
     * A plugin that never runs.
     *
     * @param plugin the plugin
     * @param reason why
     * @param meant whether the file says so itself, by {@code enabled: false}
     */
    public record Idle(Entity plugin, String reason, boolean meant) {}

    /** Looks through a configuration without errors. */
    static Advice of(DeclarativeConfig config, PluginCatalogue catalogue) {
        return new Finder(config, catalogue).find();
    }

    /** Routes that no request reaches, disabled services aside. */
    public List<Unreached> unreached() {
        return unreached;
    }

    /** Plugins that never run. */
    public List<Idle> idle() {
        return idle;
    }

    /** The ids of the routes that requests can reach. */
    public Set<String> liveRoutes() {
        return live;
    }

    /** What users should be told of it. */
    public List<Problem> warnings() {
        List<Problem> warnings = new ArrayList<>();
        for (Unreached one : unreached) {
            warnings.add(warning(
                    one.route(),
                    "no request reaches the route '" + one.route().name() + "': what it takes goes to "
                            + one.by().stream().map(name -> "'" + name + "'").collect(Collectors.joining(", "))));
        }
        for (Idle one : idle) {
            if (!one.meant()) {
                warnings.add(
                        warning(one.plugin(), "the plugin '" + one.plugin().name() + "' never runs: " + one.reason()));
            }
        }
        warnings.addAll(upstreams);
        return warnings;
    }

    private static Problem warning(Entity entity, String message) {
        return new Problem(
                entity.location().file(),
                entity.location().line(),
                entity.location().column(),
                entity.path(),
                message,
                Severity.WARNING,
                null);
    }

    private static final class Finder {
        private final DeclarativeConfig config;
        private final PluginCatalogue catalogue;
        private final Map<String, RouteEntity> served = new LinkedHashMap<>();
        private final Set<String> unreached = new HashSet<>();
        private final Map<String, List<RouteEntity>> servedByService = new HashMap<>();
        private final Map<String, List<PluginEntity>> ofRoutes = new HashMap<>();
        private final List<PluginEntity> authenticating = new ArrayList<>();
        private final Map<List<Object>, String> reasons = new HashMap<>();

        Finder(DeclarativeConfig config, PluginCatalogue catalogue) {
            this.config = config;
            this.catalogue = catalogue;
        }

        Advice find() {
            List<RouteRule<String>> rules = new ArrayList<>();
            for (RouteEntity route : config.routes()) {
                if (isServed(route)) {
                    served.put(route.id(), route);
                    if (route.serviceId() != null) {
                        servedByService
                                .computeIfAbsent(route.serviceId(), id -> new ArrayList<>())
                                .add(route);
                    }
                    rules.add(SnapshotBuilder.matcher(route, config.flavor(), route.id()));
                }
            }
            List<Unreached> shadowed = new ArrayList<>();
            for (Shadowing.Shadowed<String> one : Shadowing.of(rules)) {
                List<String> by = new ArrayList<>();
                one.by().forEach(rule -> by.add(route(rule.payload()).name()));
                shadowed.add(new Unreached(route(one.rule().payload()), by));
                unreached.add(one.rule().payload());
            }
            for (PluginEntity plugin : config.plugins()) {
                if (plugin.enabled()) {
                    index(plugin);
                }
            }
            List<Idle> idle = new ArrayList<>();
            for (Entity plugin : config.all(EntityKind.PLUGIN)) {
                PluginEntity entity = (PluginEntity) plugin.value();
                String reason = entity.enabled() ? remembered(entity) : "it is disabled";
                if (!reason.isEmpty()) {
                    boolean meant = !entity.enabled() || isOfADisabledService(entity);
                    idle.add(new Idle(plugin, reason, meant));
                }
            }
            Set<String> live = new HashSet<>(served.keySet());
            live.removeAll(unreached);
            return new Advice(shadowed, idle, live, withoutTargets());
        }

        /** Upstreams that services use and that have nobody to send a request to. */
        private List<Problem> withoutTargets() {
            Set<String> able = new HashSet<>();
            for (Entity target : config.all(EntityKind.TARGET)) {
                TargetEntity entity = (TargetEntity) target.value();
                if (entity.weight() > 0) {
                    able.add(entity.upstreamId());
                }
            }
            Set<String> hosts = new HashSet<>();
            config.services().stream().filter(ServiceEntity::enabled).forEach(service -> hosts.add(service.host()));
            List<Problem> found = new ArrayList<>();
            for (Entity upstream : config.all(EntityKind.UPSTREAM)) {
                if (!able.contains(upstream.id()) && hosts.contains(upstream.name())) {
                    found.add(warning(
                            upstream,
                            "the upstream '" + upstream.name()
                                    + "' has no target with a weight: requests to it are answered 503"));
                }
            }
            return found;
        }

        private void index(PluginEntity plugin) {
            PluginCatalogue.Known known = catalogue.plugin(plugin.name());
            boolean foreign = known != null && !known.source().isBundled(); // it may be one that authenticates
            if (foreign || AUTHENTICATING.contains(plugin.name())) {
                authenticating.add(plugin);
            }
            if (plugin.routeId() != null && plugin.consumerId() == null && plugin.consumerGroupId() == null) {
                ofRoutes.computeIfAbsent(plugin.name() + ' ' + plugin.routeId(), key -> new ArrayList<>())
                        .add(plugin);
            }
        }

        /** Thousands of consumers may have the same plugin: the same question is asked once. Empty when it runs. */
        private String remembered(PluginEntity plugin) {
            List<Object> question = List.of(
                    plugin.name(),
                    Objects.requireNonNullElse(plugin.routeId(), ""),
                    Objects.requireNonNullElse(plugin.serviceId(), ""),
                    plugin.consumerId() != null || plugin.consumerGroupId() != null,
                    plugin.ordering() != null,
                    plugin.protocols());
            String known = reasons.get(question);
            if (known == null) {
                known = Objects.requireNonNullElse(reason(plugin), "");
                reasons.put(question, known);
            }
            return known;
        }

        private Entity route(String id) {
            return Objects.requireNonNull(config.find(EntityKind.ROUTE, id));
        }

        private boolean isServed(RouteEntity route) {
            ServiceEntity service = route.serviceId() == null ? null : config.service(route.serviceId());
            return service == null || service.enabled();
        }

        private boolean isOfADisabledService(PluginEntity plugin) {
            ServiceEntity service = plugin.serviceId() == null ? null : config.service(plugin.serviceId());
            RouteEntity route = plugin.routeId() == null ? null : config.route(plugin.routeId());
            return (service != null && !service.enabled()) || (route != null && !isServed(route));
        }

        private @Nullable String reason(PluginEntity plugin) {
            if (isOfADisabledService(plugin)) {
                return "its service is disabled";
            }
            if (!SnapshotBuilder.isForHttp(plugin)) {
                return "its protocols (" + String.join(", ", plugin.protocols()) + ") are not HTTP";
            }
            RouteEntity route = plugin.routeId() == null ? null : config.route(plugin.routeId());
            if (route != null
                    && plugin.serviceId() != null
                    && !plugin.serviceId().equals(route.serviceId())) {
                return "its route belongs to another service";
            }
            List<RouteEntity> all = routes(plugin, reached -> true);
            if (all.isEmpty()) {
                return plugin.serviceId() != null ? "its service has no route" : noRoutes(plugin);
            }
            List<RouteEntity> reached = routes(plugin, id -> !unreached.contains(id));
            if (reached.isEmpty()) {
                return all.size() == 1
                        ? "no request reaches its route '"
                                + route(all.get(0).id()).name() + "'"
                        : "no request reaches any of its routes";
            }
            if (plugin.consumerId() != null || plugin.consumerGroupId() != null) {
                return reached.stream().noneMatch(one -> mayKnowTheConsumer(plugin, one))
                        ? "it is for a consumer, and no plugin before it makes one known"
                        : null;
            }
            boolean global = plugin.serviceId() == null && plugin.routeId() == null;
            return !global && reached.stream().allMatch(one -> isReplaced(plugin, one))
                    ? "every route of its scope has a '" + plugin.name() + "' of its own"
                    : null;
        }

        /** A global plugin still logs requests that no route takes. */
        private static @Nullable String noRoutes(PluginEntity plugin) {
            return plugin.consumerId() != null ? "there is no route" : null;
        }

        private List<RouteEntity> routes(PluginEntity plugin, Predicate<String> which) {
            Collection<RouteEntity> candidates = served.values();
            if (plugin.routeId() != null) {
                RouteEntity route = served.get(plugin.routeId());
                candidates = route == null ? List.of() : List.of(route);
            } else if (plugin.serviceId() != null) {
                candidates = servedByService.getOrDefault(plugin.serviceId(), List.of());
            }
            List<RouteEntity> found = new ArrayList<>();
            for (RouteEntity route : candidates) {
                if (isFor(plugin, route) && which.test(route.id())) {
                    found.add(route);
                }
            }
            return found;
        }

        private static boolean isFor(PluginEntity plugin, RouteEntity route) {
            return (plugin.routeId() == null || plugin.routeId().equals(route.id()))
                    && (plugin.serviceId() == null || plugin.serviceId().equals(route.serviceId()));
        }

        private boolean mayKnowTheConsumer(PluginEntity plugin, RouteEntity route) {
            int own = priority(plugin.name());
            for (PluginEntity other : authenticating) {
                boolean before = priority(other.name()) > own || plugin.ordering() != null || other.ordering() != null;
                if (before && isFor(other, route)) {
                    return true;
                }
            }
            return false;
        }

        private int priority(String plugin) {
            PluginCatalogue.Known known = catalogue.plugin(plugin);
            return known == null ? 0 : known.factory().priority();
        }

        private boolean isReplaced(PluginEntity plugin, RouteEntity route) {
            for (PluginEntity other : ofRoutes.getOrDefault(plugin.name() + ' ' + route.id(), List.of())) {
                boolean narrower =
                        plugin.routeId() == null || (plugin.serviceId() == null && other.serviceId() != null);
                if (narrower && isFor(other, route) && !other.id().equals(plugin.id())) {
                    return true;
                }
            }
            return false;
        }
    }
}
