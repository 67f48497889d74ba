package io.gatehouse.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.Caller.Raw;
import java.io.ByteArrayInputStream;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behaviours, and what the ledger says of them. */
class LedgerIT {
    private final LlmSimulator simulator = LlmSimulator.startAndAwait(
            SimulatorOptions.builder().ledgerCapacity(3).ledgerBodyBytes(100).build());

    @AfterEach
    void stop() {
        simulator.close();
    }

    private LedgerRecord ended() {
        return Caller.get(simulator.ledger().awaitEnded(1, Caller.LIMIT)).get(0);
    }

    @Test
    void recordsARequestAndItsAnswer() {
        HttpResponse<String> response = Caller.post(
                simulator,
                Caller.CHAT + "?a=b",
                Caller.HELLO,
                "Host",
                "API.openai.com:443",
                "Authorization",
                "Bearer k",
                "X-Two",
                "1",
                "X-Two",
                "2");
        LedgerRecord record = ended();
        assertThat(record.host()).isEqualTo("api.openai.com");
        assertThat(record.method()).isEqualTo("POST");
        assertThat(record.path()).isEqualTo(Caller.CHAT);
        assertThat(record.query()).isEqualTo("a=b");
        assertThat(record.authorization()).isEqualTo("Bearer k");
        assertThat(record.headers().stream().filter(h -> h.getKey().equalsIgnoreCase("x-two")))
                .hasSize(2);
        assertThat(record.bodyText()).isEqualTo(Caller.HELLO);
        assertThat(record.bodyLength()).isEqualTo(Caller.HELLO.length());
        assertThat(record.bodySha256()).isEqualTo(LedgerEntry.sha256(Caller.HELLO.getBytes(StandardCharsets.UTF_8)));
        assertThat(record.model()).isEqualTo("gpt-4o");
        assertThat(record.stream()).isFalse();
        assertThat(record.status()).isEqualTo(200);
        assertThat(record.totalTokens()).isEqualTo(9);
        assertThat(record.bytesSent()).isEqualTo(response.body().length());
        assertThat(record.end()).isEqualTo(LedgerRecord.End.SENT);
    }

    @Test
    void keepsTheBeginningOfALongBodyAndTheHashOfAll() {
        String body = Caller.HELLO.replace("hello", "hello ".repeat(100));
        Caller.post(simulator, Caller.CHAT, body);
        LedgerRecord record = ended();
        assertThat(record.body()).hasSize(100);
        assertThat(record.bodyLength()).isEqualTo(body.length());
        assertThat(record.bodySha256()).isEqualTo(LedgerEntry.sha256(body.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void forgetsOldRecordsButNoSum() {
        for (int i = 0; i < 5; i++) {
            Caller.post(simulator, Caller.CHAT, Caller.HELLO, "Host", i < 2 ? "a" : "b");
        }
        Caller.get(simulator.ledger().awaitIdle(Caller.LIMIT));
        Caller.get(simulator.ledger().await(3, LedgerRecord::ended, Caller.LIMIT));
        assertThat(simulator.ledger().records())
                .extracting(LedgerRecord::sequence)
                .containsExactly(3L, 4L, 5L);
        assertThat(simulator.ledger().total().wholePromptTokens()).isEqualTo(15);
        assertThat(simulator.ledger().summary().get(new Ledger.Key("a", "gpt-4o")))
                .satisfies(sums -> assertThat(sums.totalTokens()).isEqualTo(18));
        JsonNode summary = Caller.json(Caller.send(simulator, "GET", "/__simulator/ledger/summary", ""));
        assertThat(summary.at("/hosts/1/requests").asInt()).isEqualTo(3);
        assertThat(summary.at("/total/total_tokens").asInt()).isEqualTo(45);
        assertThat(Caller.json(Caller.send(simulator, "GET", "/__simulator/ledger?host=b&limit=2", ""))
                        .path("records")
                        .size())
                .isEqualTo(2);
        Caller.send(simulator, "DELETE", "/__simulator/ledger", "");
        assertThat(simulator.ledger().records()).isEmpty();
    }

    @Test
    void answersWithTheStatusTold() {
        simulator.behaviour(
                Scope.all().host("api.mistral.ai").next(1),
                Behaviour.builder().status(429).retryAfter("7").build());
        assertThat(Caller.post(simulator, Caller.CHAT, Caller.HELLO).statusCode())
                .isEqualTo(200);
        HttpResponse<String> told = Caller.post(simulator, Caller.CHAT, Caller.HELLO, "Host", "api.mistral.ai");
        assertThat(told.statusCode()).isEqualTo(429);
        assertThat(told.headers().firstValue("retry-after")).hasValue("7");
        assertThat(Caller.json(told).at("/error/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(Caller.post(simulator, Caller.CHAT, Caller.HELLO, "Host", "api.mistral.ai")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void obeysTheHeaderAndRefusesAWrongOne() {
        assertThat(Caller.post(simulator, Caller.CHAT, Caller.HELLO, "X-Simulator", "error=<html>;status=200")
                        .body())
                .isEqualTo("<html>");
        HttpResponse<String> wrong = Caller.post(simulator, Caller.CHAT, Caller.HELLO, "X-Simulator", "speed=1");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("speed: unknown field");
    }

    @ParameterizedTest
    @ValueSource(strings = {"omitted", "null", "garbage"})
    void spoilsUsage(String usage) {
        JsonNode json = Caller.json(Caller.post(simulator, Caller.CHAT, Caller.HELLO, "X-Simulator", "usage=" + usage));
        assertThat(json.path("choices").size()).isEqualTo(1);
        assertThat(json.path("usage").path("total_tokens").isInt()).isFalse();
        assertThat(json.has("usage")).isEqualTo(!usage.equals("omitted"));
    }

    @Test
    void compressesEventsOneByOne() throws Exception {
        try (Raw client = new Raw(simulator.port())) {
            String body = Caller.streaming(Caller.HELLO);
            client.send("POST /v1/chat/completions HTTP/1.0\r\nHost: h\r\nX-Simulator: gzip=on\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body);
            String answer = client.rest();
            byte[] zipped = answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1);
            String plain = new String(
                    new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes(), StandardCharsets.UTF_8);
            assertThat(Caller.events(plain)).hasSize(10);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3})
    void cutsAStreamByAReset(int after) throws Exception {
        simulator.behaviour(Behaviour.builder().cutAfter(after).build());
        try (Raw client = new Raw(simulator.port())) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO));
            assertThatThrownBy(client::rest).isInstanceOf(SocketException.class);
        }
        LedgerRecord record = ended();
        assertThat(record.end()).isEqualTo(LedgerRecord.End.CUT);
        assertThat(record.eventsSent()).isEqualTo(Math.max(0, after));
        assertThat(record.status()).isEqualTo(after < 0 ? 0 : 200);
        assertThat(record.completionTokens()).isEqualTo(Math.max(0, after - 1));
    }

    @Test
    void cutsByAPlainCloseInTheMiddleOfTheBody() throws Exception {
        simulator.behaviour(
                Behaviour.builder().cutAfter(1).cut(Behaviour.Cut.CLOSE).build());
        try (Raw client = new Raw(simulator.port())) {
            String answer = client.post(Caller.CHAT, Caller.HELLO).rest();
            assertThat(answer).contains("content-length: ").doesNotContain("usage");
        }
        assertThat(ended().end()).isEqualTo(LedgerRecord.End.CUT);
    }

    @Test
    void stallsUntilThePeerLeaves() throws Exception {
        simulator.behaviour(Behaviour.builder().stallAfter(2).build());
        try (Raw client = new Raw(simulator.port())) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO)).until("Simulated");
            LedgerRecord open = Caller.get(simulator.ledger().await(LedgerRecord::stalled, Caller.LIMIT));
            assertThat(open.ended()).isFalse();
        }
        LedgerRecord record = ended();
        assertThat(record.end()).isEqualTo(LedgerRecord.End.STALLED);
        assertThat(record.peerClosedMs()).isPresent();
    }

    @Test
    void noticesThatTheClientHasGone() throws Exception {
        simulator.behaviour(
                Behaviour.builder().events(1_000_000).eventDelayMs(1).build());
        try (Raw client = new Raw(simulator.port())) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO)).until("quick");
            client.reset();
        }
        LedgerRecord record = ended();
        assertThat(record.end()).isEqualTo(LedgerRecord.End.CLIENT_GONE);
        assertThat(record.peerClosedMs()).isPresent();
        assertThat(record.completionTokens()).isEqualTo(record.eventsSent() - 1);
    }

    @Test
    void feelsBackpressure() throws Exception {
        simulator.behaviour(Behaviour.builder().events(100_000_000).build());
        try (Raw client = new Raw(simulator.port())) {
            client.post(Caller.CHAT, Caller.streaming(Caller.HELLO)).until("quick");
            LedgerRecord early = Caller.get(simulator.ledger().await(r -> r.bytesSent() > 1000, Caller.LIMIT));
            assertThat(early.ended()).isFalse();
        }
        assertThat(ended().bytesSent()).isLessThan(100L << 20);
    }

    @Test
    void givesUpWaitingInTime() {
        assertThatThrownBy(() -> Caller.get(simulator.ledger().awaitEnded(1, Duration.ofMillis(20))))
                .hasMessageContaining("0 fitting records within 20 ms (expected: 1)");
    }
}
