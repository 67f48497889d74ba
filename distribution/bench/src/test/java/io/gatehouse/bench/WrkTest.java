package io.gatehouse.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WrkTest {
    private static final String OUTPUT = """
            Running 3s test @ http://127.0.0.1:1234/
              1 threads and 32 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency   668.99us  379.77us  11.47ms   87.99%
                Req/Sec    49.61k     4.18k   54.82k    82.00%
              Latency Distribution
                 50%  541.00us
                 75%  789.00us
                 90%    1.06ms
                 99%    2.25ms
              148000 requests in 2.96s, 150.59MB read
              Socket errors: connect 1, read 2, write 0, timeout 4
              Non-2xx or 3xx responses: 10
            Requests/sec:  50000.00
            Transfer/sec:     50.87MB
            """;

    @Test
    void readsThroughputLatencyAndFailures() throws IOException {
        Map<String, Double> figures = Wrk.figures(OUTPUT, 2_960_000);
        assertThat(figures)
                .containsEntry("per_second", 50_000.0)
                .containsEntry("p50_ms", 0.541)
                .containsEntry("p99_ms", 2.25)
                .containsEntry("cpu_us", 20.0)
                .containsEntry("failed", 17.0);
    }

    @Test
    void countsATurnWithoutAnswersAsFailed() throws IOException {
        assertThat(Wrk.figures("  0 requests in 1.00s, 0.00B read\n", 0))
                .containsEntry("per_second", 0.0)
                .containsEntry("failed", 1.0)
                .doesNotContainKey("cpu_us");
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        assertThatThrownBy(() -> Wrk.figures("unable to connect", 0))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unable to connect");
    }
}
