package io.gatehouse.core.balancer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Each address as often as its weight says: a wheel of as many places as the weights amount to, shuffled once, so that
 * proportions are exact over a turn and the order tells nothing.
 */
final class RoundRobin implements Picker {
    private static final int LARGEST_WHEEL = 1 << 17;

    private final Address[] wheel;
    private final AtomicInteger turns;

    /** @param turns the position, which survives a change of addresses */
    RoundRobin(List<Address> addresses, AtomicInteger turns) {
        this.wheel = wheel(addresses);
        this.turns = turns;
    }

    private static Address[] wheel(List<Address> addresses) {
        int divisor = 0;
        long total = 0;
        for (Address address : addresses) {
            divisor = gcd(divisor, address.weight());
            total += address.weight();
        }
        if (total == 0) {
            return new Address[0];
        }
        // weights without a common divisor would make a huge wheel: a little of their exactness is given up for it
        double scale = Math.min(1.0 / divisor, (double) LARGEST_WHEEL / total);
        List<Address> places = new ArrayList<>();
        for (Address address : addresses) {
            if (address.weight() > 0) {
                int count = (int) Math.max(1, Math.round(address.weight() * scale));
                places.addAll(Collections.nCopies(count, address));
            }
        }
        Collections.shuffle(places, ThreadLocalRandom.current());
        return places.toArray(Address[]::new);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    @Override
    public @Nullable Address pick(int hash, @Nullable List<Address> tried) {
        Address second = null;
        for (int i = 0; i < wheel.length; i++) {
            Address address = wheel[Integer.remainderUnsigned(turns.getAndIncrement(), wheel.length)];
            if (address.available()) {
                if (address.isNoneOf(tried)) {
                    return address;
                }
                second = second == null ? address : second;
            }
        }
        // others may have turned the wheel meanwhile, so that this one has not seen every place
        return second != null
                ? second
                : Arrays.stream(wheel).filter(Address::available).findFirst().orElse(null);
    }
}
