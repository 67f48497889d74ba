package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final long NOW = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1                               | 1000
            ' 20 '                          | 20000
            0060                            | 60000
            61                              | 60000
            999999999999                    | 60000
            99999999999999999999999999      | 60000
            Thu, 01 Jan 2026 00:00:05 GMT   | 5000
            Thu, 1 Jan 2026 00:00:05 GMT    | 5000
            Fri, 01 Jan 2027 00:00:00 GMT   | 60000
            Fri, 31 Dec 9999 23:59:59 GMT   | 60000
            """)
    void waitsAsLongAsItSaysUpToTheCap(String header, long millis) {
        assertThat(RetryAfter.millis(header, NOW)).isEqualTo(millis);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "0",
                "-1",
                "+5",
                "1.5",
                "5s",
                "soon",
                "٣",
                "Wed, 31 Dec 2025 23:59:59 GMT",
                "Mon, 01 Jan 2026 00:00:05 GMT",
                "2026-01-01T00:00:05Z"
            })
    void doesNotWaitForWhatIsNoTimeToCome(String header) {
        assertThat(RetryAfter.millis(header, NOW)).isZero();
    }
}
