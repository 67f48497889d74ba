package io.gatehouse.core.balancer;

import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

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
            watched.computeIfAbsent(balancer, Watch::new);
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

    private final class Watch {
        private final Balancer balancer;
        private final Active checks;
        private final Map<AddressState, Long> due = new HashMap<>();
        private final Set<AddressState> running = new HashSet<>();
        private final Probes.@Nullable Probe probe;
        private boolean closed;

        Watch(Balancer balancer) {
            this.balancer = balancer;
            this.checks = balancer.upstream().healthchecks().active();
            this.probe = balancer.usesProbes() ? probes.open(checks) : null;
        }

        boolean isNeeded() {
            return balancer.usesProbes() || balancer.isNamed();
        }

        void tick(long now) {
            balancer.refresh();
            if (probe == null) {
                return;
            }
            Set<AddressState> there = new HashSet<>();
            for (Balancer.Resolved target : balancer.targets()) {
                for (Address address : target.addresses()) {
                    if (address.weight() > 0 && there.add(address.state())) {
                        perhaps(probe, address, now);
                    }
                }
            }
            due.keySet().retainAll(there);
        }

        private void perhaps(Probes.Probe probe, Address address, long now) {
            double seconds = address.available()
                    ? checks.healthy().interval()
                    : checks.unhealthy().interval();
            Long last = due.get(address.state());
            boolean time = seconds > 0 && (last == null || now - last >= (long) (seconds * 1e9));
            if (time && running.size() < checks.concurrency() && running.add(address.state())) {
                due.put(address.state(), now);
                String hostHeader = balancer.upstream().hostHeader();
                probe.probe(address, hostHeader == null ? "" : hostHeader).onComplete(outcome -> {
                    running.remove(address.state());
                    if (!closed) {
                        done(address, outcome);
                    }
                });
            }
        }

        private void done(Address address, AsyncResult<Integer> outcome) {
            if (outcome.failed()) {
                if (outcome.cause() instanceof TimeoutException) {
                    balancer.late(address);
                } else {
                    balancer.unreached(address);
                }
            } else if (outcome.result() == 0) {
                balancer.reached(address);
            } else {
                balancer.probed(address, outcome.result());
            }
        }

        void close() {
            closed = true;
            if (probe != null) {
                probe.close();
            }
        }
    }
}
