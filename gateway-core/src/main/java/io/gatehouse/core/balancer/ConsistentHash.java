package io.gatehouse.core.balancer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same address for the same hash as long as it is there, and only its own share moves when it is not: addresses lie
 * on a ring of slots, and a hash goes to the nearest one below it. The places are Kong's.
 */
final class ConsistentHash implements Picker {
    private static final int FEWEST_SLOTS = 1000;
    private static final int PLACES = 160;

    private final @Nullable Address[] ring;

    /** @param targets how many targets there are, also those without addresses */
    ConsistentHash(List<Address> addresses, int targets, int slots) {
        this.ring = new Address[Math.max(slots, FEWEST_SLOTS)];
        List<Address> sorted = new ArrayList<>(addresses);
        sorted.sort(Comparator.comparing(Address::host)
                .thenComparing(address -> address.ip() + ':' + address.port())
                .thenComparingInt(Address::port));
        long total = 0;
        for (Address address : sorted) {
            total += address.weight();
        }
        for (Address address : sorted) {
            if (address.weight() > 0) {
                place(address, (int) Math.max(1, (double) address.weight() / total * targets * PLACES));
            }
        }
    }

    private void place(Address address, int places) {
        String name = address.ip() + "::" + address.port() + ' ';
        int left = places;
        for (int i = 1; left > 0 && i <= ring.length; i++) {
            int slot = slot(XxHash32.of(name + i));
            if (ring[slot] == null) {
                ring[slot] = address;
                left--;
            }
        }
    }

    private int slot(int hash) {
        return Integer.remainderUnsigned(hash, ring.length);
    }

    @Override
    public @Nullable Address pick(int hash, @Nullable List<Address> tried) {
        Address second = null;
        int slot = slot(hash);
        for (int i = 0; i < ring.length; i++) {
            Address address = ring[slot];
            if (address != null && address.available()) {
                if (address.isNoneOf(tried)) {
                    return address;
                }
                second = second == null ? address : second;
            }
            slot = slot == 0 ? ring.length - 1 : slot - 1;
        }
        return second;
    }
}
