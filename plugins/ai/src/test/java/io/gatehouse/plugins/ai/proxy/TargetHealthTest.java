package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TargetHealthTest {
    private static final long REST = 10_000;

    private final TargetHealth health = new TargetHealth(2, REST);

    @Test
    void restsAfterSoManyFailuresAndThenLetsOneRequestTry() {
        assertThat(health.failed(0, true)).isFalse();
        assertThat(health.rests(0)).isFalse();
        assertThat(health.failed(100, true)).isTrue();
        assertThat(health.rests(100)).isTrue();
        assertThat(health.restEnds(1100)).isEqualTo(REST - 1000);
        assertThat(health.enter(100 + REST - 1)).isFalse();
        assertThat(health.enter(100 + REST)).isTrue();
        assertThat(health.enter(100 + REST)).isFalse();
        assertThat(health.rests(100 + REST)).isTrue();
    }

    @Test
    void answersAgainWhenTheTrialSucceeds() {
        rest(0);
        assertThat(health.enter(REST)).isTrue();
        assertThat(health.answered(REST + 5)).isTrue();
        assertThat(health.isFine()).isTrue();
        assertThat(health.failed(REST + 6, true)).isFalse();
    }

    @Test
    void restsAgainWhenTheTrialFails() {
        rest(0);
        assertThat(health.enter(REST)).isTrue();
        assertThat(health.failed(REST + 5, true)).isTrue();
        assertThat(health.rests(REST + 5 + REST - 1)).isTrue();
        assertThat(health.rests(REST + 5 + REST)).isFalse();
    }

    @Test
    void letsTheNextOneTryWhenTheTrialWasGivenUp() {
        rest(0);
        assertThat(health.enter(REST)).isTrue();
        health.left();
        assertThat(health.enter(REST + 1)).isTrue();
        // and when nothing at all is heard of it
        assertThat(health.enter(REST + 1 + REST)).isTrue();
    }

    @Test
    void countsFailuresOverAnyTimeUntilASuccessLongAfterTheLast() {
        health.failed(0, true);
        assertThat(health.answered(REST - 1)).isFalse();
        assertThat(health.failed(50 * REST, true)).isTrue();

        TargetHealth other = new TargetHealth(2, REST);
        other.failed(0, true);
        assertThat(other.answered(REST)).isFalse(); // it did not rest
        assertThat(other.isFine()).isTrue();
        assertThat(other.failed(50 * REST, true)).isFalse();
    }

    @Test
    void neverRestsWithoutALimitOrForFailuresThatDoNotCount() {
        TargetHealth never = new TargetHealth(0, REST);
        for (int i = 0; i < 100; i++) {
            assertThat(never.failed(i, true)).isFalse();
            assertThat(health.failed(i, false)).isFalse();
        }
        assertThat(never.rests(99)).isFalse();
        assertThat(never.isFine()).isTrue();
        assertThat(health.rests(99)).isFalse();
        assertThat(never.isReliable()).isFalse();
        assertThat(health.isReliable()).isFalse();
    }

    @Test
    void coolsDownForTheLongestOfTheWaits() {
        health.coolDown(0, 500);
        health.coolDown(100, 100);
        assertThat(health.cools(499)).isTrue();
        assertThat(health.rests(499)).isFalse();
        assertThat(health.cools(500)).isFalse();
        assertThat(health.isFine()).isTrue();
        health.coolDown(600, 100);
        health.coolDown(600, 300);
        assertThat(health.cools(899)).isTrue();
        assertThat(health.cools(900)).isFalse();
    }

    @Test
    void healsWhenTheClockIsSetBack() {
        rest(1_000_000);
        health.coolDown(1_000_000, 60_000);
        assertThat(health.cools(500_000)).isFalse();
        assertThat(health.rests(500_000)).isFalse();
        assertThat(health.enter(500_000)).isTrue();
        assertThat(health.rests(500_001)).isTrue();
        assertThat(health.answered(500_002)).isTrue();
        assertThat(health.isFine()).isTrue();
    }

    @Test
    void isReliableAgainAfterManyAnswers() {
        assertThat(health.isSpotless()).isTrue();
        for (int i = 0; i < 5; i++) {
            health.failed(0, false);
        }
        assertThat(health.isReliable()).isFalse();
        int answers = 0;
        while (!health.isReliable()) {
            health.answered(0);
            answers++;
        }
        assertThat(answers).isBetween(10, 30);
        for (int i = 0; i < 1000; i++) {
            health.answered(0);
        }
        assertThat(health.isSpotless()).isTrue();
    }

    private void rest(long now) {
        health.failed(now, true);
        health.failed(now, true);
        assertThat(health.rests(now)).isTrue();
    }
}
