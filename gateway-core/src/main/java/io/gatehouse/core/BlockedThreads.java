package io.gatehouse.core;

import io.gatehouse.core.service.GatewayMetrics;
import io.vertx.core.Handler;
import io.vertx.core.impl.VertxThread;
import io.vertx.core.internal.threadchecker.BlockedThreadEvent;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of threads that do one thing for too long, and names the plugin whose code it is: the innermost frame of its
 * stack that belongs to one. So whatever a plugin has called, and whoever has called it (the chain, a body, a timer, a
 * future), costs nothing as long as nobody blocks.
 *
 * <p>Called on one thread of Vert.x's own, about once a second for as long as a thread is blocked.
 */
final class BlockedThreads implements Handler<BlockedThreadEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(BlockedThreads.class);
    private static final String LINK = "io.gatehouse.core.exchange.Link$Call";
    private static final String EXCHANGE = "io.gatehouse.core.exchange.LiveExchange";
    private static final String CORE = "io.gatehouse.core.";
    private static final String BODY = "io.gatehouse.api.body.";

    /** Knows which plugin a class belongs to. */
    @FunctionalInterface
    interface Owners {
        /**
         * The plugin of a class.
         *
         * @param loader the name of the class's loader; null for the JDK's own and for those without one
         * @return null when it belongs to none
         */
        @Nullable
        String of(@Nullable String loader, String className);
    }

    /**
     * Whose code it is.
     *
     * @param plugin {@code unknown} where no plugin's code is on the stack, or only further out than the gateway's own
     * @param phase what the plugin was called for
     */
    record Culprit(String plugin, String phase) {
        static final Culprit UNKNOWN = new Culprit("unknown", "unknown");
    }

    private final Owners owners;
    private final GatewayMetrics counters;
    private final LongSupplier nanos;

    /** When each thread was last found blocked. */
    private final Map<Thread, Long> found = new WeakHashMap<>();

    /** @param nanos the clock, as {@link System#nanoTime} */
    BlockedThreads(Owners owners, GatewayMetrics counters, LongSupplier nanos) {
        this.owners = owners;
        this.counters = counters;
        this.nanos = nanos;
    }

    @Override
    public void handle(BlockedThreadEvent event) {
        Thread thread = event.thread();
        long now = nanos.getAsLong();
        Long before = found.put(thread, now);
        // what began before that is the same; an event that comes late makes it look younger, but not by that much
        if (before != null && now - event.duration() - before < 0) {
            return;
        }
        StackTraceElement[] stack = thread.getStackTrace();
        Throwable where = new Throwable("it is here");
        where.setStackTrace(stack);
        long millis = TimeUnit.NANOSECONDS.toMillis(event.duration());
        if (thread instanceof VertxThread own && own.isWorker()) {
            LOG.warn("a worker thread is blocked: thread={} for_ms={}", thread.getName(), millis, where);
            return;
        }
        Culprit culprit = culprit(stack, owners);
        counters.loopBlocked(culprit.plugin());
        LOG.warn(
                "an event loop is blocked: plugin={} phase={} thread={} for_ms={}",
                culprit.plugin(),
                culprit.phase(),
                thread.getName(),
                millis,
                where);
    }

    /** Whose code a stack, innermost frame first, is in. */
    static Culprit culprit(StackTraceElement[] stack, Owners owners) {
        for (int i = 0; i < stack.length; i++) {
            StackTraceElement frame = stack[i];
            if (frame.getClassName().equals(LINK) && frame.getMethodName().equals("proceed")) {
                break; // a plugin called next, and what is further in is not its code
            }
            String plugin = owners.of(frame.getClassLoaderName(), frame.getClassName());
            if (plugin != null) {
                return new Culprit(plugin, phase(stack, i));
            }
        }
        return Culprit.UNKNOWN;
    }

    /** What a plugin was called for, by who called it and which of its methods. */
    private static String phase(StackTraceElement[] stack, int plugin) {
        for (int i = plugin + 1; i < stack.length; i++) {
            String caller = stack[i].getClassName();
            if (caller.startsWith(BODY)) {
                return "transform";
            }
            if (caller.startsWith(CORE)) {
                boolean direct = caller.equals(LINK) && stack[i].getMethodName().equals("run")
                        || caller.equals(EXCHANGE) && stack[i].getMethodName().equals("log");
                return direct ? stack[i - 1].getMethodName() : "callback";
            }
        }
        return "callback";
    }
}
