package io.gatehouse.core.balancer;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** The address with the lowest score; among equals any, so that not all loops run to the same one. */
abstract class LowestScore implements Picker {
    private final Address[] addresses;

    LowestScore(List<Address> addresses) {
        this.addresses =
                addresses.stream().filter(address -> address.weight() > 0).toArray(Address[]::new);
    }

    abstract double score(Address address);

    @Override
    public @Nullable Address pick(int hash, @Nullable List<Address> tried) {
        Address best = lowest(tried);
        return best == null && tried != null ? lowest(null) : best;
    }

    private @Nullable Address lowest(@Nullable List<Address> tried) {
        Address best = null;
        double lowest = 0;
        int start = addresses.length < 2 ? 0 : ThreadLocalRandom.current().nextInt(addresses.length);
        for (int i = 0; i < addresses.length; i++) {
            Address address = addresses[(start + i) % addresses.length];
            if (address.available() && address.isNoneOf(tried)) {
                double score = score(address);
                if (best == null || score < lowest) {
                    best = address;
                    lowest = score;
                }
            }
        }
        return best;
    }

    /** Fewest requests in flight for the weight. */
    static final class LeastConnections extends LowestScore {
        LeastConnections(List<Address> addresses) {
            super(addresses);
        }

        @Override
        double score(Address address) {
            return (address.state().inFlight() + 1.0) / address.weight();
        }
    }

    /** Shortest time to an answer, of late, for the weight. */
    static final class Latency extends LowestScore {
        Latency(List<Address> addresses) {
            super(addresses);
            long now = System.nanoTime();
            double mean = addresses.stream()
                    .filter(address -> address.available() && address.state().isMeasured())
                    .mapToDouble(address -> address.state().latency(now))
                    .average()
                    .orElse(0);
            if (mean > 0) {
                addresses.forEach(address -> address.state().expect(mean, now));
            }
        }

        @Override
        double score(Address address) {
            return address.state().latency(System.nanoTime()) / address.weight();
        }
    }
}
