package io.gatehouse.core.exchange;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;

/** One event loop: where its exchanges live, with its sweeper and its counts. Confined to that loop but for counts. */
public final class Loop {
    private final int index;
    private final Vertx vertx;
    private final ContextInternal context;
    private final Sweeper sweeper;
    private final long pluginTimeLimitNanos;

    /**
     * Makes the loop of a context. Call it on that context.
     *
     * @param index from 0, one for each loop of the gateway
     */
    public Loop(int index, Vertx vertx, Context context, long pluginTimeLimitNanos) {
        this.index = index;
        this.vertx = vertx;
        this.context = (ContextInternal) context;
        this.sweeper = new Sweeper(vertx);
        this.pluginTimeLimitNanos = pluginTimeLimitNanos;
    }

    /** The number of this loop, from 0. */
    public int index() {
        return index;
    }

    /** The Vert.x instance. */
    public Vertx vertx() {
        return vertx;
    }

    /** The sweeper of this loop. */
    public Sweeper sweeper() {
        return sweeper;
    }

    /** Whether the caller is on this loop. */
    public boolean isCurrent() {
        return context.nettyEventLoop().inEventLoop();
    }

    /** Runs an action on this loop. */
    public void run(Runnable action) {
        context.runOnContext(v -> action.run());
    }

    /** Runs an action in the next turn of this loop. */
    public void later(Runnable action) {
        context.nettyEventLoop().execute(action);
    }

    long pluginTimeLimitNanos() {
        return pluginTimeLimitNanos;
    }
}
