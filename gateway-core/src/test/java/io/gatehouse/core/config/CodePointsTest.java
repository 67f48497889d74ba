package io.gatehouse.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CodePointsTest {
    @Test
    void countsAsTheTextItselfDoes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(1500);
            while (text.length() < length) {
                text.append(random.nextInt(3) == 0 ? "\ud83d\ude00" : random.nextInt(50) == 0 ? "\udc00" : "a");
            }
            String one = text.toString();
            CodePoints points = new CodePoints(one);
            int index = 0;
            for (int offset = 0; offset <= one.length(); offset = next(one, offset)) {
                assertThat(points.index(offset)).as("seed " + seed).isEqualTo(index);
                assertThat(points.offset(index)).as("seed " + seed).isEqualTo(offset);
                index++;
                if (offset == one.length()) {
                    break;
                }
            }
        }
    }

    private static int next(String text, int offset) {
        return offset == text.length() ? offset : offset + Character.charCount(text.codePointAt(offset));
    }

    @Test
    void aTextWithoutPairsIsItsOwnMeasure() {
        CodePoints points = new CodePoints("abc");

        assertThat(points.index(2)).isEqualTo(2);
        assertThat(points.offset(2)).isEqualTo(2);
        assertThat(points.offset(9)).isEqualTo(3);
    }
}
