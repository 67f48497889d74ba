package io.gatehouse.core.snapshot;

import io.gatehouse.api.PluginFactory;
import io.gatehouse.core.config.DeclarativeConfig;
import io.gatehouse.core.config.PluginEntity;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.RouteEntity;
import io.gatehouse.core.config.ServiceEntity;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.plugin.Lifecycle;
import io.gatehouse.core.plugin.PluginCallException;
import io.gatehouse.core.plugin.PluginCalls;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.routing.PathHandling;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.RouteTable;
import io.gatehouse.core.schema.NodeProblems;
import io.gatehouse.core.schema.RecordBinder;
import io.gatehouse.core.service.Vaults;
import io.gatehouse.core.upstream.Upstreams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes snapshots. Everything is checked before anything is made; what did not change is carried over. */
public final class SnapshotBuilder {
    private final Lifecycle lifecycle;
    private final Upstreams upstreams;
    private final Vaults vaults;

    /** Makes a builder; it keeps nothing between snapshots. */
    public SnapshotBuilder(Lifecycle lifecycle, Upstreams upstreams, Vaults vaults) {
        this.lifecycle = lifecycle;
        this.upstreams = upstreams;
        this.vaults = vaults;
    }

    /** A plugin entity whose config was bound and found good. */
    private record Checked(PluginEntity entity, Record config, PluginCatalogue.Known known) {}

    /**
     * Binds and validates every plugin's config, offline: starts and makes nothing.
     *
     * @param calls how {@code validate} is called
     * @param vaults where secrets are looked up
     * @param sink takes every problem
     */
    public static void check(
            DeclarativeConfig config,
            PluginCatalogue catalogue,
            PluginCalls calls,
            Vaults vaults,
            Consumer<Problem> sink) {
        checked(config, catalogue, calls, vaults.draft(Map.of()), sink);
    }

    /** As {@link #check(DeclarativeConfig, PluginCatalogue, PluginCalls, Vaults, Consumer)}, with what it builds with. */
    void check(DeclarativeConfig config, PluginCatalogue catalogue, Consumer<Problem> sink) {
        check(config, catalogue, lifecycle.calls(), vaults, sink);
    }

    private static List<Checked> checked(
            DeclarativeConfig config,
            PluginCatalogue catalogue,
            PluginCalls calls,
            Vaults.References references,
            Consumer<Problem> sink) {
        RecordBinder binder = new RecordBinder(references, config.compat());
        List<Checked> all = new ArrayList<>();
        for (PluginEntity entity : config.plugins()) {
            PluginCatalogue.Known known = catalogue.plugin(entity.name());
            if (known != null) { // the loader has reported unknown names
                Checked checked = bound(entity, known, known.factory(), binder, calls, sink);
                if (checked != null) {
                    all.add(checked);
                }
            }
        }
        return all;
    }

    private static <C extends Record> @Nullable Checked bound(
            PluginEntity entity,
            PluginCatalogue.Known known,
            PluginFactory<C> factory,
            RecordBinder binder,
            PluginCalls calls,
            Consumer<Problem> sink) {
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
            sink.accept(at(entity, String.valueOf(e.getMessage())));
            return null;
        }
        reported.forEach(sink);
        return problems.count() == 0 ? new Checked(entity, config, known) : null;
    }

    /**
     * Makes a snapshot.
     *
     * @param previous whose instances may be carried over, or null
     * @return null when there is a problem; then nothing was made
     */
    public @Nullable Snapshot build(
            DeclarativeConfig config, PluginCatalogue catalogue, @Nullable Snapshot previous, Consumer<Problem> sink) {
        int[] errors = {0};
        Vaults.Draft secrets = vaults.draft(Map.of());
        List<Checked> checked = checked(config, catalogue, lifecycle.calls(), secrets, problem -> {
            if (problem.severity() == Severity.ERROR) {
                errors[0]++;
            }
            sink.accept(problem);
        });
        if (errors[0] > 0) {
            return null;
        }
        List<BoundPlugin> bound = new ArrayList<>();
        Set<BoundPlugin> made = new LinkedHashSet<>();
        if (!make(checked, catalogue, previous, bound, made, sink)) {
            made.forEach(plugin -> plugin.close(lifecycle));
            return null;
        }
        for (BoundPlugin plugin : bound) {
            plugin.retain();
            plugin.follow(catalogue);
        }
        lifecycle.follow(catalogue);
        secrets.commit();
        return assemble(config, catalogue, bound);
    }

    private boolean make(
            List<Checked> checked,
            PluginCatalogue catalogue,
            @Nullable Snapshot previous,
            List<BoundPlugin> bound,
            Set<BoundPlugin> made,
            Consumer<Problem> sink) {
        Map<String, BoundPlugin> before = new HashMap<>();
        if (previous != null) {
            previous.plugins().forEach(plugin -> before.put(plugin.entity().id(), plugin));
        }
        boolean good = true;
        for (Checked one : checked) {
            if (!one.entity().enabled()) {
                continue;
            }
            BoundPlugin kept = before.get(one.entity().id());
            if (kept != null && kept.serves(one.entity(), one.config(), one.known(), catalogue)) {
                bound.add(kept);
                continue;
            }
            try {
                lifecycle.start(catalogue, one.known());
                Lifecycle.Created created = create(catalogue, one, one.known().factory());
                BoundPlugin fresh = new BoundPlugin(one.entity(), one.config(), one.known(), created);
                made.add(fresh);
                bound.add(fresh);
            } catch (PluginCallException e) {
                sink.accept(at(one.entity(), String.valueOf(e.getMessage())));
                good = false;
            }
        }
        return good;
    }

    @SuppressWarnings("unchecked") // bound from this very factory's config type
    private <C extends Record> Lifecycle.Created create(
            PluginCatalogue catalogue, Checked one, PluginFactory<C> factory) throws PluginCallException {
        return lifecycle.create(
                catalogue,
                factory,
                one.known().source(),
                (C) one.config(),
                one.entity().id());
    }

    private Snapshot assemble(DeclarativeConfig config, PluginCatalogue catalogue, List<BoundPlugin> bound) {
        PluginIndex plugins = new PluginIndex(bound);
        Map<String, ServiceFacts> services = new HashMap<>();
        for (ServiceEntity service : config.services()) {
            services.put(service.id(), ServiceFacts.of(service, config.compat()));
        }
        List<RouteRule<RoutePlan>> rules = new ArrayList<>(config.routes().size());
        for (RouteEntity route : config.routes()) {
            ServiceEntity service = route.serviceId() == null ? null : config.service(route.serviceId());
            if (service == null || service.enabled()) {
                rules.add(rule(route, service, service == null ? null : services.get(service.id()), plugins));
            }
        }
        Plan unmatched = new Plan(null, null, new Chain(plugins.slots(null, null), request -> {
            throw new IllegalStateException("an unmatched request has no chain");
        }));
        return new Snapshot(config, catalogue, RouteTable.of(rules), unmatched, new EntityDirectory(config), bound);
    }

    private RouteRule<RoutePlan> rule(
            RouteEntity route, @Nullable ServiceEntity service, @Nullable ServiceFacts facts, PluginIndex plugins) {
        Chain chain = plugins.chain(
                route.id(),
                route.serviceId(),
                () -> upstreams.to(facts == null ? null : facts.target(), service == null ? 0 : service.retries()));
        Plan plan = new Plan(RouteFacts.of(route), facts, chain);
        boolean httpsOnly =
                route.protocols().contains("https") && !route.protocols().contains("http");
        RoutePlan payload = new RoutePlan(
                plan,
                service == null ? null : service.path(),
                route.preserveHost(),
                httpsOnly,
                route.httpsRedirectStatusCode());
        return new RouteRule<>(
                route.id(),
                route.name(),
                route.methods(),
                route.hosts(),
                route.headers(),
                route.paths(),
                List.of(),
                new LinkedHashSet<>(route.protocols()),
                route.regexPriority(),
                route.stripPath(),
                route.pathHandling().equals("v1") ? PathHandling.V1 : PathHandling.V0,
                payload);
    }

    private static Problem at(PluginEntity entity, String message) {
        return Problem.error(entity.location(), entity.path(), message, null);
    }
}
