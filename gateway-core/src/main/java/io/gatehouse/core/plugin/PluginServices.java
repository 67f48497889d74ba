package io.gatehouse.core.plugin;

import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.service.LocalCounters;
import io.gatehouse.core.service.MetricsRegistry;
import io.gatehouse.core.service.RedisLinks;
import io.gatehouse.core.upstream.Redirects;
import io.gatehouse.core.upstream.TlsDefaults;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the gateway lends to plugins. Any thread. */
public record PluginServices(
        Vertx vertx,
        MetricsRegistry metrics,
        LocalCounters counters,
        Clock clock,
        ScheduledExecutorService scheduler,
        Redirects redirects,
        TlsDefaults tls,
        RedisLinks redis) {
    private static final Logger LOG = LoggerFactory.getLogger(PluginServices.class);

    /** With ways to Redis servers that trust whom all else trusts. */
    public PluginServices(
            Vertx vertx,
            MetricsRegistry metrics,
            LocalCounters counters,
            Clock clock,
            ScheduledExecutorService scheduler,
            Redirects redirects,
            TlsDefaults tls) {
        this(vertx, metrics, counters, clock, scheduler, redirects, tls, new RedisLinks(vertx, (to, client) -> {
            tls.trust(client, TlsOptions.builder().verify(to.verifyTls()).build());
        }));
    }

    /** A thread for timed actions, which keeps none that was cancelled. */
    public static ScheduledExecutorService scheduler(ThreadFactory thread) {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, thread);
        scheduler.setRemoveOnCancelPolicy(true);
        return scheduler;
    }

    /** Runs a timed action so that one failure does not end the periods, nor pass unseen. */
    void guarded(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | LinkageError e) {
            LOG.error("plugin failed: phase=timer", e);
        }
    }
}
