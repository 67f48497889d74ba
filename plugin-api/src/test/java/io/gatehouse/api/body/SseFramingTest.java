package io.gatehouse.api.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.json.JsonWalker;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseFramingTest {
    private static final String MARK = "\uFEFF";

    /** What a client sees of a stream. */
    private record Seen(String event, String id, String data) {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: a\n\ndata: b\n\n",
                "data: a\r\n\r\ndata: b\r\n\r\n",
                "data: a\r\rdata: b\r\r",
                "data: a\r\r\ndata: b\r\n\rdata: c\n\r\n\n",
                "\uFEFFdata: a\n\ndata: b\n\n",
                "\uFEFF\uFEFFdata: a\n\ndata: b\n\n",
                "\uFEFF\n\ndata: b\n\n",
                "data: a\n\n\uFEFFdata: b\n\n",
                "data: gr\u00fc\u00df \u4f60\u597d \ud83d\ude00\n\ndata: \u00e9\n\n",
                ": keepalive\n\n:\n\ndata: x\n\n",
                "event: delta\nid: 7\nretry: 1500\ndata: {\ndata: }\n\n",
                "data\ndata\n\ndata:\n\ndata: \n\ndata:  two\n\n",
                "data: a\n\ndata: unfinished",
                "data: a\n\ndata: unfinished\n",
                "data: a\n\ndata: unfinished\r",
                "data: a\r\n\r\n",
                "data: a\n\n\n\n\r\n\r\n\r\rdata: b\n\n",
                "dat: no\nfield\ndatax: no\nevent: e\nevent\n\n",
                "id: a\0b\nid: c\ndata: x\n\n",
                "\n",
                "\r",
                "\r\n",
                "\uFEFF",
                "x"
            })
    void cutsAlikeAtEverySplit(String stream) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        List<Seen> expected = reference(stream);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                List<SseEvent> events = decode(
                        Buffer.buffer().appendBytes(bytes, 0, first),
                        Buffer.buffer().appendBytes(bytes, first, second - first),
                        Buffer.buffer().appendBytes(bytes, second, bytes.length - second));
                assertThat(seen(events)).as("splits %s, %s", first, second).isEqualTo(expected);
                assertThat(raw(events)).as("splits %s, %s", first, second).isEqualTo(bytes);
            }
        }
        Buffer[] single = new Buffer[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            single[i] = Buffer.buffer(new byte[] {bytes[i]});
        }
        List<SseEvent> events = decode(single);
        assertThat(seen(events)).isEqualTo(expected);
        assertThat(raw(events)).isEqualTo(bytes);
    }

    @Test
    void walksThroughTheDataAtEverySplit() {
        Buffer bytes =
                Buffer.buffer("id: 1\r\ndata:{\"n\":1}\r\n\r\n: c\n\ndata\n\ndata: {\ndata: \"n\":2}\nevent: e\n\n");
        JsonWalker walker = new JsonWalker();
        for (int split = 0; split <= bytes.length(); split++) {
            List<String> numbers = new ArrayList<>();
            for (SseEvent event : decode(bytes.slice(0, split), bytes.slice(split, bytes.length()))) {
                if (!event.walkData(walker)) {
                    numbers.add("none");
                } else if (walker.enterObject() && walker.nextMember() && walker.nameIs("n")) {
                    numbers.add(walker.value().raw().toString());
                }
            }
            // the carriage return and its line feed may come apart into a block of their own
            numbers.removeIf("none"::equals);
            assertThat(numbers).as("split at %s", split).containsExactly("1", "2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: a\n\n", "data: a\r\r", "data: a\r\n\r\n", "data: a\n\r"})
    void handsAnEventOutWithItsBlankLine(String stream) {
        List<SseEvent> events = new ArrayList<>();
        Framing.SSE.decoder().feed(Buffer.buffer(stream), events::add);
        assertThat(events).singleElement().satisfies(e -> assertThat(e.text()).isEqualTo("a"));
    }

    @Test
    void waitsForTheLineFeedOfALineEndLikeTheOneBefore() {
        List<SseEvent> events = decode(Buffer.buffer("data: a\r\n\r"), Buffer.buffer("\ndata: b\r\n\r\n"));
        assertThat(events).hasSize(2);
        assertThat(events.get(0).raw().toString()).isEqualTo("data: a\r\n\r\n");
        assertThat(events.get(1).raw().toString()).isEqualTo("data: b\r\n\r\n");
    }

    @Test
    void doesNotInsistOnALineFeed() {
        List<SseEvent> events =
                decode(Buffer.buffer("data: a\r\n\r"), Buffer.buffer("data: b\r\n\r"), Buffer.buffer(""));
        assertThat(events)
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.terminated()).isTrue());
        assertThat(events.get(0).raw().toString()).isEqualTo("data: a\r\n\r");
        assertThat(events.get(1).raw().toString()).isEqualTo("data: b\r\n\r");
    }

    @Test
    void keepsAnUnexpectedLineFeedForWhatFollows() {
        List<SseEvent> events = decode(Buffer.buffer("data: a\r\r"), Buffer.buffer("\ndata: b\r\r"));
        assertThat(events).hasSize(2);
        assertThat(events.get(0).raw().toString()).isEqualTo("data: a\r\r");
        assertThat(events.get(1).raw().toString()).isEqualTo("\ndata: b\r\r");
        assertThat(events.get(1).text()).isEqualTo("b");
    }

    @Test
    void handsOutTheUnfinishedRest() {
        List<SseEvent> events = decode(Buffer.buffer("data: a\n\ndata: b"));
        assertThat(events.get(0).terminated()).isTrue();
        assertThat(events.get(1).terminated()).isFalse();
        assertThat(events.get(1).raw().toString()).isEqualTo("data: b");
    }

    @Test
    void copiesNothingOfAnEventWithinOneBuffer() {
        Buffer bytes = Buffer.buffer("data: a\n\n");
        assertThat(decode(bytes))
                .singleElement()
                .satisfies(e -> assertThat(e.raw()).isSameAs(bytes));
    }

    @Test
    void cutsEventsLongerThanItsWindow() {
        String text = "x".repeat(20_000);
        List<SseEvent> events = decode(Buffer.buffer(
                "data: " + text + "\r\n\r\n" + "data: " + text.substring(0, 8170) + "\r\n\r\ndata: c\n\n"));
        assertThat(events).extracting(SseEvent::text).containsExactly(text, text.substring(0, 8170), "c");
    }

    @Test
    void refusesAnEventBeyondItsLimit() {
        Framing.Decoder<SseEvent> decoder = Framing.sse(20).decoder();
        List<SseEvent> events = new ArrayList<>();
        assertThatThrownBy(() -> {
                    decoder.feed(Buffer.buffer("data: a\n\ndata: 0123"), events::add);
                    decoder.feed(Buffer.buffer("4567890123456789"), events::add);
                })
                .isInstanceOfSatisfying(BodyException.class, e -> {
                    assertThat(e.failure().kind()).isEqualTo(FailureKind.INVALID_RESPONSE);
                    assertThat(e.failure().message())
                            .isEqualTo("server-sent event: 26 bytes or more (expected: at most 20)");
                });
        assertThat(events).hasSize(1);
        assertThatThrownBy(() ->
                        Framing.sse(20).decoder().feed(Buffer.buffer("data: 01234567890123456789\n\n"), events::add))
                .isInstanceOf(BodyException.class);
        assertThatThrownBy(() -> Framing.sse(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Framing.sse(8 * 1024 * 1024))
                .isEqualTo(Framing.SSE)
                .hasSameHashCodeAs(Framing.SSE)
                .hasToString("sse");
    }

    private static List<SseEvent> decode(Buffer... chunks) {
        List<SseEvent> events = new ArrayList<>();
        Framing.Decoder<SseEvent> decoder = Framing.SSE.decoder();
        for (Buffer chunk : chunks) {
            decoder.feed(chunk, events::add);
        }
        decoder.end(events::add);
        return events;
    }

    private static byte[] raw(List<SseEvent> events) {
        Buffer all = Buffer.buffer();
        events.forEach(e -> all.appendBuffer(Framing.SSE.encode(e)));
        return all.getBytes();
    }

    private static List<Seen> seen(List<SseEvent> events) {
        List<Seen> seen = new ArrayList<>();
        for (SseEvent event : events) {
            Buffer data = event.data();
            if (data != null && event.terminated()) {
                seen.add(new Seen(String.valueOf(event.event()), String.valueOf(event.id()), data.toString()));
            }
        }
        return seen;
    }

    /** The standard's rules, written down as plainly as possible. */
    private static List<Seen> reference(String stream) {
        String text = stream.startsWith(MARK) ? stream.substring(1) : stream;
        List<Seen> seen = new ArrayList<>();
        String event = null;
        String id = null;
        StringBuilder data = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
                end++;
            }
            if (end == text.length()) {
                break;
            }
            String line = text.substring(at, end);
            at = text.startsWith("\r\n", end) ? end + 2 : end + 1;
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            value = value.startsWith(" ") ? value.substring(1) : value;
            if (line.isEmpty()) {
                if (data.length() > 0) {
                    seen.add(new Seen(String.valueOf(event), String.valueOf(id), data.substring(0, data.length() - 1)));
                }
                event = null;
                id = null;
                data.setLength(0);
            } else if (field.equals("data")) {
                data.append(value).append('\n');
            } else if (field.equals("event")) {
                event = value.isEmpty() ? null : value;
            } else if (field.equals("id") && value.indexOf('\0') < 0) {
                id = value;
            }
        }
        return seen;
    }
}
