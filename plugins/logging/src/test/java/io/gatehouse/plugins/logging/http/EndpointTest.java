package io.gatehouse.plugins.logging.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "http://sink, http://sink, /",
        "HTTPS://sink.example/a/b?c=d, https://sink.example, /a/b",
        "http://sink:8080?x, http://sink:8080, /",
        "https://sink:443/a#b, https://sink, /a",
        "http://[::1]:9/x, http://[::1]:9, /x",
        "http://my_sink/, http://my_sink, /",
        "http://user:p@ss@sink:81/, http://sink:81, /",
    })
    void readsUrls(String url, String target, String path) {
        Endpoint endpoint = of(url);

        assertThat(endpoint.target().toString()).isEqualTo(target);
        assertThat(endpoint.path()).isEqualTo(path);
    }

    @Test
    void makesBasicAuthenticationOfTheUser() {
        assertThat(of("http://user:p@ss@sink/").authorization())
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString("user:p@ss".getBytes(StandardCharsets.UTF_8)));
        assertThat(of("http://sink/").authorization()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3cret",
                "ftp://s3cret@sink",
                "http://",
                "http://s3cret@/",
                "http://s3cret@sink:0",
                "http://s3cret@sink:x",
                "http://s3cret@sink/a b",
                "http://s3 cret.example/"
            })
    void refusesOthersWithoutShowingThem(String url) {
        assertThatThrownBy(() -> of(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a URL")
                .hasMessageContaining("expected: ")
                .hasMessageNotContaining("cret");
    }

    private static Endpoint of(String url) {
        return Endpoint.of(url, true, Duration.ofSeconds(10));
    }
}
