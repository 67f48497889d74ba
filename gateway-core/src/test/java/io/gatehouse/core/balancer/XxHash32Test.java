package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The published values of the algorithm. */
class XxHash32Test {
    @ParameterizedTest
    @CsvSource({"'', 02cc5d05", "a, 550d7456", "abc, 32d153ff", "Nobody inspects the spammish repetition, e2293b2f"})
    void hashesAsOthersDo(String text, String expected) {
        assertThat(XxHash32.of(text)).isEqualTo(Integer.parseUnsignedInt(expected, 16));
    }
}
