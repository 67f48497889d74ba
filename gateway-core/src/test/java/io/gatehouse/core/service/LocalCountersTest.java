package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Counters;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LocalCountersTest {
    private static final long MINUTE = 60_000;

    private final SettableClock clock = new SettableClock();
    private final LocalCounters store = new LocalCounters(clock, 128);
    private final Counters counters = store.of("test");

    @Test
    void countsUpToTheLimitOfAWindow() {
        for (int i = 0; i < 3; i++) {
            Counters.Count count = take("a", 1, minute(3));
            assertThat(count.granted()).isTrue();
            assertThat(count.before(0)).isEqualTo(i);
        }
        assertThat(take("a", 1, minute(3)).granted()).isFalse();
        assertThat(take("a", 1, minute(3)).before(0)).isEqualTo(3);
        assertThat(take("b", 1, minute(3)).granted()).isTrue();
        assertThat(take("a", 1, minute(4)).granted()).isTrue();
    }

    @Test
    void addsToAllWindowsOrToNone() {
        List<Counters.Window> windows = List.of(minute(2).get(0), hour(3));
        assertThat(take("a", 2, windows).granted()).isTrue();
        clock.turn(MINUTE);
        assertThat(take("a", 2, List.of(minute(2).get(0), hour(3))).granted()).isFalse();
        Counters.Count look = take("a", 0, List.of(minute(2).get(0), hour(3)));
        assertThat(look.granted()).isTrue();
        assertThat(look.before(0)).isZero();
        assertThat(look.before(1)).isEqualTo(2);
    }

    @Test
    void beginsAnewWithEachWindow() {
        take("a", 3, minute(3));
        clock.turn(MINUTE - 1);
        assertThat(take("a", 1, minute(3)).granted()).isFalse();
        clock.turn(1);
        assertThat(take("a", 3, minute(3)).granted()).isTrue();
    }

    @Test
    void goesOnWhereItWasWhenTheClockJumpsBack() {
        take("a", 3, minute(3));
        clock.turn(-10 * MINUTE);
        assertThat(take("a", 1, minute(3)).granted()).isFalse();
        clock.turn(MINUTE);
        assertThat(take("a", 1, minute(3)).granted()).isTrue();
    }

    @Test
    void neverBlocksLongerThanAWindowAfterAClockThatWasWrong() {
        clock.turn(1_000_000 * MINUTE);
        take("a", 3, minute(3));
        clock.turn(-1_000_000 * MINUTE);
        assertThat(take("a", 1, minute(3)).granted()).isFalse();
        clock.turn(MINUTE);
        assertThat(take("a", 3, minute(3)).granted()).isTrue();
    }

    @Test
    void countsALateCallOfAnotherEventLoopInTheWindowThatHasBegun() {
        List<Counters.Window> before = minute(3);
        clock.turn(MINUTE);
        take("a", 2, minute(3));
        clock.turn(-1);
        assertThat(take("a", 1, before).before(0)).isEqualTo(2);
        clock.turn(1);
        assertThat(take("a", 1, minute(3)).granted()).isFalse();
    }

    @Test
    void forgetsWhatIsOverAndWhatWasNotUsedForLongest() {
        for (int i = 0; i < 10_000; i++) {
            take("key" + i, 1, minute(1));
        }
        assertThat(store.size()).isBetween(64, 128);
        assertThat(take("key9999", 1, minute(1)).granted()).isFalse();
        assertThat(take("key0", 1, minute(1)).granted()).isTrue();
        clock.turn(MINUTE);
        for (int i = 0; i < 1000; i++) {
            take("key" + i, 0, minute(1));
        }
        assertThat(store.size()).isLessThanOrEqualTo(128);
    }

    @Test
    void keepsPluginsApart() {
        take("a", 1, minute(1));
        assertThat(store.of("other").take("a", 1, minute(1)).result().granted()).isTrue();
    }

    @Test
    void isExactWhenAllCallAtOnce() throws Exception {
        AtomicInteger granted = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int t = 0; t < 4; t++) {
                threads.execute(() -> {
                    for (int i = 0; i < 5000; i++) {
                        if (take("a", 1, minute(10_000)).granted()) {
                            granted.incrementAndGet();
                        }
                    }
                    done.countDown();
                });
            }
            assertThat(done.await(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            threads.shutdownNow();
        }
        assertThat(granted).hasValue(10_000);
    }

    @Test
    void refusesNonsense() {
        assertThatThrownBy(() -> take("a", -1, minute(1))).hasMessageContaining("amount: -1");
        assertThatThrownBy(() -> take("a", 1, List.of())).hasMessageContaining("windows: none");
        assertThatThrownBy(() -> Counters.Window.of(5, 5, 1)).hasMessageContaining("end: 5");
    }

    private Counters.Count take(String key, long amount, List<Counters.Window> windows) {
        return counters.take(key, amount, windows).result();
    }

    private List<Counters.Window> minute(long limit) {
        long start = Math.floorDiv(clock.millis(), MINUTE) * MINUTE;
        return List.of(Counters.Window.of(start, start + MINUTE, limit));
    }

    private Counters.Window hour(long limit) {
        long start = Math.floorDiv(clock.millis(), 60 * MINUTE) * 60 * MINUTE;
        return Counters.Window.of(start, start + 60 * MINUTE, limit);
    }

    private static final class SettableClock extends Clock {
        private final AtomicLong millis =
                new AtomicLong(Instant.parse("2026-01-01T00:00:00Z").toEpochMilli());

        private void turn(long by) {
            millis.addAndGet(by);
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis.get());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
