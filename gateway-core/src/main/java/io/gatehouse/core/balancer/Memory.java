package io.gatehouse.core.balancer;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What is kept of an upstream from one configuration to the next. Any thread. */
final class Memory {
    private final AtomicInteger turns = new AtomicInteger();
    private final Map<Key, AddressState> states = new ConcurrentHashMap<>();
    private final AtomicInteger flips = new AtomicInteger();

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

    /** A number that changes with the health of any address. */
    int flips() {
        return flips.get();
    }

    void flipped() {
        flips.incrementAndGet();
    }
}
