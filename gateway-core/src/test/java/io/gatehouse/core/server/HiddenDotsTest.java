package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.HiddenDots;
import io.gatehouse.core.routing.RequestPath;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HiddenDotsTest {
    private static boolean hidden(String target) {
        return HiddenDots.in(
                Objects.requireNonNull(RequestPath.of(target), target).path());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..%2fa",
                "/%2e%2e%2fa",
                "/a%2f..",
                "/a%2f.",
                "/.%2fa",
                "/a\\..\\b",
                "/a%5c..",
                "/..;/a",
                "/.;x",
                "/..;",
                "/..%3bx/a",
                "/%252e%252e/a",
                "/%252e%2e/a",
                "/%25252525252e./a",
                "/..%252fa",
                "/a%00",
                "/%2500",
                "/..\\a"
            })
    void findsWhatAnotherReaderCouldTakeForDots(String target) {
        assertThat(hidden(target)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a",
                "/../a",
                "/%2e%2e/a",
                "/...%2fa",
                "/a..%2fb",
                "/..a%2fb",
                "/a%2fb",
                "/a\\b",
                "/a;..",
                "/;..;a",
                "/%25",
                "/%252",
                "/%2525",
                "/a%2520b",
                "/a%25zz",
                "/%2f%2f",
                "/.%20",
                "/..%20%2fa",
                "/caf%c3%a9%2f.x"
            })
    void findsNoneInWhatOnlyLooksLikeThem(String target) {
        assertThat(hidden(target)).isFalse();
    }
}
