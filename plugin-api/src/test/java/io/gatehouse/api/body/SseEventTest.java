package io.gatehouse.api.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SseEventTest {
    @Test
    void readsAllFields() {
        SseEvent event = parse(":one\n: two\nevent: delta\nid: 7\nretry: 1500\ndata: {\ndata:}\n\n");
        assertThat(event.event()).isEqualTo("delta");
        assertThat(event.id()).isEqualTo("7");
        assertThat(event.retryMillis()).isEqualTo(1500);
        assertThat(event.comments()).containsExactly("one", " two");
        assertThat(event.text()).isEqualTo("{\n}");
        assertThat(event).hasToString("SseEvent[delta, 58 bytes]");
    }

    @Test
    void hasNoFieldsWhenNoneAreThere() {
        SseEvent event = parse(": keepalive\n\n");
        assertThat(event.data()).isNull();
        assertThat(event.text()).isEmpty();
        assertThat(event.dataIs("")).isFalse();
        assertThat(event.event()).isNull();
        assertThat(event.id()).isNull();
        assertThat(event.retryMillis()).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "1500,1500", "-1,-1", "1.5,-1", "abc,-1", "'',-1", "1234567890123456,-1"})
    void takesDigitsOnlyAsARetryTime(String value, long expected) {
        assertThat(parse("retry:" + value + "\n\n").retryMillis()).isEqualTo(expected);
    }

    @Test
    void comparesDataWithAscii() {
        assertThat(parse("data: [DONE]\n\n").dataIs("[DONE]")).isTrue();
        assertThat(parse("data: [DONE] \n\n").dataIs("[DONE]")).isFalse();
        assertThat(parse("data: [DONe]\n\n").dataIs("[DONE]")).isFalse();
    }

    @Test
    void makesEvents() {
        assertThat(SseEvent.of("a").raw().toString()).isEqualTo("data: a\n\n");
        assertThat(SseEvent.of("").raw().toString()).isEqualTo("data: \n\n");
        assertThat(SseEvent.of("a\nb\r\nc\rd\n").raw().toString())
                .isEqualTo("data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
        SseEvent named = SseEvent.of("error", "x");
        assertThat(named.raw().toString()).isEqualTo("event: error\ndata: x\n\n");
        assertThat(named.event()).isEqualTo("error");
        assertThat(named.text()).isEqualTo("x");
        assertThat(named.terminated()).isTrue();
        assertThat(parse(named.raw().toString()).text()).isEqualTo("x");
        assertThatThrownBy(() -> SseEvent.of("a\nb", "x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void replacesDataAndKeepsOtherLines() {
        SseEvent event = parse(": c\r\nevent:e\r\ndata: 1\r\nid: 7\r\ndata: 2\r\n\r\n");
        assertThat(event.withData(Buffer.buffer("x\ny")).raw().toString())
                .isEqualTo(": c\r\nevent:e\r\ndata: x\ndata: y\nid: 7\r\n\n");
        assertThat(event.raw().toString()).isEqualTo(": c\r\nevent:e\r\ndata: 1\r\nid: 7\r\ndata: 2\r\n\r\n");
    }

    @Test
    void addsDataWhereThereWasNone() {
        assertThat(parse("event: e\n\n").withData(Buffer.buffer("x")).raw().toString())
                .isEqualTo("event: e\ndata: x\n\n");
        assertThat(parse("event: e").withData(Buffer.buffer("x")).raw().toString())
                .isEqualTo("event: e\ndata: x\n\n");
        assertThat(parse("data: e").withData(Buffer.buffer("x")).raw().toString())
                .isEqualTo("data: x\n\n");
        assertThat(parse("\uFEFFdata: e\n\n").withData(Buffer.buffer("x")).raw().toString())
                .isEqualTo("data: x\n\n");
    }

    private static SseEvent parse(String text) {
        List<SseEvent> events = new ArrayList<>();
        Framing.Decoder<SseEvent> decoder = Framing.SSE.decoder();
        decoder.feed(Buffer.buffer(text), events::add);
        decoder.end(events::add);
        assertThat(events).hasSize(1);
        return events.get(0);
    }
}
