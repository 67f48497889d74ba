package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.config.Nearest;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChecksTest {
    @Test
    void takesEveryFormOfAHostThatRoutesKnow() {
        for (String host : List.of(
                "a",
                "a.example.com",
                "*.a.com",
                "a.*",
                "a.com:80",
                "*.a.com:8443",
                "127.0.0.1",
                "::1",
                "[::1]:80",
                "a_b.example.com")) {
            assertThat(Checks.routeHost(host)).as(host).isNull();
        }
        for (String host :
                List.of("", "*", "a.*.com", "*.a.*", "*a.com", "a.com:99999", "a.com:", "a/b", "[::1", "[::1]80")) {
            assertThat(Checks.routeHost(host)).as(host).isNotNull();
        }
    }

    @Test
    void hintsOnlyAtNamesThatAreNear() {
        List<String> names = List.of("read_timeout", "write_timeout", "protocols", "protocol", "tags");

        assertThat(Nearest.to("raed_timeout", names)).isEqualTo("read_timeout");
        assertThat(Nearest.to("protocl", names)).isEqualTo("protocol");
        assertThat(Nearest.to("tag", names)).isEqualTo("tags");
        assertThat(Nearest.to("x", names)).isNull();
        assertThat(Nearest.to("upstream", names)).isNull();
    }
}
