package io.gatehouse.plugins.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderNameTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // the name that a user wrote, the headers, what is found
                "x-a, x-a=1 X-A=2, 1 2",
                "x_a, X-A=1 x-a=2, 1 2",
                "x_a, X-A=1 X_A=2, 2",
                "X_a-b, x-A-B=1, 1",
                "x-a, x_a=1, -",
                "x_a, xa=1, -",
            })
    void findsTheNameOrElseTheHyphenatedOne(String name, String sent, @Nullable String found) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (String header : sent.split(" ", -1)) {
            String[] parts = header.split("=", -1);
            headers.add(parts[0], parts[1]);
        }
        List<String> values = found == null ? List.of() : Arrays.asList(found.split(" ", -1));

        assertThat(HeaderName.of(name).all(headers)).isEqualTo(values);
        assertThat(HeaderName.of(name).first(headers)).isEqualTo(values.isEmpty() ? null : values.get(0));
    }

    @Test
    void removesTheHeaderUnderEitherName() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.add("x_a", "1").add("X-A", "2").add("x-b", "3");

        HeaderName.of("x_a").remove(headers);

        assertThat(headers.names()).containsExactly("x-b");
        assertThat(HeaderName.of("x_a").names()).containsExactly("x_a", "x-a");
        assertThat(HeaderName.of("x-b").names()).containsExactly("x-b");
    }
}
