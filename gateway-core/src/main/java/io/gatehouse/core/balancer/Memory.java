package io.gatehouse.core.balancer;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What is kept of an upstream from one configuration to the next. Any thread. */
final class Memory {
    private final AtomicInteger turns = new AtomicInteger();
    private final Map<Key, AddressState> states = new ConcurrentHashMap<>();
    private final AtomicInteger flips = new AtomicInteger();
    private volatile @Nullable Balancer owner;

    /** An address of a host. */
    record Key(String host, String ip, int port) {}

    /** The position in the round. */
    AtomicInteger turns() {
        return turns;
    }

    AddressState state(Key key) {
        return states.computeIfAbsent(key, k -> new AddressState());
    }

    void keepOnly(Set<Key> keys) {
        states.keySet().retainAll(keys);
    }

    /** Whether it is for this balancer to say which addresses there are: an older one may still be in use. */
    boolean isOwnedBy(Balancer balancer) {
        return balancer.equals(owner);
    }

    /** Makes this balancer the one that says; yields the one before it. */
    @Nullable
    Balancer owner(Balancer balancer) {
        Balancer before = owner;
        owner = balancer;
        return before;
    }

    /** All addresses are as good as new ones. */
    void forgetHealth() {
        states.values().forEach(state -> state.set(true));
        flipped();
    }

    /** A number that changes with the health of any address. */
    int flips() {
        return flips.get();
    }

    void flipped() {
        flips.incrementAndGet();
    }
}
