package io.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.LedgerRecord;
import io.netty.buffer.ByteBufAllocator;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class GatewayExtensionTest {
    private final GatewayExtension gateway = GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - {name: llm, url: "https://api.openai.com", routes: [{name: chat, paths: [/llm]}]}
            """).idleLimit(Duration.ofSeconds(5));
    private boolean ended;

    @BeforeEach
    void start() throws Exception {
        gateway.startOne();
    }

    @AfterEach
    void end() throws Exception {
        if (!ended) {
            gateway.endOne();
        }
    }

    @Test
    void putsTheSimulatorBehindARealGateway() throws Exception {
        HttpResponse<String> response = gateway.post(
                "/llm/v1/chat/completions",
                "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
                "X-Test",
                "1");

        assertThat(response.statusCode()).isEqualTo(200);
        LedgerRecord seen = gateway.simulator().ledger().records().get(0);
        assertThat(seen.host()).isEqualTo("api.openai.com");
        assertThat(seen.header("X-Test")).isEqualTo("1");
        assertThat(gateway.metric("gatehouse_requests_total")).isEqualTo(1);
        assertThat(gateway.metric("gatehouse_exchanges_aborted_total", "by", "client"))
                .isZero();
    }

    @Test
    void reloadsAndTellsWhatIsWrong() throws Exception {
        assertThat(gateway.reload("services: [{name: llm, port: 70000}]"))
                .anySatisfy(problem -> assertThat(problem).contains("70000"));
        assertThat(gateway.get("/llm/v1/models").statusCode()).isEqualTo(200);

        assertThat(gateway.reload("_format_version: \"3.0\"")).isEmpty();
        assertThat(gateway.get("/llm/v1/models").statusCode()).isEqualTo(404);
    }

    @Test
    void turnsRedOnAnErrorThatNobodyAnnounced() {
        LoggerFactory.getLogger("planted").error("something broke");

        turnsRed("the error log is not clean", "something broke");
    }

    @Test
    void staysGreenOnAnErrorThatWasAnnounced() {
        gateway.expectError("something broke");

        LoggerFactory.getLogger("planted").error("something broke", new IllegalStateException("why"));

        assertThatCode(gateway::endOne).doesNotThrowAnyException();
        ended = true;
    }

    @Test
    void turnsRedOnAnAnnouncedErrorThatNeverCame() {
        gateway.expectError("never");

        turnsRed("announced, but not in the error log", "never");
    }

    @Test
    void turnsRedOnALostBuffer() {
        for (int i = 0; i < 100; i++) {
            ByteBufAllocator.DEFAULT.directBuffer(1024).writeByte(i);
        }

        turnsRed("the error log is not clean", "LEAK");
    }

    @Test
    void turnsRedOnAnExchangeThatDoesNotEnd() {
        gateway.simulator().behaviour(Behaviour.builder().delayMs(60_000).build());
        var answer = gateway.client()
                .sendAsync(gateway.request("/llm/v1/models").build(), HttpResponse.BodyHandlers.discarding());
        while (gateway.gateway().inFlight() == 0 && !answer.isDone()) {
            Thread.onSpinWait();
        }

        turnsRed("exchanges in flight: 1");
        assertThat(answer).failsWithin(Duration.ofSeconds(30));
    }

    private void turnsRed(String... words) {
        ended = true;
        assertThatThrownBy(gateway::endOne)
                .isInstanceOf(AssertionError.class)
                .satisfies(error -> assertThat(error.getMessage()).contains(List.of(words)));
    }
}
