package io.gatehouse.core.snapshot;

import io.gatehouse.api.Directory;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.routing.RouteTable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/** One configuration, ready to serve. Deeply immutable but for its leases. */
public final class Snapshot {
    private final DeclarativeConfig config;
    private final PluginCatalogue catalogue;
    private final RouteTable<RoutePlan> routes;
    private final Plan unmatched;
    private final Directory directory;
    private final List<BoundPlugin> plugins;
    private final Promise<Void> retiring = Promise.promise();
    private final Promise<Void> drained = Promise.promise();
    private final AtomicInteger leases = new AtomicInteger(1);

    Snapshot(
            DeclarativeConfig config,
            PluginCatalogue catalogue,
            RouteTable<RoutePlan> routes,
            Plan unmatched,
            Directory directory,
            List<BoundPlugin> plugins) {
        this.config = config;
        this.catalogue = catalogue;
        this.routes = routes;
        this.unmatched = unmatched;
        this.directory = directory;
        this.plugins = List.copyOf(plugins);
    }

    /** Takes a lease. False when the snapshot is gone already: then there is a newer one. */
    public boolean lease() {
        while (true) {
            int n = leases.get();
            if (n == 0) {
                return false;
            }
            if (leases.compareAndSet(n, n + 1)) {
                return true;
            }
        }
    }

    /** Gives a lease back. */
    public void release() {
        if (leases.decrementAndGet() == 0) {
            drained.complete();
        }
    }

    /** Retires the snapshot: long streams are told, and after the last exchange it is drained. */
    void retire() {
        retiring.complete();
        release();
    }

    /** Completes when it is retired. */
    public Future<Void> retiring() {
        return retiring.future();
    }

    /** Completes when it is retired and its last exchange has ended. */
    Future<Void> drained() {
        return drained.future();
    }

    /** The route table. */
    public RouteTable<RoutePlan> routes() {
        return routes;
    }

    /** What is done for requests that match no route. */
    public Plan unmatched() {
        return unmatched;
    }

    /** Consumers and credentials. */
    public Directory directory() {
        return directory;
    }

    /** The configuration it was built from. */
    public DeclarativeConfig config() {
        return config;
    }

    /** The plugins it was built with. */
    public PluginCatalogue catalogue() {
        return catalogue;
    }

    /** Names of the plugins that are configured and enabled. */
    public Set<String> pluginNames() {
        Set<String> names = new TreeSet<>();
        for (BoundPlugin plugin : plugins) {
            names.add(plugin.entity().name());
        }
        return names;
    }

    List<BoundPlugin> plugins() {
        return plugins;
    }
}
