package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** 240 bytes per second, 5 s to begin with, at most 60 s saved up. */
class PaceTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Pace PACE = new Pace(240, 5 * SECOND, 60 * SECOND);

    @ParameterizedTest
    @CsvSource({
        // bytes a step, seconds a step, steps, seconds until it is given up, -1: never
        "0,     1,  100,   5",
        "1,     1,  100,   6",
        "1,     10, 10,    10",
        "120,   1,  100,   9",
        "239,   1,  2000,  961",
        "240,   1,  2000,  -1",
        "1024,  1,  2000,  -1",
        "1200,  4,  2000,  -1",
        "10000, 30, 100,   30",
        "1,     0,  1000,  -1",
    })
    void givesUpWhoeverIsSlowerOnAverage(long bytes, long seconds, int steps, long until) {
        long left = PACE.start();
        long given = -1;
        for (int i = 1; i <= steps && given < 0; i++) {
            // the time runs out before the next bytes come, or they come in time
            given = left - seconds * SECOND <= 0 && seconds > 0 ? i * seconds : -1;
            left = PACE.after(left, seconds * SECOND, bytes);
        }
        assertThat(given).isEqualTo(until);
    }

    @Test
    void lettingNobodySaveUpMoreThanTheLongestPause() {
        long left = PACE.after(PACE.start(), 0, Long.MAX_VALUE);
        assertThat(left).isEqualTo(60 * SECOND);
        assertThat(PACE.after(left, 61 * SECOND, 100)).isNegative();
        assertThat(PACE.after(left, 0, 1)).isEqualTo(60 * SECOND);
    }

    @Test
    void beginsWithNoMoreThanTheLongestPause() {
        assertThat(new Pace(240, 5 * SECOND, SECOND).start()).isEqualTo(SECOND);
    }

    @Test
    void countsTheBytesOfATime() {
        assertThat(PACE.bytesIn(5 * SECOND)).isEqualTo(1200);
        assertThat(PACE.bytesIn(SECOND / 2)).isEqualTo(120);
        assertThat(new Pace(0, SECOND, SECOND).counts()).isFalse();
    }
}
