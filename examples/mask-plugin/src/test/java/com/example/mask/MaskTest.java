package com.example.mask;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The plugin alone: no sockets, runs in milliseconds. */
class MaskTest {
    private final PluginTester tester =
            PluginTester.of(new MaskFactory(), new MaskConfig(List.of("secret", "password"), "***"));

    @AfterEach
    void close() {
        tester.close();
    }

    @Test
    void masksAWordThatComesInPieces() {
        tester.upstream(Upstream.streams("my se", "cre", "t is a pass", "wort"));

        TestExchange exchange = tester.get("/").send();

        assertThat(exchange.text()).isEqualTo("my *** is a passwort");
        assertThat(tester.counter("masked_total")).isEqualTo(1);
    }

    @Test
    void passesOnAtOnceWhatIsNoBeginningOfAWord() {
        ManualUpstream upstream = new ManualUpstream();
        tester.upstream(upstream);
        TestExchange exchange = tester.get("/").send();

        upstream.call().respond(200).write("data: 1\n\n");
        assertThat(exchange.text()).isEqualTo("data: 1\n\n");
        upstream.call().write("data: sec");
        assertThat(exchange.text()).isEqualTo("data: 1\n\ndata: ");
        upstream.call().end();
        assertThat(exchange.text()).isEqualTo("data: 1\n\ndata: sec");
    }

    @Test
    void looksIntoCompressedAnswers() {
        tester.upstream(Upstream.streams("a secret").gzip());

        TestExchange exchange = tester.get("/").send();

        assertThat(exchange.text()).isEqualTo("a ***");
        assertThat(exchange.header("Content-Encoding")).isNull();
    }

    @Test
    void letsNoWebSocketThrough() {
        tester.upstream(Upstream.streams("a secret"));

        TestExchange exchange = tester.get("/").header("Upgrade", "websocket").send();

        assertThat(exchange.upstreamRequest().header("Upgrade")).isNull();
    }

    @Test
    void refusesWhatItCannotLookInto() {
        tester.upstream(Upstream.streams("a secret").header("Content-Encoding", "br"));

        assertThat(tester.get("/").send().status()).isEqualTo(502);
    }

    @Test
    void neverMakesHalfAnAnswerLookWhole() {
        tester.upstream(Upstream.streams("a sec").thenDies(FailureKind.RESET));

        TestExchange exchange = tester.get("/").send();

        assertThat(exchange.bodyEnd().complete()).isFalse();
        assertThat(exchange.bodyEnd().failure().kind()).isEqualTo(FailureKind.RESET);
    }

    @Test
    void freesTheUpstreamOfAClientThatLeaves() {
        ManualUpstream upstream = new ManualUpstream();
        tester.upstream(upstream);
        TestExchange exchange = tester.get("/").send();
        upstream.call().respond(200).write("a sec");
        exchange.clientLeaves();

        assertThat(upstream.call().isCancelled()).isTrue();
    }
}
