package io.gatehouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WireTextTest {
    @ParameterizedTest
    @CsvSource({
        "\u00fc, \u00c3\u00bc",
        "a\u65e5b, a\u00e6\u0097\u00a5b",
        "\ud83d\ude00, \u00f0\u009f\u0098\u0080",
        "\ufffd, \u00ef\u00bf\u00bd",
        "\u00c3\u00bc, \u00c3\u0083\u00c2\u00bc",
    })
    void isItsBytesInUtf8(String text, String bytes) {
        assertThat(WireText.encode(text)).isEqualTo(bytes);
        assertThat(WireText.decode(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "a\tb\u007f"})
    void isTheSameObjectWhenItIsAscii(String text) {
        assertThat(WireText.encode(text)).isSameAs(text);
        assertThat(WireText.decode(text)).isSameAs(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00fc", "\u00c3", "a\u00c3\u00bc\u00ff", "\u00ef\u00bf\u00bd\u00ff"})
    void bytesThatAreNotUtf8AreLatin1(String bytes) {
        assertThat(WireText.decode(bytes)).isEqualTo(bytes);
    }

    @Test
    void textThatSomebodySetAsItIsStaysText() {
        assertThat(WireText.decode("\u65e5\u00c3\u00bc")).isEqualTo("\u65e5\u00c3\u00bc");
    }
}
