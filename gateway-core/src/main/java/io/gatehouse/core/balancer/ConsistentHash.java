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

    private ConsistentHash(List<Address> sorted, int targets, int slots) {
        this.ring = new Address[Math.max(slots, FEWEST_SLOTS)];
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

    /** Who comes first gets the places that several want; targets without addresses count too. */
    static ConsistentHash of(List<Balancer.Resolved> targets, int slots) {
        List<Balancer.Resolved> sorted = new ArrayList<>(targets);
        sorted.sort(Comparator.comparing((Balancer.Resolved one) ->
                        Literals.beforePort(one.target().host()))
                .thenComparingInt(one -> one.target().port()));
        List<Address> all = new ArrayList<>();
        for (Balancer.Resolved one : sorted) {
            one.addresses().stream()
                    .sorted(Comparator.comparing(address -> text(address) + ':' + address.port()))
                    .forEach(all::add);
        }
        return new ConsistentHash(all, targets.size(), slots);
    }

    /** An address as Kong writes it: IPv6 as configured, else without leading zeros, but with all that are between. */
    private static String text(Address address) {
        String ip = address.ip();
        return Literals.beforePort(
                ip.indexOf(':') < 0 || ip.equals(address.host())
                        ? ip
                        : Literals.address(ip).getHostAddress());
    }

    private void place(Address address, int places) {
        String name = text(address) + "::" + address.port() + ' ';
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
