package io.gatehouse.core.snapshot;

import io.gatehouse.api.AddressRange;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.CertificateTable;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.RouteEntity;
import io.gatehouse.core.entity.ServiceEntity;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.plugin.Lifecycle;
import io.gatehouse.core.plugin.Place;
import io.gatehouse.core.plugin.PluginCallException;
import io.gatehouse.core.plugin.PluginCalls;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.routing.Endpoint;
import io.gatehouse.core.routing.PathHandling;
import io.gatehouse.core.routing.ProtocolRule;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.RouteTable;
import io.gatehouse.core.routing.RouterFlavor;
import io.gatehouse.core.schema.NodeProblems;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.upstream.Upstreams;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashTreePMap;
import org.pcollections.PMap;

/** Makes snapshots. Everything is checked before anything is made; what did not change is carried over. */
public final class SnapshotBuilder {
    private static final Set<String> HTTP = Set.of("http", "https", "grpc", "grpcs", "ws", "wss");

    /** What says how TLS is spoken with services. */
    private static final EntityKind[] TLS = {EntityKind.UPSTREAM, EntityKind.CERTIFICATE, EntityKind.CA_CERTIFICATE};

    private static final EntityKind[] TLS_WITH_SERVICES =
            Stream.concat(Stream.of(EntityKind.SERVICE), Stream.of(TLS)).toArray(EntityKind[]::new);

    /** What a directory is made of. */
    private static final EntityKind[] PEOPLE = Stream.of(EntityKind.values())
            .filter(kind -> kind.isCredential()
                    || kind == EntityKind.CONSUMER
                    || kind == EntityKind.CONSUMER_GROUP
                    || kind == EntityKind.CONSUMER_GROUP_CONSUMER)
            .toArray(EntityKind[]::new);

    private final Lifecycle lifecycle;
    private final Upstreams upstreams;

    /** Makes a builder; it keeps nothing between snapshots. */
    public SnapshotBuilder(Lifecycle lifecycle, Upstreams upstreams) {
        this.lifecycle = lifecycle;
        this.upstreams = upstreams;
    }

    /** A plugin entity whose config was bound and found good. */
    record Checked(Entity place, PluginEntity entity, Record config, PluginCatalogue.Known known) {}

    /**
     * An instance and what its entity says now, which may be more than when it was made: its place in the chain, its tags.
     */
    record Placed(PluginEntity entity, BoundPlugin plugin) {}

    /** What a snapshot consists of, for the next one to take over what did not change. */
    record Parts(
            List<Placed> placed,
            PluginIndex index,
            PMap<String, ServicePlan> services,
            Map<String, Balancer> balancers,
            RouteTable<RoutePlan> routes,
            EntityDirectory directory,
            CertificateTable certificates) {}

    /**
     * Binds and validates every plugin's config: starts and makes nothing.
     *
     * @param before what was found good before the edits, which are all that is looked at; null looks at everything
     * @param calls how {@code validate} is called
     * @param all takes every problem once; what is wrong with a partial is so for each plugin that uses it
     */
    static PMap<String, Checked> checked(
            DeclarativeConfig config,
            PluginCatalogue catalogue,
            @Nullable Examination before,
            PluginCalls calls,
            Consumer<Problem> all) {
        Set<Problem> told = new HashSet<>();
        Consumer<Problem> sink = problem -> {
            if (told.add(problem)) {
                all.accept(problem);
            }
        };
        DeclarativeConfig old = before == null ? DeclarativeConfig.empty() : before.config();
        PartialConfigs.check(config, old, catalogue, sink);
        if (before == null || !config.same(before.config(), EntityKind.PLUGIN, EntityKind.ROUTE)) {
            Orderings.check(config, sink);
        }
        if (before == null || !config.same(before.config(), TLS_WITH_SERVICES)) {
            UpstreamTls.check(config, sink);
        }
        if (before != null && config.same(before.config(), EntityKind.PLUGIN)) {
            return before.plugins();
        }
        RecordBinder binder = config.binder();
        PMap<String, Checked> plugins = before == null ? HashTreePMap.empty() : before.plugins();
        for (String id : config.touchedSince(old, EntityKind.PLUGIN)) {
            Entity entity = config.withId(EntityKind.PLUGIN, id);
            PluginCatalogue.Known known =
                    entity == null ? null : catalogue.plugin(((PluginEntity) entity.value()).name());
            // the loader has reported unknown names
            Checked checked =
                    entity == null || known == null ? null : bound(entity, known, known.factory(), binder, calls, sink);
            plugins = checked == null ? plugins.minus(id) : plugins.plus(id, checked);
        }
        return plugins;
    }

    private static <C extends Record> @Nullable Checked bound(
            Entity place,
            PluginCatalogue.Known known,
            PluginFactory<C> factory,
            RecordBinder binder,
            PluginCalls calls,
            Consumer<Problem> sink) {
        PluginEntity entity = (PluginEntity) place.value();
        C config = binder.bind(entity.config(), factory.configType(), sink);
        if (config == null) {
            return null;
        }
        // a validate that was left behind may go on to report: nobody reads this list then
        List<Problem> reported = new ArrayList<>();
        NodeProblems problems = new NodeProblems(entity.config(), reported::add);
        try {
            calls.call(entity.name(), "validate", known.source(), () -> {
                factory.validate(config, problems);
                return true;
            });
        } catch (PluginCallException e) {
            sink.accept(at(place, String.valueOf(e.getMessage())));
            return null;
        }
        reported.forEach(sink);
        return problems.count() == 0 ? new Checked(place, entity, config, known) : null;
    }

    /**
     * Makes a snapshot.
     *
     * @param found what was examined and found good
     * @param previous whose instances may be carried over, or null
     * @return null when there is a problem; then nothing was made
     */
    public @Nullable Snapshot build(Examination found, @Nullable Snapshot previous, Consumer<Problem> sink) {
        PluginCatalogue catalogue = found.catalogue();
        Placing placing = new Placing(found, previous);
        if (!place(found, catalogue, placing, sink)) {
            placing.made.forEach(plugin -> plugin.close(lifecycle));
            return null;
        }
        List<Placed> placed = placing.placed();
        for (Placed one : placed) {
            one.plugin().retain();
            one.plugin().follow(catalogue);
        }
        lifecycle.follow(catalogue);
        found.config().secrets().commit();
        return assemble(found, placed, placing.index(), previous);
    }

    /** Where the instances of a snapshot come from: those of the one before, but for what edits touched. */
    private static final class Placing {
        final Collection<String> ids;
        final Map<String, Placed> old = new HashMap<>();
        final Map<String, Placed> fresh = new LinkedHashMap<>();
        final Set<BoundPlugin> made = new LinkedHashSet<>();
        private final @Nullable Parts kept;

        @SuppressWarnings("ReferenceEquality") // the very same plugins
        Placing(Examination found, @Nullable Snapshot previous) {
            Snapshot edited = previous != null && previous.catalogue() == found.catalogue() ? previous : null;
            kept = edited == null ? null : edited.parts();
            ids = found.config()
                    .touchedSince(edited == null ? DeclarativeConfig.empty() : edited.config(), EntityKind.PLUGIN);
            if (previous != null && !ids.isEmpty()) {
                for (Placed one : previous.plugins()) {
                    if (edited == null || ids.contains(one.entity().id())) {
                        old.put(one.entity().id(), one);
                    }
                }
            }
        }

        /** All instances; in the order of the configuration, but for what was switched on by an edit. */
        List<Placed> placed() {
            if (kept == null) {
                return List.copyOf(fresh.values());
            }
            if (old.isEmpty() && fresh.isEmpty()) {
                return kept.placed();
            }
            Map<String, Placed> left = new LinkedHashMap<>(fresh);
            List<Placed> all = new ArrayList<>(kept.placed().size() + left.size());
            for (Placed one : kept.placed()) {
                if (!old.containsKey(one.entity().id())) {
                    all.add(one);
                } else {
                    Placed other = left.remove(one.entity().id());
                    if (other != null) {
                        all.add(other);
                    }
                }
            }
            all.addAll(left.values());
            return Collections.unmodifiableList(all);
        }

        PluginIndex index() {
            if (kept == null) {
                return PluginIndex.of(fresh.values());
            }
            return old.isEmpty() && fresh.isEmpty()
                    ? kept.index()
                    : kept.index().with(old.values(), fresh.values());
        }
    }

    private boolean place(Examination found, PluginCatalogue catalogue, Placing placing, Consumer<Problem> sink) {
        boolean good = true;
        for (String id : placing.ids) {
            Checked one = found.plugins().get(id);
            if (one == null || !one.entity().enabled() || !isForHttp(one.entity())) {
                continue;
            }
            Placed before = placing.old.get(id);
            if (before != null && before.plugin().serves(one.entity(), one.config(), one.known(), catalogue)) {
                placing.fresh.put(id, new Placed(one.entity(), before.plugin()));
                continue;
            }
            try {
                lifecycle.start(catalogue, one.known());
                Lifecycle.Created created = create(catalogue, one, one.known().factory());
                BoundPlugin made = new BoundPlugin(one.entity(), one.config(), one.known(), created);
                placing.made.add(made);
                placing.fresh.put(id, new Placed(one.entity(), made));
            } catch (PluginCallException e) {
                sink.accept(at(one.place(), String.valueOf(e.getMessage())));
                good = false;
            }
        }
        return good;
    }

    /** Kong tells HTTP from streams by a plugin's protocols, and no more. */
    static boolean isForHttp(PluginEntity plugin) {
        return plugin.protocols().stream().anyMatch(HTTP::contains);
    }

    @SuppressWarnings("unchecked") // bound from this very factory's config type
    private <C extends Record> Lifecycle.Created create(
            PluginCatalogue catalogue, Checked one, PluginFactory<C> factory) throws PluginCallException {
        return lifecycle.create(
                catalogue,
                factory,
                one.known().source(),
                (C) one.config(),
                new Place(
                        one.entity().id(), one.entity().routeId(), one.entity().serviceId()));
    }

    private Snapshot assemble(
            Examination found, List<Placed> placed, PluginIndex plugins, @Nullable Snapshot previous) {
        DeclarativeConfig config = found.config();
        DeclarativeConfig old = previous == null ? DeclarativeConfig.empty() : previous.config();
        Parts before = previous == null ? null : previous.parts();
        Set<String> touchedServices = touchedServices(config, old);
        PMap<String, ServicePlan> services =
                services(config, before == null ? HashTreePMap.empty() : before.services(), touchedServices);
        Map<String, Balancer> balancers =
                before != null && config.same(old, EntityKind.UPSTREAM, EntityKind.TARGET, EntityKind.CERTIFICATE)
                        ? before.balancers()
                        : Map.copyOf(upstreams.balancers().prepare(config));
        RouteTable<RoutePlan> routes = before != null
                        && before.index() == plugins
                        && before.services() == services
                        && before.balancers() == balancers
                        && config.same(old, EntityKind.ROUTE)
                ? before.routes()
                : routes(config, old, before, plugins, services, touchedServices, balancers);
        Plan unmatched = new Plan(null, null, new Chain(plugins.unmatched(), request -> {
            throw new IllegalStateException("an unmatched request has no chain");
        }));
        plugins.settle();
        Parts parts = new Parts(
                placed,
                plugins,
                services,
                balancers,
                routes,
                before != null && config.same(old, PEOPLE)
                        ? before.directory()
                        : EntityDirectory.of(
                                config,
                                old,
                                before == null ? null : before.directory(),
                                Clock.systemUTC(),
                                System::nanoTime),
                before != null && config.same(old, EntityKind.CERTIFICATE, EntityKind.SNI)
                        ? before.certificates()
                        : CertificateTable.of(config));
        return new Snapshot(config, found.catalogue(), unmatched, found.plugins(), parts);
    }

    /** The ids of the services that, or what says how TLS is spoken with them, may have been touched. */
    private static Set<String> touchedServices(DeclarativeConfig config, DeclarativeConfig old) {
        Set<String> touched = new HashSet<>(config.touchedSince(old, EntityKind.SERVICE));
        if (!config.same(old, EntityKind.CERTIFICATE, EntityKind.CA_CERTIFICATE)) {
            config.services().forEach(service -> touched.add(service.id()));
            return touched;
        }
        Set<String> upstreams = new HashSet<>();
        for (String id : config.touchedSince(old, EntityKind.UPSTREAM)) {
            addName(config.withId(EntityKind.UPSTREAM, id), upstreams);
            addName(old.withId(EntityKind.UPSTREAM, id), upstreams);
        }
        addServicesAt(upstreams, config, touched);
        return touched;
    }

    /** The services, with what did not change taken over. */
    private static PMap<String, ServicePlan> services(
            DeclarativeConfig config, PMap<String, ServicePlan> before, Set<String> touched) {
        PMap<String, ServicePlan> services = before;
        for (String id : touched) {
            Entity service = config.withId(EntityKind.SERVICE, id);
            services = service == null
                    ? services.minus(id)
                    : services.plus(id, new ServicePlan(ServiceFacts.of((ServiceEntity) service.value(), config)));
        }
        return services;
    }

    private static void addName(@Nullable Entity entity, Set<String> names) {
        if (entity != null) {
            names.add(entity.name());
        }
    }

    private static void addServicesAt(Set<String> hosts, DeclarativeConfig config, Set<String> ids) {
        for (ServiceEntity service : hosts.isEmpty() ? List.<ServiceEntity>of() : config.services()) {
            if (hosts.contains(service.host())) {
                ids.add(service.id());
            }
        }
    }

    /** The table; what neither a route nor what it leads to has changed in stays as it is, and is not looked at. */
    @SuppressWarnings("ReferenceEquality") // what an edit did not touch is the same object
    private RouteTable<RoutePlan> routes(
            DeclarativeConfig config,
            DeclarativeConfig old,
            @Nullable Parts before,
            PluginIndex plugins,
            Map<String, ServicePlan> services,
            Set<String> touchedServices,
            Map<String, Balancer> balancers) {
        RouteTable<RoutePlan> table = before == null ? RouteTable.empty() : before.routes();
        List<RouteRule<RoutePlan>> changed = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        for (String id : routesToLookAt(config, old, before, plugins, touchedServices, balancers)) {
            Entity entity = config.withId(EntityKind.ROUTE, id);
            RouteEntity route = entity == null ? null : (RouteEntity) entity.value();
            ServiceEntity service =
                    route == null || route.serviceId() == null ? null : config.service(route.serviceId());
            RouteRule<RoutePlan> known = table.rule(id);
            if (route == null || service != null && !service.enabled()) {
                if (known != null) {
                    gone.add(id);
                }
                continue;
            }
            ServicePlan serving = service == null ? null : services.get(service.id());
            ServiceFacts facts = serving == null ? null : serving.facts();
            Balancer balancer = service == null ? null : balancers.get(service.host());
            RouteRule<RoutePlan> rule = rule(route, config.flavor(), service, serving, balancer, plugins);
            if (known == null
                    || old.withId(EntityKind.ROUTE, id) != entity
                    || known.payload().plan().service() != facts
                    || known.payload().plan().chain() != rule.payload().plan().chain()) {
                changed.add(rule);
            }
        }
        return table.with(changed, gone);
    }

    /** The ids of the routes that may lead elsewhere than before, or are new, or gone. */
    @SuppressWarnings("ReferenceEquality") // as above
    private static Set<String> routesToLookAt(
            DeclarativeConfig config,
            DeclarativeConfig old,
            @Nullable Parts before,
            PluginIndex plugins,
            Set<String> touchedServices,
            Map<String, Balancer> balancers) {
        Set<String> ids = new LinkedHashSet<>(config.touchedSince(old, EntityKind.ROUTE));
        if (before == null || plugins.touchesAll()) {
            config.routes().forEach(route -> ids.add(route.id()));
            return ids;
        }
        ids.addAll(plugins.touchedRoutes());
        Set<String> touched = new HashSet<>(touchedServices);
        touched.removeIf(
                id -> old.withId(EntityKind.SERVICE, id) == null); // the routes of a new one are touched themselves
        touched.addAll(plugins.touchedServices());
        if (before.balancers() != balancers) {
            Set<String> hosts = new HashSet<>(balancers.keySet());
            hosts.addAll(before.balancers().keySet());
            hosts.removeIf(host -> before.balancers().get(host) == balancers.get(host));
            addServicesAt(hosts, config, touched);
        }
        if (!touched.isEmpty()) {
            for (RouteEntity route : config.routes()) {
                if (route.serviceId() != null && touched.contains(route.serviceId())) {
                    ids.add(route.id());
                }
            }
        }
        return ids;
    }

    private RouteRule<RoutePlan> rule(
            RouteEntity route,
            RouterFlavor flavor,
            @Nullable ServiceEntity service,
            @Nullable ServicePlan serving,
            @Nullable Balancer balancer,
            PluginIndex plugins) {
        ServiceFacts facts = serving == null ? null : serving.facts();
        Chain chain = plugins.chain(
                route.id(),
                serving,
                balancer,
                () -> upstreams.to(
                        facts == null ? null : facts.target(), service == null ? 0 : service.retries(), balancer));
        Plan plan = new Plan(new RouteFacts(route), facts, chain);
        RoutePlan payload = new RoutePlan(
                plan,
                service == null ? null : service.path(),
                route.preserveHost(),
                ProtocolRule.Served.of(route.protocols()),
                route.httpsRedirectStatusCode());
        return matcher(route, flavor, payload);
    }

    /** Which requests a route is for. */
    static <T> RouteRule<T> matcher(RouteEntity route, RouterFlavor flavor, T payload) {
        return new RouteRule<>(
                route.id(),
                route.name(),
                route.methods(),
                route.hosts(),
                route.headers(),
                route.paths(),
                route.snis(),
                endpoints(route.sources()),
                endpoints(route.destinations()),
                Set.copyOf(route.protocols()),
                route.regexPriority(),
                route.stripPath(),
                route.pathHandling().equals("v1") ? PathHandling.V1 : PathHandling.V0,
                flavor,
                route.expression(),
                route.priority() == null ? 0 : route.priority(),
                payload);
    }

    private static List<Endpoint> endpoints(List<RouteEntity.Side> sides) {
        List<Endpoint> endpoints = new ArrayList<>(sides.size());
        for (RouteEntity.Side side : sides) {
            endpoints.add(new Endpoint(
                    side.ip() == null ? null : AddressRange.of(side.ip()), side.port() == null ? -1 : side.port()));
        }
        return endpoints;
    }

    private static Problem at(Entity entity, String message) {
        return Problem.error(entity.location(), entity.path(), message, null);
    }
}
