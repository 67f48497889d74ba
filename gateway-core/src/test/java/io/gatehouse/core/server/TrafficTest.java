package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TrafficTest {
    @Test
    void isBusyWhileAnExchangeIsUnderWayAndShortlyAfterOneBegan() {
        Traffic traffic = new Traffic();
        assertThat(traffic.busy()).isFalse();
        traffic.begun();
        assertThat(traffic.busy()).isTrue();
        traffic.ended();
        Traffic other = new Traffic();
        other.begun();
        other.ended();
        assertThat(other.busy()).as("between two requests").isTrue();
    }
}
