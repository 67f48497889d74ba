package io.gatehouse.core.snapshot;

import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.PluginSlot;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A service of a snapshot: what plugins see of it, and the chain that its routes share. The facts do not lead to the chain:
 * plugins may keep them, and would keep every plugin of an old configuration with it.
 *
 * <p>For the thread that builds snapshots.
 */
final class ServicePlan {
    private final ServiceFacts facts;
    private @Nullable Shared shared;

    /** A chain with what it is for. */
    private record Shared(List<PluginSlot> slots, @Nullable Balancer balancer, Chain chain) {}

    ServicePlan(ServiceFacts facts) {
        this.facts = facts;
    }

    ServiceFacts facts() {
        return facts;
    }

    /**
     * The chain of the routes that have no plugins of their own: the one that was made before, while these are the plugins and
     * this the upstream.
     */
    @SuppressWarnings("ReferenceEquality") // the very same upstream
    Chain chain(List<PluginSlot> slots, @Nullable Balancer balancer, Supplier<Chain> made) {
        Shared known = shared;
        if (known == null || known.balancer != balancer || !known.slots.equals(slots)) {
            known = new Shared(slots, balancer, made.get());
            shared = known;
        }
        return known.chain;
    }
}
