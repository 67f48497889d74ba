package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import io.vertx.core.transport.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // an embedded channel closes at once
class AdmissionTest {
    private final Traffic traffic = new Traffic();
    private final AtomicInteger turnedAway = new AtomicInteger();

    private Admission admission(long most) {
        return new Admission(
                Transport.NIO.implementation(), List.of(), traffic, most, turnedAway::incrementAndGet, () -> 0);
    }

    @Test
    void admitsAsManyAsThereMayBeAndOthersOnceSomeHaveLeft() {
        Admission admission = admission(2);
        EmbeddedChannel first = new EmbeddedChannel();
        EmbeddedChannel second = new EmbeddedChannel();
        assertThat(admission.admits(first)).isTrue();
        assertThat(admission.admits(second)).isTrue();
        assertThat(admission.admits(new EmbeddedChannel())).isFalse();
        assertThat(turnedAway).hasValue(1);
        assertThat(traffic.active()).isEqualTo(2);
        close(first);
        assertThat(traffic.active()).isEqualTo(1);
        assertThat(admission.admits(new EmbeddedChannel())).isTrue();
        assertThat(traffic.accepted()).isEqualTo(3);
        close(second);
    }

    @Test
    void admitsAnyNumberWhenThereIsNoLimit() {
        Admission admission = admission(0);
        List<EmbeddedChannel> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            EmbeddedChannel one = new EmbeddedChannel();
            assertThat(admission.admits(one)).isTrue();
            all.add(one);
        }
        all.forEach(AdmissionTest::close);
        assertThat(traffic.active()).isZero();
        assertThat(turnedAway).hasValue(0);
    }

    private static void close(EmbeddedChannel channel) {
        assertThat(channel.close().isSuccess()).isTrue();
    }
}
