package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class AddressRangeTest {
    static Stream<Arguments> memberships() {
        return Stream.of(
                arguments("10.0.0.1", "10.0.0.1", true),
                arguments("10.0.0.1", "10.0.0.2", false),
                arguments("10.0.0.0/8", "10.255.255.255", true),
                arguments("10.0.0.0/8", "11.0.0.0", false),
                arguments("192.168.128.0/17", "192.168.255.1", true),
                arguments("192.168.128.0/17", "192.168.127.255", false),
                arguments("10.0.0.0/31", "10.0.0.1", true),
                arguments("10.0.0.0/31", "10.0.0.2", false),
                arguments("0.0.0.0/0", "203.0.113.7", true),
                arguments("0.0.0.0/0", "::1", false),
                arguments("::/0", "2001:db8::1", true),
                arguments("::/0", "10.0.0.1", false),
                arguments("2001:db8::/33", "2001:db8:7fff::1", true),
                arguments("2001:db8::/33", "2001:db8:8000::1", false),
                arguments("10.0.0.0/8", "::ffff:10.1.2.3", true),
                arguments("::ffff:10.0.0.1", "10.0.0.1", true));
    }

    @ParameterizedTest
    @MethodSource("memberships")
    void holdsWhatBeginsWithTheSameBits(String range, String address, boolean in) {
        assertThat(AddressRange.of(range).contains(AddressRange.address(address)))
                .isEqualTo(in);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "10.0.0",
                "10.0.0.256",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/8/8",
                "::/129",
                "::1%lo",
                "[::1]",
                "localhost",
                "10.0.0.1 ",
                "1.2.3.4:80"
            })
    void refusesWhatIsNone(String text) {
        assertThat(AddressRange.of(text)).isNull();
    }
}
