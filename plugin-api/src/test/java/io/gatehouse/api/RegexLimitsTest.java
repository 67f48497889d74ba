package io.gatehouse.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexLimitsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/a/b",
                "(a+)+$",
                "(.*.*)=",
                "/orders/(?<id>[0-9]{1,19})/(?:items|parts)$",
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                "a{400}",
                "[]a]{10}[^]b]\\[[[:alpha:]-]",
                "\\Q((a{1000}){1000}\\E",
                "a{,5}{x}{",
                "(?i)x(?P<n>y)\\p{Greek}{10}\\x{10FFFF}",
                "[a\\[b\\&&c]"
            })
    void takesWhatUsersWrite(String expression) {
        assertThat(RegexLimits.problem(expression)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(((a{100}){100}){100}){100}",
                "((a{0,100}){0,100}){0,20}$",
                "(a{1,1000}){1,20}$",
                "/f/([a-z]{1,1000}/?){1,50}$",
                "((?:\\w{40}){30,})",
                "a{1001}",
                "(((x{99999999}){99999999}){99999999}){99999999}"
            })
    void refusesRepetitionsThatMultiply(String expression) {
        assertThat(RegexLimits.problem(expression)).startsWith("too large: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[a-z&&[^b]]", "[a-z--b]", "[a~~b]", "x[a[bc]]"})
    void refusesWhatMeansSomethingElseInKong(String expression) {
        assertThat(RegexLimits.problem(expression)).contains("in a class of characters is not built");
    }

    @Test
    void compilesWhatKeepsTheLimits() {
        assertThat(RegexLimits.<String>compile("a+", text -> "compiled " + text))
                .isEqualTo("compiled a+");
    }

    @Test
    void saysWhatIsWrongByTheLimitsOrByTheCompiler() {
        assertThatThrownBy(() -> RegexLimits.compile("a{1001}", text -> {
                    throw new AssertionError("must not be compiled");
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("too large: ");
        assertThatThrownBy(() -> RegexLimits.compile("(s3cret", text -> {
                    throw new IllegalStateException("error parsing regexp: missing closing ): `(s3cret`");
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("missing closing ) (expected: RE2 syntax)")
                .hasNoCause();
        assertThatThrownBy(() -> RegexLimits.compile("(s3cret", text -> {
                    throw new IllegalStateException("what is (s3cret");
                }))
                .hasMessage("malformed (expected: RE2 syntax)")
                .hasNoCause();
    }

    @Test
    void takesALongOneWithoutRepetitionsAndNoEndlessNesting() {
        assertThat(RegexLimits.problem("word|".repeat(1000))).isNull();
        assertThat(RegexLimits.problem("(".repeat(100_000))).startsWith("too large: ");
    }
}
