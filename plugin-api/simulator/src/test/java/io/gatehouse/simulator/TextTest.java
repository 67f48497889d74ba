package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTest {
    @Test
    void hasExactlyTheBytesAskedFor() {
        for (int bytes : new int[] {0, 1, 3, 4, 100, 4096}) {
            assertThat(Text.sized(bytes).whole()).hasSize(bytes);
        }
    }

    @Test
    void isTheSumOfItsPieces() {
        Text text = Text.words(List.of("a", "b", "c")).limited(2);
        assertThat(text.pieces()).isEqualTo(2);
        assertThat(text.piece(0) + text.piece(1)).isEqualTo("a b").isEqualTo(text.whole());
    }

    @Test
    void splitsNoCharacter() {
        Text text = Text.literal("1234567\uD83D\uDE00x");
        assertThat(text.piece(0)).isEqualTo("1234567");
        assertThat(text.whole()).isEqualTo("1234567\uD83D\uDE00x");
    }

    @Test
    void countsWords() {
        assertThat(LlmRequest.count(" a  b\nc ")).isEqualTo(3);
        assertThat(LlmRequest.count("")).isZero();
    }
}
