package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DateHeaderTest {
    private long millis;

    private final DateHeader date = new DateHeader(() -> millis);

    @Test
    void isWrittenOnceASecond() {
        millis = 784_111_777_000L;
        String first = date.now();
        assertThat(first).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
        millis += 999;
        assertThat(date.now()).isSameAs(first);
        millis += 1;
        assertThat(date.now()).isEqualTo("Sun, 06 Nov 1994 08:49:38 GMT");
    }
}
