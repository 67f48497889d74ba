package io.gatehouse.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.net.InetAddress;
import java.net.UnknownHostException;
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
                "1.2.3.4:80",
                "01.2.3.4",
                "1.2.3.4.5",
                "1..2.3",
                ":",
                ":1",
                "1:",
                ":::",
                "1::2::3",
                "12345::",
                "g::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4::5:6:7:8",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::1.2.3.256",
                "::1.2.3.4:5"
            })
    void refusesWhatIsNone(String text) {
        assertThat(AddressRange.of(text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "255.255.255.255",
                "100.20.3.0",
                "::",
                "::1",
                "1::",
                "1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7::",
                "::2:3:4:5:6:7:8",
                "1::8",
                "2001:DB8:00ff::1a",
                "::1.2.3.4",
                "64:ff9b::192.0.2.33",
                "1:2:3:4:5:6:192.0.2.33"
            })
    void readsWhatJavaReads(String text) throws UnknownHostException {
        assertThat(AddressRange.address(text))
                .isEqualTo(InetAddress.getByName(text).getAddress());
    }
}
