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
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeMetrics;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Callable;

/** Timers that a test turns, and worker threads whose work a test does by hand, or at once. */
final class FakeContext implements FactoryContext {
    final FakeClock clock = new FakeClock();
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private boolean later;
    private boolean refusing;

    /** Leaves work to {@link #runOne}. */
    FakeContext later() {
        later = true;
        return this;
    }

    /** Has no thread for anybody any more, or has some again. */
    void refusing(boolean now) {
        refusing = now;
    }

    /** Does the oldest piece of work; says whether there was one. */
    boolean runOne() {
        Runnable next = work.poll();
        if (next != null) {
            next.run();
        }
        return next != null;
    }

    @Override
    public <T> Future<T> blocking(Callable<T> action) {
        if (refusing) {
            return Future.failedFuture("no thread");
        }
        Promise<T> promise = Promise.promise();
        Runnable run = () -> {
            try {
                promise.complete(action.call());
            } catch (Exception e) {
                promise.fail(e);
            }
        };
        if (later) {
            work.add(run);
        } else {
            run.run();
        }
        return promise.future();
    }

    @Override
    public Runnable after(Duration delay, Runnable action) {
        return clock.after(delay, action)::cancel;
    }

    @Override
    public Clock clock() {
        return clock;
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
}
