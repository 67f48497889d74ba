package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class GatheringTest {
    private final Gathering gathering = new Gathering();

    @Test
    void hasNothingWhereNothingCame() {
        assertThat(gathering.length()).isZero();
        assertThat(gathering.take()).isNull();
    }

    @Test
    void givesASinglePieceAsItIs() {
        Buffer piece = Buffer.buffer("one");
        gathering.add(piece);
        assertThat(gathering.take()).isSameAs(piece);
        assertThat(gathering.take()).isNull();
    }

    @Test
    void joinsPiecesInTheirOrderAndLeavesThemAsTheyWere() {
        Buffer first = Buffer.buffer("one ");
        for (int round = 0; round < 2; round++) {
            gathering.add(first);
            gathering.add(Buffer.buffer("two "));
            gathering.add(Buffer.buffer("three"));
            assertThat(gathering.length()).isEqualTo(13);
            assertThat(gathering.take()).hasToString("one two three");
            assertThat(gathering.length()).isZero();
        }
        assertThat(first).hasToString("one ");
    }

    @Test
    void forgets() {
        gathering.add(Buffer.buffer("one"));
        gathering.add(Buffer.buffer("two"));
        gathering.clear();
        gathering.add(Buffer.buffer("three"));
        assertThat(gathering.take()).hasToString("three");
    }
}
