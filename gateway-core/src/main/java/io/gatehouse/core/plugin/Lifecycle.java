package io.gatehouse.core.plugin;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Redaction;
import io.gatehouse.core.service.GatewayMetrics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls factories and closes instances: one call at a time, off the event loops, with a time limit and with the
 * plugin's own class loader as the thread's.
 */
public final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    private final PluginServices services;
    private final GatewayMetrics counters;
    private final Duration limit;

    /** @param limit how long one call may take */
    public Lifecycle(PluginServices services, GatewayMetrics counters, Duration limit) {
        this.services = services;
        this.counters = counters;
        this.limit = limit;
    }

    /** An instance with its context. */
    public static final class Created {
        private final Plugin plugin;
        private final LiveContext context;

        private Created(Plugin plugin, LiveContext context) {
            this.plugin = plugin;
            this.context = context;
        }

        /** The instance. */
        public Plugin plugin() {
            return plugin;
        }

        /** Where it said it reads credentials from. */
        public Redaction reads() {
            return context.reads();
        }

        /** Whether it would get the very extensions that it got, were it made with this catalogue. */
        public boolean sameExtensions(PluginCatalogue catalogue) {
            return context.sameExtensions(catalogue);
        }
    }

    /**
     * Starts a factory, if that was not done yet.
     *
     * @throws PluginCallException when it throws or takes too long
     */
    public void start(PluginCatalogue catalogue, PluginCatalogue.Known known) throws PluginCallException {
        Map<PluginFactory<?>, LiveContext> started = known.source().started();
        if (started.containsKey(known.factory())) {
            return;
        }
        String name = known.factory().name();
        LiveContext context =
                new LiveContext(services, catalogue, name, known.source().ships(known.factory()), "");
        call(name, "start", known.source(), () -> {
            known.factory().start(context);
            return true;
        });
        started.put(known.factory(), context);
    }

    /**
     * Makes an instance.
     *
     * @throws PluginCallException when the factory throws, returns null or takes too long
     */
    public <C extends Record> Created create(
            PluginCatalogue catalogue, PluginFactory<C> factory, PluginSource source, C config, String pluginId)
            throws PluginCallException {
        LiveContext context = new LiveContext(services, catalogue, factory.name(), source.ships(factory), pluginId);
        Plugin plugin;
        try {
            plugin = call(factory.name(), "create", source, () -> factory.create(config, context));
        } catch (PluginCallException e) {
            context.close();
            throw e;
        }
        if (plugin == null) {
            context.close();
            counters.pluginFailed(factory.name(), "create");
            throw new PluginCallException(factory.name(), "create", new NullPointerException("it returned null"));
        }
        return new Created(plugin, context);
    }

    /** Closes an instance after its last log. A failure is logged and changes nothing. */
    public void close(String name, PluginSource source, Created created) {
        try {
            created.context.closing();
            call(name, "close", source, () -> {
                created.plugin().close();
                return true;
            });
        } catch (Exception e) {
            LOG.error("plugin failed: plugin={} phase=close", name, e);
        } finally {
            created.context.close();
        }
    }

    /** Stops a source's factories and unloads it. A failure is logged and changes nothing. */
    public void unload(PluginSource source) {
        for (Map.Entry<PluginFactory<?>, LiveContext> entry : source.started().entrySet()) {
            String name = entry.getKey().name();
            try {
                entry.getValue().closing();
                call(name, "stop", source, () -> {
                    entry.getKey().stop();
                    return true;
                });
            } catch (PluginCallException e) {
                LOG.error("plugin failed: plugin={} phase=stop", name, e);
            } finally {
                entry.getValue().close();
            }
        }
        source.started().clear();
        try {
            source.unload();
        } catch (RuntimeException e) {
            LOG.warn("plugin copies were not removed: origin={}", source.origin(), e);
        }
    }

    private <T> T call(String name, String phase, PluginSource source, Callable<T> action) throws PluginCallException {
        FutureTask<T> task = new FutureTask<>(action);
        Thread thread = new Thread(task, "plugin-" + name + "-" + phase);
        thread.setDaemon(true);
        thread.setContextClassLoader(source.loader());
        thread.start();
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            counters.pluginFailed(name, phase);
            throw new PluginCallException(name, phase, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            task.cancel(true);
            counters.pluginFailed(name, phase);
            throw new PluginCallException(
                    name, phase, new TimeoutException("no return within " + limit.toMillis() + " ms"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginCallException(name, phase, e);
        }
    }
}
