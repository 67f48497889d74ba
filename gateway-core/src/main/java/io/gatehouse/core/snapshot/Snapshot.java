package io.gatehouse.core.snapshot;

import io.gatehouse.api.Directory;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.entity.CertificateTable;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.exchange.Plan;
import io.gatehouse.core.plugin.PluginCatalogue;
import io.gatehouse.core.plugin.PluginPage;
import io.gatehouse.core.routing.RouteTable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One configuration, ready to serve. Deeply immutable but for its leases. */
public final class Snapshot {
    private final DeclarativeConfig config;
    private final PluginCatalogue catalogue;
    private final Plan unmatched;
    private final Map<String, SnapshotBuilder.Checked> checked;
    private final SnapshotBuilder.Parts parts;
    private final Promise<Void> retiring = Promise.promise();
    private final Promise<Void> drained = Promise.promise();
    private final AtomicInteger leases = new AtomicInteger(1);

    Snapshot(
            DeclarativeConfig config,
            PluginCatalogue catalogue,
            Plan unmatched,
            Map<String, SnapshotBuilder.Checked> checked,
            SnapshotBuilder.Parts parts) {
        this.config = config;
        this.catalogue = catalogue;
        this.unmatched = unmatched;
        this.checked = checked;
        this.parts = parts;
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
        return parts.routes();
    }

    /** What is done for requests that match no route. */
    public Plan unmatched() {
        return unmatched;
    }

    /** Consumers and credentials. */
    public Directory directory() {
        return parts.directory();
    }

    /** What TLS listeners show for a server name. */
    public CertificateTable certificates() {
        return parts.certificates();
    }

    /** The configuration it was built from. */
    public DeclarativeConfig config() {
        return config;
    }

    /** The plugins it was built with. */
    public PluginCatalogue catalogue() {
        return catalogue;
    }

    /**
     * The plugin that a class belongs to: of those from the same loader the one with the nearest package, and of equally
     * near ones one that is configured. Bundled plugins share a loader with the gateway, so theirs is only what is in
     * their own packages.
     *
     * @param loader the name of the class's loader
     * @return null when it belongs to none
     */
    public @Nullable String owner(@Nullable String loader, String className) {
        Set<String> configured = pluginNames();
        String best = null;
        int nearest = -1;
        for (PluginCatalogue.Known known : catalogue.plugins()) {
            Class<?> factory = known.factory().getClass();
            String home = factory.getPackageName() + '.';
            ClassLoader own = factory.getClassLoader();
            boolean shared = own == Snapshot.class.getClassLoader();
            if (Objects.equals(own.getName(), loader) && (!shared || className.startsWith(home))) {
                int near = 2 * sharedPrefix(home, className)
                        + (configured.contains(known.factory().name()) ? 1 : 0);
                if (near > nearest) {
                    nearest = near;
                    best = known.factory().name();
                }
            }
        }
        return best;
    }

    private static int sharedPrefix(String one, String other) {
        int i = 0;
        while (i < one.length() && i < other.length() && one.charAt(i) == other.charAt(i)) {
            i++;
        }
        return i;
    }

    /** Names of the plugins that are configured and enabled. */
    public Set<String> pluginNames() {
        return parts.index().names();
    }

    /**
     * The pages that instances of a plugin serve on the Admin API under a path, of whatever method.
     *
     * @param path its segments below the name of the plugin
     */
    public List<PluginPage.Match> pages(String plugin, List<String> path) {
        List<PluginPage.Match> found = new ArrayList<>();
        for (SnapshotBuilder.Placed one : parts.placed()) {
            if (one.entity().name().equals(plugin)) {
                for (PluginPage page : one.plugin().pages()) {
                    PluginPage.Match match = page.match(path);
                    if (match != null) {
                        found.add(match);
                    }
                }
            }
        }
        return found;
    }

    /** The paths of all pages that plugins serve on the Admin API, as Kong writes paths. */
    public Set<String> pagePaths() {
        Set<String> paths = new TreeSet<>();
        for (SnapshotBuilder.Placed one : parts.placed()) {
            for (PluginPage page : one.plugin().pages()) {
                paths.add('/' + one.entity().name() + page.path());
            }
        }
        return paths;
    }

    /** The config of the plugin entity with this id, as its record; null when there is no such entity. */
    public @Nullable Record pluginConfig(String id) {
        SnapshotBuilder.Checked plugin = checked.get(id);
        return plugin == null ? null : plugin.config();
    }

    /** The upstreams, by name. */
    public Map<String, Balancer> balancers() {
        return parts.balancers();
    }

    /** The instances it holds a use of. */
    List<SnapshotBuilder.Placed> plugins() {
        return parts.placed();
    }

    SnapshotBuilder.Parts parts() {
        return parts;
    }
}
