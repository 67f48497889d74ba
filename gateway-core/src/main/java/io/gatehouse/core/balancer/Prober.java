package io.gatehouse.core.balancer;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Probes the addresses of all upstreams that ask for it, and looks after their names: one for the node, on an event loop
 * of its own, which no plugin can block. One timer, which runs only while there is something to do.
 */
final class Prober {
    private static final long TICK_MILLIS = 50;

    private final Vertx vertx;
    private final Context context;
    private final Probes probes;
    private final Map<Balancer, Watch> watched = new HashMap<>(); // this and the following: confined to the context
    private long timer = -1;

    Prober(Vertx vertx, Context context, Probes probes) {
        this.vertx = vertx;
        this.context = context;
        this.probes = probes;
    }

    /** These are to be watched from now on, and no others. */
    void watch(Collection<Balancer> balancers) {
        List<Balancer> all = List.copyOf(balancers);
        context.runOnContext(v -> follow(all));
    }

    private void follow(List<Balancer> balancers) {
        Set<Balancer> gone = new HashSet<>(watched.keySet());
        for (Balancer balancer : balancers) {
            gone.remove(balancer);
            watched.computeIfAbsent(balancer, one -> new Watch(one, probes));
        }
        for (Balancer balancer : gone) {
            Watch watch = watched.remove(balancer);
            if (watch != null) {
                watch.close();
            }
        }
        boolean needed = watched.values().stream().anyMatch(Watch::isNeeded);
        if (needed && timer < 0) {
            timer = vertx.setPeriodic(TICK_MILLIS, id -> tick());
        } else if (!needed && timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }

    private void tick() {
        long now = System.nanoTime();
        watched.values().forEach(watch -> watch.tick(now));
    }
}
