package io.gatehouse.core.balancer;

import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.vertx.core.AsyncResult;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The addresses of one upstream, each probed when its time has come. Confined to the event loop of the probes. */
final class Watch {
    private final Balancer balancer;
    private final Active checks;
    private final Map<AddressState, Long> due = new HashMap<>();
    private final Set<AddressState> running = new HashSet<>();
    private final Probes.@Nullable Probe probe;
    private boolean closed;

    Watch(Balancer balancer, Probes probes) {
        this.balancer = balancer;
        this.checks = balancer.upstream().healthchecks().active();
        this.probe = balancer.usesProbes() ? probes.open(checks, balancer.probesTls()) : null;
    }

    boolean isNeeded() {
        return balancer.usesProbes() || balancer.isNamed();
    }

    /** @param now on the clock of {@link System#nanoTime()} */
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
