package io.gatehouse.core.plugin;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Redaction;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls factories and closes instances, off the event loops. */
public final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    /** Instances that may be closed at once; each waits at most for what it still has to send. */
    private static final int CLOSERS = 64;

    /** Instances that may wait for that; with more, whoever closes one waits. */
    private static final int CLOSING = 256;

    private static final long IDLE_MILLIS = 200;

    private final PluginServices services;
    private final PluginCalls calls;
    private final ThreadPoolExecutor closers = new ThreadPoolExecutor(
            CLOSERS,
            CLOSERS,
            IDLE_MILLIS,
            TimeUnit.MILLISECONDS,
            new ArrayBlockingQueue<>(CLOSING),
            Lifecycle::closer,
            new ThreadPoolExecutor.CallerRunsPolicy());

    /** Makes a lifecycle that calls plugins like this. */
    public Lifecycle(PluginServices services, PluginCalls calls) {
        this.services = services;
        this.calls = calls;
        closers.allowCoreThreadTimeOut(true);
    }

    private static Thread closer(Runnable work) {
        Thread thread = new Thread(work, "plugin-close");
        thread.setDaemon(true);
        return thread;
    }

    /** How plugins are called. */
    public PluginCalls calls() {
        return calls;
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

        /** What it serves on the Admin API. */
        public List<PluginPage> pages() {
            return context.pages();
        }

        /** It goes on to serve beside the plugins of this catalogue. */
        public void follow(PluginCatalogue catalogue) {
            context.follow(catalogue);
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
        LiveContext context = new LiveContext(
                services, catalogue, name, known.source().ships(known.factory()), new Place("", null, null));
        try {
            calls.call(name, "start", known.source(), () -> {
                known.factory().start(context);
                return true;
            });
        } catch (PluginCallException e) {
            context.close();
            throw e;
        }
        started.put(known.factory(), context);
    }

    /**
     * Makes an instance.
     *
     * @throws PluginCallException when the factory throws, returns null or takes too long
     */
    public <C extends Record> Created create(
            PluginCatalogue catalogue, PluginFactory<C> factory, PluginSource source, C config, Place place)
            throws PluginCallException {
        LiveContext context = new LiveContext(services, catalogue, factory.name(), source.ships(factory), place);
        Plugin plugin;
        try {
            plugin = calls.call(factory.name(), "create", source, () -> factory.create(config, context));
        } catch (PluginCallException e) {
            context.close();
            throw e;
        }
        if (plugin == null) {
            context.close();
            throw calls.failed(factory.name(), "create", new NullPointerException("it returned null"));
        }
        return new Created(plugin, context);
    }

    /** All factories that were started go on beside the plugins of this catalogue. */
    public void follow(PluginCatalogue catalogue) {
        for (PluginSource source : catalogue.sources()) {
            source.started().values().forEach(context -> context.follow(catalogue));
        }
    }

    /**
     * Closes an instance after its last log as {@link #close(String, PluginSource, Created)} does, but beside others and not
     * on the caller's thread: one that waits for a sink that is gone holds up nobody.
     *
     * @param done called when it is closed, on another thread
     */
    public void close(String name, PluginSource source, Created created, Runnable done) {
        closers.execute(() -> {
            try {
                close(name, source, created);
            } finally {
                done.run();
            }
        });
    }

    /** Closes an instance that nobody uses, and returns when that is done. A failure is logged and changes nothing. */
    public void close(String name, PluginSource source, Created created) {
        created.context.closing();
        attempt(name, "close", source, () -> {
            created.plugin().close();
            return true;
        });
        created.context.close();
    }

    /** Stops a source's factories and unloads it. A failure is logged and changes nothing. */
    public void unload(PluginSource source) {
        for (Map.Entry<PluginFactory<?>, LiveContext> entry : source.started().entrySet()) {
            String name = entry.getKey().name();
            entry.getValue().closing();
            attempt(name, "stop", source, () -> {
                entry.getKey().stop();
                return true;
            });
            entry.getValue().close();
        }
        source.started().clear();
        try {
            source.unload();
        } catch (RuntimeException e) {
            LOG.warn("plugin copies were not removed: origin={}", source.origin(), e);
        }
    }

    /** For calls whose failure changes nothing; whoever hears of failures has heard of it. */
    private void attempt(String name, String phase, PluginSource source, Callable<Boolean> action) {
        try {
            calls.call(name, phase, source, action);
        } catch (PluginCallException e) {
            LOG.debug("goes on after a failed call: plugin={} phase={}", name, phase);
        }
    }
}
