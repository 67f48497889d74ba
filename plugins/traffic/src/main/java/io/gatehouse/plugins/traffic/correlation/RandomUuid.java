package io.gatehouse.plugins.traffic.correlation;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Version 4 UUIDs that are unique but no secrets, and cost no lock. */
final class RandomUuid {
    private RandomUuid() {}

    static String next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = random.nextLong() & ~0xF000L | 0x4000L;
        long low = random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}
