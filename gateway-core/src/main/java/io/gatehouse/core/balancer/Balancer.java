package io.gatehouse.core.balancer;

import io.gatehouse.api.Exchange;
import io.gatehouse.api.Failure;
import io.gatehouse.api.Request;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.balancer.AddressState.Report;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.gatehouse.core.entity.UpstreamEntity.Passive;
import io.gatehouse.core.entity.UpstreamEntity.PassiveHealthy;
import io.gatehouse.core.entity.UpstreamEntity.PassiveUnhealthy;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One upstream with its targets: which address is next, and how healthy they are. Any thread. */
public final class Balancer {
    private static final Logger LOG = LoggerFactory.getLogger(Balancer.class);

    /** How soon an answer that is old already is looked at again. */
    private static final long SOON_NANOS = 100_000_000;

    private final UpstreamEntity upstream;
    private final List<TargetEntity> entities;
    private final TlsOptions probesTls;
    private final List<BalancedTarget> targets;
    private final Memory memory;
    private final Names names;
    private final @Nullable HashInput hashInput;
    private final boolean named;
    private volatile Addresses addresses;
    private volatile long lookAgain;
    private volatile boolean waits;
    private @Nullable Future<Void> looking; // guarded by this

    /** Whether a balancer as a whole is healthy, after so many flips of its addresses. */
    private record Standing(int flips, boolean healthy) {}

    /**
     * A target and what its host resolved to.
     *
     * @param dns the type of the records, or what went wrong
     */
    record Resolved(BalancedTarget target, List<Address> addresses, String dns) {}

    Balancer(UpstreamEntity upstream, List<TargetEntity> targets, TlsOptions probesTls, Memory memory, Names names) {
        this.upstream = upstream;
        this.entities = List.copyOf(targets);
        this.probesTls = probesTls;
        this.memory = memory;
        this.names = names;
        this.hashInput = upstream.algorithm().equals("consistent-hashing")
                        && !upstream.hashOn().equals("none")
                ? new HashInput(upstream)
                : null;
        this.targets = targets.stream().map(BalancedTarget::of).toList(); // no two with the same host and port
        this.named = this.targets.stream().anyMatch(target -> !Literals.isAddress(target.host()));
        this.addresses = new Addresses(List.of());
        this.waits = true;
        Future<Void> unused = look(); // what needs no server is there at once
    }

    /** The upstream. */
    public UpstreamEntity upstream() {
        return upstream;
    }

    boolean serves(UpstreamEntity other, List<TargetEntity> otherTargets, TlsOptions otherTls) {
        return upstream.equals(other) && entities.equals(otherTargets) && probesTls.equals(otherTls);
    }

    /** How addresses are probed that are probed by TLS. */
    TlsOptions probesTls() {
        return probesTls;
    }

    Memory memory() {
        return memory;
    }

    /**
     * It is this one that serves now: what the others knew beyond its addresses is forgotten, and so is all health that
     * nobody has looked after meanwhile.
     */
    void goesLive() {
        Balancer before = memory.owner(this);
        if (before != null && !before.isChecked()) {
            memory.forgetHealth();
        }
        if (!waits) {
            memory.keepOnly(keys(targets()));
        }
    }

    // ---- addresses

    /**
     * Whether names have to be waited for.
     *
     * @return null when not; else completes, on any thread, when an address may be picked
     */
    public @Nullable Future<Void> ready() {
        if (!named || (!waits && lookAgain - System.nanoTime() > 0)) {
            return null;
        }
        boolean wait = waits;
        Future<Void> look = look();
        return wait && !look.isComplete() ? look : null;
    }

    /** Whether there are names to look after. */
    boolean isNamed() {
        return named;
    }

    /** Looks at names whose time has come. */
    void refresh() {
        if (named && lookAgain - System.nanoTime() <= 0) {
            Future<Void> unused = look();
        }
    }

    private Future<Void> look() {
        Promise<Void> promise = Promise.promise();
        synchronized (this) {
            Future<Void> other = looking;
            if (other != null) {
                return other;
            }
            looking = promise.future();
        }
        List<Future<Answer>> answers =
                targets.stream().map(target -> names.resolve(target.host())).toList();
        if (waits) {
            begin(answers);
        }
        Future.join(answers).onComplete(all -> {
            try {
                resolved(answers.stream().map(Future::result).toList());
            } finally {
                synchronized (this) {
                    looking = null;
                }
                promise.complete();
            }
        });
        return promise.future();
    }

    /** Addresses that are known at once need not wait for those that a name server is slow to tell. */
    private void begin(List<Future<Answer>> answers) {
        if (!addresses.all.isEmpty() || answers.stream().allMatch(Future::isComplete)) {
            return;
        }
        List<Resolved> known = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Answer answer = answers.get(i).result();
            known.add(
                    answer == null
                            ? new Resolved(targets.get(i), List.of(), "not answered yet")
                            : resolved(targets.get(i), answer));
        }
        Addresses first = new Addresses(known);
        if (!first.all.isEmpty()) {
            addresses = first;
            waits = false;
        }
    }

    private void resolved(List<Answer> answers) {
        long now = System.nanoTime();
        long next = now + Long.MAX_VALUE / 4;
        boolean once = false;
        List<Resolved> all = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Answer answer = answers.get(i);
            all.add(resolved(targets.get(i), answer));
            next = Math.min(next - now, answer.expires() - now) + now;
            once |= answer.isForOnce() && answer.error() == null;
        }
        Addresses before = addresses;
        if (!before.isSame(all)) {
            addresses = new Addresses(all);
            if (memory.isOwnedBy(this)) {
                memory.keepOnly(keys(all));
            }
            for (Resolved one : all) {
                if (one.addresses().isEmpty()) {
                    LOG.warn(
                            "target has no address: upstream={} target={} problem=\"{}\"",
                            upstream.name(),
                            one.target().name(),
                            one.dns());
                }
            }
        }
        lookAgain = Math.max(next - now, SOON_NANOS) + now;
        waits = once;
    }

    private Resolved resolved(BalancedTarget target, Answer answer) {
        NameError error = answer.error();
        if (error != null) {
            return new Resolved(target, List.of(), error.text());
        }
        List<Address> found = new ArrayList<>();
        for (Answer.Found one : answer.records()) {
            int port = one.port() == 0 ? target.port() : one.port();
            int weight = one.weight() < 0 || target.weight() == 0 ? target.weight() : one.weight();
            String name = upstream.useSrvName() && one.name() != null ? one.name() : target.host();
            found.add(new Address(
                    target.host(),
                    name,
                    one.ip(),
                    port,
                    weight,
                    isChecked(),
                    memory.state(new Memory.Key(target.host(), one.ip(), port))));
        }
        return new Resolved(target, List.copyOf(found), String.valueOf(answer.type()));
    }

    private static Set<Memory.Key> keys(List<Resolved> all) {
        Set<Memory.Key> keys = new HashSet<>();
        for (Resolved one : all) {
            for (Address address : one.addresses()) {
                keys.add(new Memory.Key(address.host(), address.ip(), address.port()));
            }
        }
        return keys;
    }

    /** What the targets resolved to. */
    List<Resolved> targets() {
        return addresses.targets;
    }

    private Picker picker(List<Resolved> resolved, List<Address> all) {
        return switch (upstream.algorithm()) {
            case "consistent-hashing" -> ConsistentHash.of(resolved, upstream.slots());
            case "least-connections" -> new LowestScore.LeastConnections(all);
            case "latency" -> new LowestScore.Latency(all);
            default -> new RoundRobin(all, memory.turns());
        };
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
        private final List<Resolved> targets;
        private final List<Address> all = new ArrayList<>();
        private final Picker picker;
        private volatile Standing standing = new Standing(memory.flips() - 1, false);

        Addresses(List<Resolved> targets) {
            this.targets = targets;
            targets.forEach(target -> all.addAll(target.addresses()));
            this.picker = picker(targets, all);
        }

        /** Whether nothing would change: a new wheel or ring would move requests for nothing. */
        boolean isSame(List<Resolved> others) {
            if (targets.size() != others.size()) {
                return false;
            }
            for (int i = 0; i < others.size(); i++) {
                Resolved one = targets.get(i);
                Resolved other = others.get(i);
                if (!one.dns().equals(other.dns())
                        || !one.addresses().stream()
                                .map(Address::facts)
                                .collect(Collectors.toSet())
                                .equals(other.addresses().stream()
                                        .map(Address::facts)
                                        .collect(Collectors.toSet()))) {
                    return false;
                }
            }
            return true;
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
            return total == 0 ? 0 : available * 100.0 / (double) total;
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
        } else if (good.successes() == 0 && bad.httpFailures() == 0) {
            return; // nothing is looked for
        } else if (good.httpStatuses().contains(status)) {
            report(address, Report.SUCCESS, good.successes(), "passive");
        } else if (bad.httpStatuses().contains(status)) {
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

    // ---- health

    /** Whether anything can make an address of it unhealthy. */
    public boolean isChecked() {
        Passive passive = upstream.healthchecks().passive();
        return usesProbes()
                || passive.unhealthy().tcpFailures() != 0
                || passive.unhealthy().timeouts() != 0
                || passive.unhealthy().httpFailures() != 0;
    }

    /** Whether addresses are probed. */
    boolean usesProbes() {
        Active active = upstream.healthchecks().active();
        return active.healthy().interval() != 0 || active.unhealthy().interval() != 0;
    }

    /** A probe was answered. */
    void probed(Address address, int status) {
        Active active = upstream.healthchecks().active();
        if (active.healthy().httpStatuses().contains(status)) {
            report(address, Report.SUCCESS, active.healthy().successes(), "active");
        } else if (active.unhealthy().httpStatuses().contains(status)) {
            report(address, Report.HTTP_FAILURE, active.unhealthy().httpFailures(), "active");
        }
    }

    /** A connection was all that a probe wanted. */
    void reached(Address address) {
        report(
                address,
                Report.SUCCESS,
                upstream.healthchecks().active().healthy().successes(),
                "active");
    }

    /** A probe was not answered in time. */
    void late(Address address) {
        report(
                address,
                Report.TIMEOUT,
                upstream.healthchecks().active().unhealthy().timeouts(),
                "active");
    }

    /** A probe could not be made. */
    void unreached(Address address) {
        report(
                address,
                Report.TCP_FAILURE,
                upstream.healthchecks().active().unhealthy().tcpFailures(),
                "active");
    }

    /** Somebody knows better. */
    void set(Address address, boolean healthy) {
        if (address.state().set(healthy)) {
            flipped(address, "set by hand");
        }
    }

    /** How its targets are. */
    public List<TargetHealth> health() {
        List<TargetHealth> all = new ArrayList<>();
        for (Resolved one : targets()) {
            BalancedTarget target = one.target();
            List<TargetHealth.OfAddress> shown = new ArrayList<>();
            TargetHealth.State health = one.addresses().isEmpty() ? TargetHealth.State.DNS_ERROR : null;
            for (Address address : one.addresses()) {
                TargetHealth.State state = !isChecked() || target.weight() == 0
                        ? TargetHealth.State.HEALTHCHECKS_OFF
                        : address.available() ? TargetHealth.State.HEALTHY : TargetHealth.State.UNHEALTHY;
                health = health == null || state == TargetHealth.State.HEALTHY ? state : health;
                shown.add(new TargetHealth.OfAddress(
                        Literals.beforePort(address.ip()),
                        address.port(),
                        address.weight(),
                        address.available(),
                        state));
            }
            all.add(new TargetHealth(
                    target.id(),
                    target.name(),
                    Literals.beforePort(target.host()),
                    target.port(),
                    one.dns(),
                    target.weight(),
                    Objects.requireNonNull(health),
                    shown));
        }
        return all;
    }

    /** Whether enough of the weight is available for the upstream to be used. */
    public boolean isHealthy() {
        return addresses.healthy();
    }

    /**
     * Sets the health of a target's addresses by hand.
     *
     * @param target id or {@code host:port}
     * @param address one of its addresses as {@code ip} or {@code ip:port}; null for all
     * @return whether there are such addresses
     */
    public boolean setHealth(String target, @Nullable String address, boolean healthy) {
        boolean found = false;
        for (Resolved one : targets()) {
            if (one.target().id().equals(target) || one.target().name().equals(target)) {
                for (Address each : one.addresses()) {
                    if (address == null
                            || address.equals(each.ip())
                            || address.equals(Literals.beforePort(each.ip()))
                            || address.equals(each.toString())) {
                        set(each, healthy);
                        found = true;
                    }
                }
            }
        }
        return found;
    }
}
