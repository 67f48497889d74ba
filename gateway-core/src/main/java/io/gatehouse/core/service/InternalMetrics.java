package io.gatehouse.core.service;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.CollectorRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.EnumSet;
import java.util.function.Consumer;

/**
 * Metrics of Vert.x ({@code vertx_*}), of the JVM ({@code jvm_*}) and of the process ({@code process_*}), through
 * Micrometer. They are shown apart from Kong's, since tools that read those expect no other names.
 *
 * <p>The only class that knows Micrometer. Any thread; {@link #write} belongs on a worker thread.
 */
@SuppressWarnings("deprecation") // Micrometer's registry on simpleclient, which holds our values too
public final class InternalMetrics implements AutoCloseable {
    /** The content type of this text. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, new CollectorRegistry(true), Clock.SYSTEM);
    private final JvmGcMetrics collector = new JvmGcMetrics();

    /** Makes the registry and starts to watch the JVM. */
    public InternalMetrics() {
        new ClassLoaderMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collector.bindTo(registry);
    }

    /**
     * A builder of a Vert.x instance that reports here. Paths are no label: they are chosen by clients.
     *
     * @param options taken over: their metrics options are set
     */
    public VertxBuilder vertxBuilder(VertxOptions options) {
        options.setMetricsOptions(new MicrometerMetricsOptions()
                .setEnabled(true)
                .setJvmMetricsEnabled(false)
                .setLabels(EnumSet.of(Label.HTTP_METHOD, Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME)));
        return Vertx.builder().with(options).withMetrics(new MicrometerMetricsFactory(registry));
    }

    /** Writes everything. */
    public void write(Consumer<String> pieces) {
        pieces.accept(registry.scrape());
    }

    /** Threads of worker pools that are busy now. */
    public int workersBusy() {
        return sum("vertx.pool.in.use");
    }

    /** Tasks that wait for a worker thread. */
    public int workersQueued() {
        return sum("vertx.pool.queue.pending");
    }

    private int sum(String gauge) {
        double sum = 0;
        for (Gauge pool : registry.find(gauge).tag("pool_type", "worker").gauges()) {
            sum += pool.value();
        }
        return (int) sum;
    }

    /** Stops watching the JVM. */
    @Override
    public void close() {
        collector.close();
        registry.close();
    }
}
