package io.gatehouse.core.balancer;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.Request;
import io.gatehouse.core.balancer.AddressState.Report;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import io.gatehouse.core.entity.UpstreamEntity.PassiveHealthy;
import io.gatehouse.core.entity.UpstreamEntity.PassiveUnhealthy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One upstream with its targets: which address is next, and how healthy they are. Any thread. */
public final class Balancer {
    private static final Logger LOG = LoggerFactory.getLogger(Balancer.class);

    private final UpstreamEntity upstream;
    private final List<TargetEntity> entities;
    private final List<BalancedTarget> targets;
    private final Memory memory;
    private final @Nullable HashInput hashInput;
    private volatile Addresses addresses;

    /** Whether a balancer as a whole is healthy, after so many flips of its addresses. */
    private record Standing(int flips, boolean healthy) {}

    Balancer(UpstreamEntity upstream, List<TargetEntity> targets, Memory memory) {
        this.upstream = upstream;
        this.entities = List.copyOf(targets);
        this.memory = memory;
        this.hashInput = upstream.algorithm().equals("consistent-hashing")
                        && !upstream.hashOn().equals("none")
                ? new HashInput(upstream)
                : null;
        Map<String, BalancedTarget> byAddress = new LinkedHashMap<>();
        for (TargetEntity target : targets) { // of two with the same address the last one counts
            BalancedTarget one = BalancedTarget.of(target);
            byAddress.put(one.host() + ':' + one.port(), one);
        }
        this.targets = List.copyOf(byAddress.values());
        this.addresses = resolved();
    }

    private Addresses resolved() {
        List<Address> all = new ArrayList<>();
        Set<Memory.Key> keys = new HashSet<>();
        for (BalancedTarget target : targets) {
            Memory.Key key = new Memory.Key(target.host(), target.host(), target.port());
            keys.add(key);
            all.add(new Address(
                    target.host(), target.host(), target.host(), target.port(), target.weight(), memory.state(key)));
        }
        memory.keepOnly(keys);
        return new Addresses(List.copyOf(all), picker(all));
    }

    private Picker picker(List<Address> all) {
        return switch (upstream.algorithm()) {
            case "consistent-hashing" -> new ConsistentHash(all, targets.size(), upstream.slots());
            case "least-connections" -> new LowestScore.LeastConnections(all);
            case "latency" -> new LowestScore.Latency(all);
            default -> new RoundRobin(all, memory.turns());
        };
    }

    /** The upstream. */
    public UpstreamEntity upstream() {
        return upstream;
    }

    boolean serves(UpstreamEntity other, List<TargetEntity> otherTargets) {
        return upstream.equals(other) && entities.equals(otherTargets);
    }

    Memory memory() {
        return memory;
    }

    /** By what a request is spread. */
    public HashKey key(Exchange exchange, Request request) {
        return hashInput == null ? HashKey.NONE : hashInput.of(exchange, request);
    }

    /**
     * An address for one try.
     *
     * @param tried what failed already; null for nothing
     * @return null when no address can be used
     */
    public @Nullable Address pick(HashKey key, @Nullable List<Address> tried) {
        Addresses now = addresses;
        return now.healthy() ? now.picker.pick(key.hash(), tried) : null;
    }

    /** The addresses of the moment and how one is chosen among them. */
    private final class Addresses {
        private final List<Address> all;
        private final Picker picker;
        private volatile Standing standing = new Standing(memory.flips() - 1, false);

        Addresses(List<Address> all, Picker picker) {
            this.all = all;
            this.picker = picker;
        }

        boolean healthy() {
            Standing known = standing;
            int flips = memory.flips();
            if (known.flips() != flips) {
                known = new Standing(flips, share() > upstream.healthchecks().threshold());
                standing = known;
            }
            return known.healthy();
        }

        /** How much of the weight is available, in percent. */
        private double share() {
            long total = 0;
            long available = 0;
            for (Address address : all) {
                total += address.weight();
                available += address.available() ? address.weight() : 0;
            }
            return total == 0 ? 0 : available * 100.0 / total;
        }
    }

    // ---- what becomes of tries

    /** A try begins. */
    public void begun(Address address) {
        address.state().begun();
    }

    /** A try was answered. */
    public void answered(Address address, int status, long nanos) {
        if (upstream.algorithm().equals("latency")) {
            address.state().took(nanos, System.nanoTime());
        }
        PassiveHealthy good = upstream.healthchecks().passive().healthy();
        PassiveUnhealthy bad = upstream.healthchecks().passive().unhealthy();
        if (status == 504) {
            report(address, Report.TIMEOUT, bad.timeouts(), "passive");
        } else if (good.successes() > 0 && good.httpStatuses().contains(status)) {
            report(address, Report.SUCCESS, good.successes(), "passive");
        } else if (bad.httpFailures() > 0 && bad.httpStatuses().contains(status)) {
            report(address, Report.HTTP_FAILURE, bad.httpFailures(), "passive");
        }
    }

    /**
     * A try is over.
     *
     * @param failure why there is no answer; null when there is one
     */
    public void ended(Address address, @Nullable Failure failure) {
        address.state().ended();
        if (failure == null) {
            return;
        }
        PassiveUnhealthy bad = upstream.healthchecks().passive().unhealthy();
        switch (failure.kind()) {
            case CONNECT_TIMEOUT, TIMEOUT -> report(address, Report.TIMEOUT, bad.timeouts(), "passive");
            case CONNECT, TLS, RESET, INVALID_RESPONSE ->
                report(address, Report.TCP_FAILURE, bad.tcpFailures(), "passive");
            default -> {} // not the address's fault
        }
    }

    void report(Address address, Report report, int limit, String check) {
        if (address.state().report(report, limit)) {
            flipped(address, check + " check: " + limit + ' ' + report);
        }
    }

    private void flipped(Address address, String reason) {
        memory.flipped();
        LOG.warn(
                "target is {}: upstream={} target={}:{} address={} reason=\"{}\"",
                address.available() ? "healthy" : "unhealthy",
                upstream.name(),
                address.host(),
                address.port(),
                address,
                reason);
    }
}
