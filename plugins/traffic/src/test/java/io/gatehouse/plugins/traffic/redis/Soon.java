package io.gatehouse.plugins.traffic.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;

/** Whether calls that Redis has to do with are answered within fifty milliseconds. */
public final class Soon {
    private Soon() {}

    /**
     * Asserts it, on a busy machine too: that slows down some calls, and a slow one those as well that ask nobody.
     *
     * @param nanos how long each call took
     * @param plain how long calls without Redis took in between
     */
    public static void assertSoon(List<Long> nanos, List<Long> plain) {
        assertThat(most(nanos)).isLessThan(most(plain).multipliedBy(4).plusMillis(50));
    }

    /** Three in four are faster: a wait slows down all. */
    private static Duration most(List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        return Duration.ofNanos(sorted.get(sorted.size() * 3 / 4));
    }
}
