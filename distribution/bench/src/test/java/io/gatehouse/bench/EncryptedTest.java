package io.gatehouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class EncryptedTest {
    private static final String OUTPUT = """
            starting benchmark...
            finished in 2.00s, 7400.50 req/s, 6.92MB/s
            requests: 14811 total, 14831 started, 14811 done, 14800 succeeded, 5 failed, 6 errored, 1 timeout
            status codes: 14800 2xx, 0 3xx, 0 4xx, 5 5xx
            """;

    @Test
    void readsThroughputCostAndFailures() throws IOException {
        assertThat(Encrypted.figures(OUTPUT, 1_480_000))
                .containsEntry("per_second", 7400.5)
                .containsEntry("cpu_us", 100.0)
                .containsEntry("failed", 12.0);
    }

    @Test
    void showsWhatIsNotUnderstood() {
        assertThatThrownBy(() -> Encrypted.figures("h2load: cannot", 1)).hasMessageContaining("h2load: cannot");
    }
}
