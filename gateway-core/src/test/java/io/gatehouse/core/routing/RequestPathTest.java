package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestPathTest {
    private static String path(String target) {
        return requireNonNull(RequestPath.of(target)).path();
    }

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/a/b/, /a/b/",
        "//, /",
        "/////, /",
        "/a//b//, /a/b/",
        "/., /",
        "/./, /",
        "/.., /",
        "/../, /",
        "/./.././../, /",
        "/../../a, /a",
        "/a/b/c/./../../g, /a/g",
        "/a/.., /",
        "/a/b/.., /a/",
        "/a/., /a/",
        "/a//../b, /b",
        "/a/..b/.c/..., /a/..b/.c/...",
        "/%2e%2E/a, /a",
        "/a/%2e./b, /b",
        "/%2E, /",
        "/%6B%6f%6e%67, /kong",
        "/a%2fb%2Fc/, /a%2Fb%2Fc/",
        "/%41%7e%2d, /A~-",
        "/a%20b, '/a b'",
        "/%25%32%35, /%2525",
    })
    void normalises(String target, String expected) {
        assertThat(path(target)).isEqualTo(expected);
    }

    @Test
    void keepsReservedBytesEscapedInUpperCase() {
        String reserved = "/%21%23%24%25%26%27%28%29%2a%2b%2c%2f%3a%3b%3d%3f%40%5b%5d";

        assertThat(path(reserved)).isEqualTo(reserved.toUpperCase(java.util.Locale.ROOT));
    }

    @Test
    void decodesUtf8AndKeepsOtherBytesEscaped() {
        assertThat(path("/endel%C3%B8st/%f0%9f%98%80")).isEqualTo("/endel\u00f8st/\ud83d\ude00");
        assertThat(path("/%c3/%99%af/%c0%80/%ed%a0%80/%e2%82%2f")).isEqualTo("/%C3/%99%AF/%C0%80/%ED%A0%80/%E2%82%2F");
    }

    @Test
    void separatesPathAndQuery() {
        RequestPath path = requireNonNull(RequestPath.of("/a/../b?x=%zz&y=/../?"));

        assertThat(path.raw()).isEqualTo("/a/../b");
        assertThat(path.path()).isEqualTo("/b");
        assertThat(path.query()).isEqualTo("?x=%zz&y=/../?");
        assertThat(requireNonNull(RequestPath.of("/a?")).query()).isEqualTo("?");
        assertThat(requireNonNull(RequestPath.of("/a")).query()).isEmpty();
    }

    @Test
    void returnsTheSameStringWhenNothingIsToBeDone() {
        String clean = "/v1/chat/completions/..x/.y/z.";

        RequestPath path = requireNonNull(RequestPath.of(clean));

        assertThat(path.raw()).isSameAs(clean);
        assertThat(path.path()).isSameAs(clean);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/%", "/%4", "/%4g", "/%g4", "/a%2", "/%%41", "/%2%35", "", "*", "a", "?x", "http://a/b"})
    void refusesMalformedTargets(String target) {
        assertThat(RequestPath.of(target)).isNull();
    }

    @Test
    void isIdempotentAndNeverLeavesTheRoot() {
        Random random = new Random(99);
        String[] parts = {
            "/", "/", ".", "..", "a", "%2e", "%2F", "%25", "%41", "%C3", "%B8", "%e2%82%ac", "%00", " ", "%5c", "~"
        };
        for (int i = 0; i < 20_000; i++) {
            StringBuilder target = new StringBuilder("/");
            for (int n = random.nextInt(12); n > 0; n--) {
                target.append(parts[random.nextInt(parts.length)]);
            }

            String once = path(target.toString());

            assertThat(RequestPath.normalise(once)).as(target.toString()).isSameAs(once);
            assertThat(once + "/").startsWith("/").doesNotContain("/./", "/../");
            assertThat(path(UpstreamPath.escape(once))).as(target.toString()).isEqualTo(once);
        }
    }
}
