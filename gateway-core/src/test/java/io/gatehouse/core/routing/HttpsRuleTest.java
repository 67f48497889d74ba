package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpsRuleTest {
    @Test
    void letsHttpsAndOtherRoutesPass() {
        assertThat(HttpsRule.decide(true, 426, "https", "a.b", "/x")).isNull();
        assertThat(HttpsRule.decide(false, 426, "http", "a.b", "/x")).isNull();
    }

    @Test
    void asksForAnUpgrade() {
        HttpsRule rule = HttpsRule.decide(true, 426, "http", "a.b", "/x");

        assertThat(rule).isInstanceOfSatisfying(HttpsRule.UpgradeRequired.class, upgrade -> {
            assertThat(upgrade.connection()).isEqualTo("Upgrade");
            assertThat(upgrade.upgrade()).isEqualTo("TLS/1.2, HTTP/1.1");
        });
        assertThat(HttpsRule.UPGRADE_MESSAGE).isEqualTo("Please use HTTPS protocol");
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void redirectsToTheRawAddress(int status) {
        assertThat(HttpsRule.decide(true, status, "http", "a.b", "/x//%2e?y=1&"))
                .isEqualTo(new HttpsRule.Redirect(status, "https://a.b/x//%2e?y=1&"));
    }

    @Test
    void refusesOtherStatuses() {
        assertThatThrownBy(() -> HttpsRule.decide(true, 303, "http", "a.b", "/"))
                .hasMessage("https_redirect_status_code: 303 (expected: 426, 301, 302, 307 or 308)");
    }

    @Test
    void knowsRoutesThatServeHttpsOnly() {
        assertThat(RouteRule.rule("i", "p").protocols("https").build().httpsOnly())
                .isTrue();
        assertThat(RouteRule.rule("i", "p").protocols("http", "https").build().httpsOnly())
                .isFalse();
        assertThat(RouteRule.rule("i", "p").protocols("http").build().httpsOnly())
                .isFalse();
    }
}
