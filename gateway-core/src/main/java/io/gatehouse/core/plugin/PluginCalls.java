package io.gatehouse.core.plugin;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls of plugin code outside of exchanges: each on a thread of its own, with a time limit and with the plugin's own
 * class loader as the thread's. The caller waits, so it must not be an event loop. A call that takes too long is
 * interrupted and left behind.
 */
public final class PluginCalls {
    private final Duration limit;
    private final Failures failures;

    /** Who hears of each call that failed. */
    @FunctionalInterface
    public interface Failures {
        /** Called on the caller's thread. */
        void failed(String plugin, String phase, Throwable cause);
    }

    /**
     * Makes the caller.
     *
     * @param limit how long one call may take
     * @param failures hears of each call that failed, before the caller gets its exception
     */
    public PluginCalls(Duration limit, Failures failures) {
        this.limit = limit;
        this.failures = failures;
    }

    /**
     * Makes one call.
     *
     * @throws PluginCallException when it throws anything at all, or takes too long
     */
    public <T> T call(String plugin, String phase, PluginSource source, Callable<T> action) throws PluginCallException {
        FutureTask<T> task = new FutureTask<>(action);
        Thread thread = new Thread(task, "plugin-" + plugin + "-" + phase);
        thread.setDaemon(true);
        thread.setContextClassLoader(source.loader());
        thread.start();
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failed(plugin, phase, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            task.cancel(true);
            throw failed(plugin, phase, new TimeoutException("no return within " + limit.toMillis() + " ms"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginCallException(plugin, phase, e);
        }
    }

    PluginCallException failed(String plugin, String phase, Throwable cause) {
        failures.failed(plugin, phase, cause);
        return new PluginCallException(plugin, phase, cause);
    }
}
