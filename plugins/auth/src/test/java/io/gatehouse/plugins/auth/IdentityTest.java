package io.gatehouse.plugins.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IdentityTest {
    @Test
    void namesThatNoHeaderCanHoldArePercentEncoded() {
        assertThat(Identity.printable("plain \u00fc")).isEqualTo("plain \u00c3\u00bc");
        assertThat(Identity.printable("a\r\nX-B: c\u001b[31m\u007f\t\u000b%"))
                .isEqualTo("a%0D%0AX-B: c%1B[31m%7F%09%0B%");
        assertThat(Identity.printable("\n\u65e5")).isEqualTo("%0A\u00e6\u0097\u00a5");
    }
}
