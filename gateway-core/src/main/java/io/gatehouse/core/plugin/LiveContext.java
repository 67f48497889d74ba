package io.gatehouse.core.plugin;

import io.gatehouse.api.AdminPage;
import io.gatehouse.api.Counters;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.gatehouse.core.service.RedisCounters;
import io.gatehouse.core.service.RedisLink;
import io.gatehouse.core.service.RedisLinks;
import io.gatehouse.core.service.RedisStore;
import io.gatehouse.core.upstream.PluginHttpClient;
import io.gatehouse.core.upstream.PluginOutlet;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a factory, or an instance, gets from the gateway. Any thread. */
final class LiveContext implements PluginContext {
    private static final Logger LOG = LoggerFactory.getLogger(LiveContext.class);

    private final PluginServices services;
    private volatile PluginCatalogue catalogue;
    private final String plugin;
    private final Metrics metrics;
    private final Counters counters;
    private final Place place;
    private final List<ScheduledFuture<?>> jobs = new CopyOnWriteArrayList<>();
    private final List<PluginHttpClient> clients = new CopyOnWriteArrayList<>();
    private final List<PluginOutlet> outlets = new CopyOnWriteArrayList<>();
    private final List<RedisLink> links = new CopyOnWriteArrayList<>();
    private final Map<Class<?>, List<?>> extensions = new ConcurrentHashMap<>();
    private final List<PluginPage> pages = new CopyOnWriteArrayList<>();
    private final Set<String> headers = new HashSet<>();
    private final Set<String> queryArguments = new HashSet<>();
    private final Set<String> bodyFields = new HashSet<>();
    private volatile boolean closed;

    LiveContext(PluginServices services, PluginCatalogue catalogue, String plugin, boolean bundled, Place place) {
        this.services = services;
        this.catalogue = catalogue;
        this.plugin = plugin;
        this.metrics = services.metrics().metricsFor(plugin, bundled);
        this.counters = services.counters().of(plugin);
        this.place = place;
    }

    @Override
    public Metrics metrics() {
        return metrics;
    }

    @Override
    public Clock clock() {
        return services.clock();
    }

    @Override
    public <T> Future<T> blocking(Callable<T> action) {
        return services.vertx().executeBlocking(action, false);
    }

    @Override
    public void every(Duration period, Runnable action) {
        long nanos = period.toNanos();
        jobs.add(services.scheduler()
                .scheduleWithFixedDelay(() -> services.guarded(action), nanos, nanos, TimeUnit.NANOSECONDS));
    }

    @Override
    public Runnable after(Duration delay, Runnable action) {
        ScheduledFuture<?> due = services.scheduler()
                .schedule(
                        () -> {
                            if (!closed) {
                                services.guarded(action);
                            }
                        },
                        delay.toNanos(),
                        TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    @Override
    public HttpCaller http(HttpOptions options) {
        PluginHttpClient client = new PluginHttpClient(services.vertx(), services.redirects(), services.tls(), options);
        clients.add(client);
        return client;
    }

    @Override
    public Outlet outlet(OutletOptions options) {
        PluginOutlet outlet = new PluginOutlet(services.vertx(), services.tls(), options);
        outlets.add(outlet);
        return outlet;
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public Counters counters(RedisOptions redis) {
        return new RedisCounters(borrow(redis, RedisLinks.Load.COUNTERS), plugin, services.clock());
    }

    @Override
    public Store store(RedisOptions redis) {
        return new RedisStore(borrow(redis, RedisLinks.Load.VALUES), plugin);
    }

    private RedisLink borrow(RedisOptions redis, RedisLinks.Load load) {
        RedisLink link = services.redis().borrow(redis, load);
        links.add(link);
        return link;
    }

    @Override
    public <T> List<T> extensions(Class<T> type) {
        List<T> found = catalogue.extensions(type);
        extensions.put(type, found);
        return found;
    }

    boolean sameExtensions(PluginCatalogue other) {
        for (Map.Entry<Class<?>, List<?>> entry : extensions.entrySet()) {
            if (!other.extensions(entry.getKey()).equals(entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** It lives on beside this catalogue, and must not keep the one before, with JARs that were replaced, alive. */
    void follow(PluginCatalogue next) {
        catalogue = next;
    }

    @Override
    public String pluginId() {
        return place.pluginId();
    }

    @Override
    public @Nullable String routeId() {
        return place.routeId();
    }

    @Override
    public @Nullable String serviceId() {
        return place.serviceId();
    }

    @Override
    public synchronized void readsCredentials(Set<String> h, Set<String> q, Set<String> b) {
        headers.addAll(h);
        queryArguments.addAll(q);
        bodyFields.addAll(b);
    }

    @Override
    public void admin(HttpMethod method, String path, AdminPage page) {
        pages.add(PluginPage.of(place.pluginId(), method, path, page));
    }

    /** What it serves on the Admin API. */
    List<PluginPage> pages() {
        return pages;
    }

    synchronized Redaction reads() {
        return new Redaction(headers, queryArguments, bodyFields);
    }

    /** Ends what runs periodically: the owner is about to be closed, and may still need all else for that. */
    void closing() {
        jobs.forEach(job -> job.cancel(false));
    }

    /** Ends all else. The owner has been closed. */
    void close() {
        closing();
        closed = true;
        for (PluginHttpClient client : clients) {
            client.close().onFailure(e -> LOG.warn("an HTTP client of a plugin did not close", e));
        }
        for (RedisLink link : links) {
            services.redis().giveBack(link).onFailure(e -> LOG.warn("a connection to redis did not close", e));
        }
        for (PluginOutlet outlet : outlets) {
            outlet.close().onFailure(e -> LOG.warn("an outlet of a plugin did not close", e));
        }
    }
}
