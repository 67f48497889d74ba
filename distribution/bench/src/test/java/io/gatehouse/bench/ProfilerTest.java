package io.gatehouse.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProfilerTest {
    @Test
    void sumsSamplesByMethodAndWithWhatItCalls() {
        String top = Profiler.top(
                List.of(
                        "a/A.run;io/gatehouse/B.work;write;sys_[k] 30",
                        "a/A.run;io/gatehouse/B.work 20",
                        "a/A.run;a/A.run;read 40",
                        "compile 10"),
                10);
        assertThat(top)
                .containsSubsequence(
                        "by itself",
                        "50.0 %  io/gatehouse/B.work",
                        "40.0 %  a/A.run",
                        "10.0 %  (no Java method",
                        "Gatehouse",
                        "50.0 %  io/gatehouse/B.work",
                        "libraries",
                        "90.0 %  a/A.run");
    }
}
