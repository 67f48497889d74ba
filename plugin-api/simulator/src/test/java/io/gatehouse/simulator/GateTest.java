package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GateTest {
    private final AtomicInteger ran = new AtomicInteger();
    private final Gate gate = new Gate("g", () -> {});

    @Test
    void holdsUntilItIsReleased() {
        assertThat(gate.pass(ran::incrementAndGet)).isFalse();
        assertThat(gate.waiting()).isEqualTo(1);
        gate.release();
        assertThat(ran).hasValue(1);
        assertThat(gate.passed()).isEqualTo(1);
    }

    @Test
    void keepsPermitsForLater() {
        gate.release(2);
        assertThat(gate.pass(ran::incrementAndGet)).isTrue();
        assertThat(gate.pass(ran::incrementAndGet)).isTrue();
        assertThat(gate.pass(ran::incrementAndGet)).isFalse();
        assertThat(ran).hasValue(0);
    }

    @Test
    void letsEverythingPassOnceClosed() {
        assertThat(gate.pass(ran::incrementAndGet)).isFalse();
        gate.close();
        assertThat(ran).hasValue(1);
        assertThat(gate.pass(ran::incrementAndGet)).isTrue();
    }

    @Test
    void wastesNoPermitOnWhoGaveUp() {
        Runnable gone = ran::incrementAndGet;
        gate.pass(gone);
        gate.forget(gone);
        gate.release();
        assertThat(ran).hasValue(0);
        assertThat(gate.pass(gone)).isTrue();
    }
}
