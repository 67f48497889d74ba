package io.gatehouse.api;

import io.vertx.core.Future;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What the gateway offers to a factory for as long as its JAR is loaded.
 *
 * <p>Implemented by the gateway and the testkit only; any thread.
 */
public interface FactoryContext {
    /** The metrics of this plugin. */
    Metrics metrics();

    /** The wall clock. Use it instead of {@link System#currentTimeMillis()}, so that tests can turn it. */
    Clock clock();

    /** Runs a blocking action on a bounded pool; the future completes on the caller's event loop, if it has one. */
    <T> Future<T> blocking(Callable<T> action);

    /** Runs an action off the event loops, period after period, until the owner of this context is closed. */
    void every(Duration period, Runnable action);

    /**
     * Runs an action once after a delay, off the event loops. It must not block: it shares its thread with the others. Once
     * the owner of this context is closed it is not run any more; during the closing it still is.
     *
     * @return takes it back; without effect once it has begun
     */
    Runnable after(Duration delay, Runnable action);

    /**
     * An HTTP client with connections of its own, closed with the owner of this context, after its {@code close} or {@code
     * stop}. Make it once, not per request.
     */
    HttpCaller http(HttpOptions options);

    /**
     * A way to write bytes to an address, closed with the owner of this context, after its {@code close} or {@code stop}. Make
     * it once. Nothing is opened before the first write.
     *
     * @throws UnsupportedOperationException when this machine cannot write in this way
     */
    Outlet outlet(OutletOptions options);

    /** The counters of this plugin name, on this node. */
    Counters counters();

    /**
     * The counters of this plugin name on all nodes that name the same Redis, for as long as the owner of this context is not
     * closed. Make them once. They are as exact as the clocks of the nodes agree. While Redis cannot be reached their futures
     * fail: within the time-out, and after some in a row at once, until the gateway, which tries by itself, has reached it.
     *
     * <p>All that name a Redis in the same way, in whatever plugin, share one connection.
     */
    Counters counters(RedisOptions redis);

    /**
     * What this plugin name stores on all nodes that name the same Redis, for as long as the owner of this context is not closed.
     * Make it once.
     */
    Store store(RedisOptions redis);

    /** All implementations of an {@link ExtensionPoint} found in any loaded JAR. */
    <T> List<T> extensions(Class<T> type);
}
