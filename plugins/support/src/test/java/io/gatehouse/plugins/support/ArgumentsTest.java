package io.gatehouse.plugins.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
    @ParameterizedTest
    @ValueSource(strings = {"a=1&b=%20x&c", "a=&=b", "a=1&a=2", "%zz=%4", "x=a+b%2Bc", "\u00e9=1"})
    void keepsTheSpellingOfWhatIsNotChanged(String raw) {
        assertThat(Arguments.of(raw).toText()).isEqualTo(raw);
    }

    @ParameterizedTest
    @CsvSource({
        "%61=x%20y, x y",
        "a=x+y, x y",
        "a=%zz, %zz",
        "a, ''",
        "b=1&a=2&a=3, 2",
        "a=%C3%A9, \u00e9",
        "a=\u00c3\u00a9, \u00e9",
        "a=%C3\u00a9+, '\u00e9 '",
        "a=%E9, \u00e9",
        "a=x%2, x%2",
    })
    void readsDecoded(String raw, String value) {
        assertThat(Arguments.of(raw).first("a")).isEqualTo(value);
        assertThat(Arguments.of(raw).contains("a")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"x+%41, x A", "%C3%A9, \u00c3\u00a9", "\u00c3%A9, \u00c3\u00a9", "%E9, \u00e9", "%4, %4"})
    void tellsBytesApart(String raw, String bytes) {
        assertThat(Arguments.bytes(raw)).isEqualTo(bytes);
    }

    @Test
    void hasNothingToReadInNothing() {
        assertThat(Arguments.of(null).toText()).isNull();
        assertThat(Arguments.of("").all()).isEmpty();
        assertThat(Arguments.of("&&").toText()).isNull();
        assertThat(Arguments.of("b=1").first("a")).isNull();
    }

    @Test
    void changesOnlyWhatIsNamed() {
        assertThat(Arguments.of("a=1&b=%2f&a=2").set("a", "x y&\u00e9").toText())
                .isEqualTo("a=x%20y%26%C3%A9&b=%2f");
        assertThat(Arguments.of("b=1").set("a", "2").toText()).isEqualTo("b=1&a=2");
        assertThat(Arguments.of("a=1").add("a", "2").toText()).isEqualTo("a=1&a=2");
        assertThat(Arguments.of("%61=1&b=2&a").remove("a").toText()).isEqualTo("b=2");
        assertThat(Arguments.of("a=%20&b=2&c=3&a=4").rename("a", "b").toText()).isEqualTo("b=%20&c=3&b=4");
        assertThat(Arguments.of("a&c").rename("a", "b").toText()).isEqualTo("b&c");
        assertThat(Arguments.of("b=2").rename("a", "b").toText()).isEqualTo("b=2");
        assertThat(Arguments.of("b=2").rename("b", "b").toText()).isEqualTo("b=2");
    }
}
