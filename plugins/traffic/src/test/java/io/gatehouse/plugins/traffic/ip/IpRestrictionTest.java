package io.gatehouse.plugins.traffic.ip;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpRestrictionTest {
    @Test
    void mapsEveryField() {
        try (PluginTester tester = tester("{allow: [10.0.0.0/8], deny: [\"::1\"], status: 401, message: refused}")) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config())
                    .isEqualTo(new IpRestrictionConfig(List.of("10.0.0.0/8"), List.of("::1"), 401, "refused"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hello",
                "0.0.0.0/a",
                "0.0.0.0/-1",
                "0.0.0.0/33",
                "::/a",
                "::/-1",
                "::/129",
                "::1/a",
                "::1/129",
                "1.2.3",
                "256.1.1.1",
                "1.2.3.4.5",
                "::1::",
                "01.2.3.4",
                "1.2.3.4/",
                "localhost",
                "12345::"
            })
    void refusesWhatIsNoAddress(String entry) {
        try (PluginTester tester = tester("{allow: [127.0.0.1, '" + entry + "'], deny: ['" + entry + "']}")) {
            assertThat(tester.problems())
                    .containsExactly(
                            "allow[1]: invalid ip or cidr range: '" + entry + "'",
                            "deny[0]: invalid ip or cidr range: '" + entry + "'");
        }
    }

    @Test
    void wantsOneList() {
        try (PluginTester tester = tester("{allow: [], deny: []}")) {
            assertThat(tester.problems()).singleElement().asString().contains("at least one of these fields");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{deny: [127.0.0.1, 127.0.0.2]}|127.0.0.1|403",
                "{deny: [127.0.0.2]}|127.0.0.1|200",
                "{allow: [127.0.0.2]}|127.0.0.1|403",
                "{allow: [127.0.0.1]}|127.0.0.1|200",
                "{deny: [127.0.0.0/24]}|127.0.0.255|403",
                "{deny: [127.0.0.0/24]}|127.0.1.0|200",
                "{allow: [10.1.2.128/25]}|10.1.2.127|403",
                "{allow: [10.1.2.128/25]}|10.1.2.129|200",
                "{allow: [0.0.0.0/0]}|203.0.113.9|200",
                "{allow: [0.0.0.0/0]}|::1|403",
                "{allow: [127.0.0.1], deny: [127.0.0.1]}|127.0.0.1|403",
                "{allow: [127.0.0.0/24], deny: [127.0.0.1]}|127.0.0.1|403",
                "{allow: [127.0.0.0/24], deny: [127.0.0.1]}|127.0.0.2|200",
                "{deny: ['::1', '::2']}|::1|403",
                "{deny: ['::2']}|::1|200",
                "{deny: ['fe80::/8']}|fe80::7%eth0|403",
                "{allow: ['::/0']}|2001:db8::1|200",
                "{allow: ['::1/128']}|::1|200",
                "{allow: ['2001:db8::/33']}|2001:db8:8000::1|403",
                "{allow: ['2001:db8::/33']}|2001:db8:7fff::1|200",
                "{deny: [192.0.2.1]}|::ffff:192.0.2.1|403",
                "{deny: ['::ffff:192.0.2.1']}|192.0.2.1|403",
                "{deny: [192.0.2.1]}|unix|403",
            })
    void letsInWhoKongLetsIn(String yaml, String client, int status) {
        try (PluginTester tester = tester(yaml)) {
            TestExchange exchange = tester.get("/").clientAddress(client).send();

            assertThat(exchange.status()).isEqualTo(status);
            if (status != 200) {
                assertThat(exchange.message()).isEqualTo("IP address not allowed: " + client);
                assertThat(exchange.upstreamRequests()).isEmpty();
            }
        }
    }

    @Test
    void refusesInTheWordsThatAreConfigured() {
        try (PluginTester tester = tester("{deny: [127.0.0.0/24], status: 401, message: Forbidden}")) {
            TestExchange exchange = tester.get("/").clientAddress("127.0.0.1").send();

            assertThat(exchange.status()).isEqualTo(401);
            assertThat(exchange.message()).isEqualTo("Forbidden");
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new IpRestrictionFactory(), yaml);
    }
}
