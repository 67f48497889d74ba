package io.gatehouse.plugins.support;

import io.gatehouse.api.Counters;
import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.Outlet;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.gatehouse.testkit.FakeMetrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Real threads and timers. */
final class PoolContext implements FactoryContext, AutoCloseable {
    private final ScheduledExecutorService pool = Executors.newScheduledThreadPool(3);

    @Override
    public <T> Future<T> blocking(Callable<T> action) {
        Promise<T> promise = Promise.promise();
        pool.execute(() -> {
            try {
                promise.complete(action.call());
            } catch (Exception e) {
                promise.fail(e);
            }
        });
        return promise.future();
    }

    @Override
    public Runnable after(Duration delay, Runnable action) {
        ScheduledFuture<?> due = pool.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> due.cancel(false);
    }

    @Override
    public Clock clock() {
        return Clock.systemUTC();
    }

    @Override
    public Metrics metrics() {
        return new FakeMetrics();
    }

    @Override
    public void every(Duration period, Runnable action) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HttpCaller http(HttpOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Outlet outlet(OutletOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Counters counters(RedisOptions redis) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Store store(RedisOptions redis) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Counters counters() {
        throw new UnsupportedOperationException();
    }

    @Override
    public <T> List<T> extensions(Class<T> type) {
        throw new UnsupportedOperationException();
    }

    /** Returns once its threads are gone: what one logs late is the next test's line. */
    @Override
    public void close() {
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a thread did not end within 60 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
