package io.gatehouse.core.plugin;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls of plugin code outside of exchanges: each on a thread that does nothing else meanwhile, with a time limit and with
 * the plugin's own class loader as the thread's. The caller waits, so it must not be an event loop. A call that takes too
 * long is interrupted and left behind. A large configuration makes thousands of calls, so a thread that is done takes the
 * next one; it ends soon after the last, since what a plugin left in it would keep the plugin's classes.
 */
public final class PluginCalls {
    private static final String IDLE = "plugin-calls";
    private static final long IDLE_MILLIS = 200;

    private final Duration limit;
    private final Failures failures;
    private final ExecutorService threads = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_MILLIS, TimeUnit.MILLISECONDS, new SynchronousQueue<>(), PluginCalls::thread);

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
        String name = "plugin-" + plugin + "-" + phase;
        FutureTask<T> task = new FutureTask<>(() -> {
            Thread thread = Thread.currentThread();
            thread.setName(name);
            thread.setContextClassLoader(source.loader());
            try {
                return action.call();
            } finally {
                thread.setContextClassLoader(PluginCalls.class.getClassLoader());
                thread.setName(IDLE);
            }
        });
        threads.execute(task);
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

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, IDLE);
        thread.setDaemon(true);
        return thread;
    }

    PluginCallException failed(String plugin, String phase, Throwable cause) {
        failures.failed(plugin, phase, cause);
        return new PluginCallException(plugin, phase, cause);
    }
}
