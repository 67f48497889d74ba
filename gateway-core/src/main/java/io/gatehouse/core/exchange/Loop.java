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
    private final Sweeper connections;
    private final DateHeader date = new DateHeader(System::currentTimeMillis);
    private final long pluginTimeLimitNanos;
    private final long exchangeDeadlineNanos;

    /**
     * Makes the loop of a context. Call it on that context.
     *
     * @param index from 0, one for each loop of the gateway
     * @param exchangeDeadlineNanos how long an exchange may take in all; 0 for as long as it likes
     */
    public Loop(int index, Vertx vertx, Context context, long pluginTimeLimitNanos, long exchangeDeadlineNanos) {
        this.index = index;
        this.vertx = vertx;
        this.context = (ContextInternal) context;
        this.sweeper = new Sweeper(vertx, 20);
        this.connections = new Sweeper(vertx, 200);
        this.pluginTimeLimitNanos = pluginTimeLimitNanos;
        this.exchangeDeadlineNanos = exchangeDeadlineNanos;
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

    /** The sweeper of client connections, of which there are many and which wait for seconds. */
    public Sweeper connectionSweeper() {
        return connections;
    }

    /** The time as the header {@code Date} has it. */
    public String date() {
        return date.now();
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

    long exchangeDeadlineNanos() {
        return exchangeDeadlineNanos;
    }
}
