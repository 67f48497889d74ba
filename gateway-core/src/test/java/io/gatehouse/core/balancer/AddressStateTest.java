package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.balancer.AddressState.Report;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counters and thresholds as Kong's health checker has them. */
class AddressStateTest {
    /** s: a success, t: a refused connection, o: a time-out, h: a bad status; + and -: set by hand. */
    private static String after(AddressState state, String events, int successes, int tcp, int timeouts, int http) {
        StringBuilder seen = new StringBuilder();
        for (int i = 0; i < events.length(); i++) {
            char event = events.charAt(i);
            switch (event) {
                case 's' -> state.report(Report.SUCCESS, successes);
                case 't' -> state.report(Report.TCP_FAILURE, tcp);
                case 'o' -> state.report(Report.TIMEOUT, timeouts);
                case 'h' -> state.report(Report.HTTP_FAILURE, http);
                default -> state.set(event == '+');
            }
            seen.append(state.healthy() ? 'H' : 'U');
        }
        return seen.toString();
    }

    @ParameterizedTest
    @CsvSource({
        // events, successes, tcp, timeouts, http, states
        "ttt,       1, 3, 3, 3, HHU",
        "ooo,       1, 3, 3, 3, HHU",
        "hhh,       1, 3, 3, 3, HHU",
        "tohtoh,    1, 3, 3, 3, HHHHHH",
        "tohtoht,   1, 3, 3, 3, HHHHHHU",
        "ttsttt,    1, 3, 3, 3, HHHHHU",
        "ttsttt,    0, 3, 3, 3, HHHUUU",
        "tttttt,    1, 0, 0, 0, HHHHHH",
        "hhhsss,    3, 0, 0, 3, HHUUUH",
        "hhhsshss,  3, 0, 0, 3, HHUUUUUU",
        "hhhsshsss, 3, 0, 0, 3, HHUUUUUUH",
        "hhssss,    0, 0, 0, 2, HUUUUU",
        "-s,        1, 0, 0, 1, UH",
        "-ss,       2, 0, 0, 1, UUH",
        "hh+hh,     1, 0, 0, 2, HUHHU",
        "h+h,       1, 0, 0, 2, HHH",
        "t,         1, 1, 1, 1, U",
    })
    void flipsAtItsThresholds(String events, int successes, int tcp, int timeouts, int http, String states) {
        assertThat(after(new AddressState(), events, successes, tcp, timeouts, http))
                .isEqualTo(states);
    }

    @Test
    void tellsAFlipOnce() {
        AddressState state = new AddressState();
        assertThat(state.report(Report.TCP_FAILURE, 2)).isFalse();
        assertThat(state.report(Report.TCP_FAILURE, 2)).isTrue();
        assertThat(state.report(Report.TCP_FAILURE, 2)).isFalse();
        assertThat(state.set(false)).isFalse();
        assertThat(state.set(true)).isTrue();
    }

    @Test
    void forgetsOldLatencies() {
        AddressState state = new AddressState();
        long second = 1_000_000_000;
        assertThat(state.isMeasured()).isFalse();
        state.took(100, 0);
        assertThat(state.latency(0)).isEqualTo(100);
        assertThat(state.latency(10 * second)).isBetween(36.0, 37.0);
        state.took(200, 10 * second);
        assertThat(state.latency(10 * second)).isBetween(163.0, 164.0);
        state.expect(7, 20 * second);
        assertThat(state.latency(10 * second)).isBetween(163.0, 164.0);
    }
}
