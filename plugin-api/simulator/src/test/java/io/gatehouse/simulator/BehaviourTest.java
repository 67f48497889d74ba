package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BehaviourTest {
    @Test
    void readsTheHeaderForm() {
        Behaviour read = Behaviour.fromHeader("status=429; retry_after=1, cut=close;usage=last_chunk;gzip=true");
        assertThat(read)
                .isEqualTo(Behaviour.builder()
                        .status(429)
                        .retryAfter("1")
                        .cut(Behaviour.Cut.CLOSE)
                        .usage(Behaviour.Usage.LAST_CHUNK)
                        .gzip(Behaviour.Gzip.ON)
                        .build());
    }

    @Test
    void survivesTheWayThroughJson() {
        Behaviour all = Behaviour.builder()
                .status(500)
                .error("{\"a\":1}")
                .contentType("text/html")
                .retryAfter("soon")
                .header("X-A", "b")
                .delayMs(1)
                .firstEventDelayMs(2)
                .eventDelayMs(3)
                .jitterMs(4)
                .events(5)
                .bodySize(6)
                .cutAfter(-1)
                .cut(Behaviour.Cut.RESET)
                .stallAfter(8)
                .usage(Behaviour.Usage.NULL)
                .gzip(Behaviour.Gzip.GARBAGE)
                .gate("g")
                .build();
        assertThat(Behaviour.fromJson(all.toJson())).isEqualTo(all);
    }

    @Test
    void namesAnUnknownField() {
        assertThatThrownBy(() -> Behaviour.fromJson("{\"statsu\":1}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("statsu: unknown field");
    }

    @Test
    void namesTheOffendingAndTheExpectedValue() {
        assertThatThrownBy(() -> Behaviour.fromHeader("status=99")).hasMessage("status: 99 (expected: 200-599)");
        assertThatThrownBy(() -> Behaviour.fromHeader("events=many"))
                .hasMessage("events: many (expected: a whole number)");
        assertThatThrownBy(() -> Behaviour.fromHeader("cut=half")).hasMessageContaining("[reset, close]");
    }

    @Test
    void winsFieldByField() {
        Behaviour base = Behaviour.builder().status(500).delayMs(10).build();
        Behaviour over = Behaviour.builder().status(503).build().over(base);
        assertThat(over).isEqualTo(Behaviour.builder().status(503).delayMs(10).build());
    }

    @Test
    void ranksScopes() {
        Rules rules = new Rules(Behaviour.NORMAL);
        rules.set(Scope.all().model("m"), Behaviour.builder().status(501).build());
        rules.set(Scope.all().host("H:80"), Behaviour.builder().status(502).build());
        rules.set(Scope.all().next(1), Behaviour.builder().status(503).build());
        rules.set(Scope.all().next(1), Behaviour.builder().status(504).build());
        assertThat(rules.of("h", "m").status).isEqualTo(503);
        assertThat(rules.of("h", "m").status).isEqualTo(504);
        assertThat(rules.of("h", "m").status).isEqualTo(502);
        assertThat(rules.of("x", "m").status).isEqualTo(501);
        assertThat(rules.of("x", "y").status).isNull();
    }
}
