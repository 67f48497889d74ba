package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private final RetryBudget budget = new RetryBudget();

    @Test
    void allowsATenthOfTheRequests() {
        assertThat(storm(1000, 5)).isBetween(99, 100);
    }

    @Test
    void allowsAFewWhateverTheTraffic() {
        assertThat(storm(20, 5)).isEqualTo(FailoverLimits.MIN_RETRIES);
    }

    @Test
    void beginsAnewWithEveryWindow() {
        assertThat(storm(500, 5)).isBetween(49, 50);
        assertThat(storm(500, 5 + FailoverLimits.RETRY_WINDOW)).isBetween(49, 50);
        // nor does a clock that was set back stop it
        assertThat(storm(500, 3)).isBetween(49, 50);
    }

    @Test
    void countsHarmlessRetriesToo() {
        for (int i = 0; i < 1000; i++) {
            budget.request();
            assertThat(budget.take(1, true)).isTrue();
        }
        assertThat(budget.take(1, false)).isFalse();
    }

    private int storm(int requests, long now) {
        int retries = 0;
        for (int i = 0; i < requests; i++) {
            budget.request();
            if (budget.take(now, false)) {
                retries++;
            }
        }
        return retries;
    }
}
