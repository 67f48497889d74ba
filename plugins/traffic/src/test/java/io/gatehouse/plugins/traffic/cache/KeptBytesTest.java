package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptBytesTest {
    private static final Kept.Variants VARIANTS = new Kept.Variants(List.of("a", "accept"), "id", "last", 10);

    @Test
    void readsWhatWasWritten() {
        assertThat(KeptBytes.read(KeptBytes.of(VARIANTS), 9)).isEqualTo(VARIANTS);
        for (String body : List.of("", "text", "\u00e4\u20ac")) {
            Kept.Answer answer = answer("X-Text", "\u00e4 \u00ff", body);
            Kept.Answer read = (Kept.Answer) KeptBytes.read(KeptBytes.of(answer), 9);

            assertThat(read).isNotNull();
            assertThat(read.headers().getAll("X-Text"))
                    .isEqualTo(answer.headers().getAll("X-Text"));
            assertThat(new Kept.Answer(
                            read.status(), answer.headers(), read.body(), read.at(), read.seconds(), read.until()))
                    .isEqualTo(answer);
        }
    }

    @Test
    void readsNothingThatIsOver() {
        assertThat(KeptBytes.read(KeptBytes.of(VARIANTS), 10)).isNull();
        assertThat(KeptBytes.read(KeptBytes.of(answer("A", "b", "c")), 10)).isNull();
    }

    @Test
    void readsNothingThatIsCutOffOrHasMoreBehind() {
        for (Buffer whole : List.of(KeptBytes.of(VARIANTS), KeptBytes.of(answer("A", "b", "body")))) {
            for (int length = 0; length < whole.length(); length++) {
                assertThat(KeptBytes.read(whole.slice(0, length), 9))
                        .as("%d bytes", length)
                        .isNull();
            }
            assertThat(KeptBytes.read(whole.copy().appendByte((byte) 0), 9)).isNull();
            assertThat(KeptBytes.read(whole.copy().setByte(1, (byte) 2), 9))
                    .as("another format")
                    .isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "HTTP/1.1 400 Bad Request\r\n\r\n", "A\u0001", "V\u0001", "{}"})
    void readsNothingFromWhatSomebodyElseWrote(String text) {
        assertThat(KeptBytes.read(Buffer.buffer(text), 9)).isNull();
        assertThat(KeptBytes.read(null, 9)).isNull();
    }

    @Test
    void readsAnAnswerOrNothingFromAnyBytes() {
        Random random = new Random(7);
        Buffer whole = KeptBytes.of(answer("A", "b", "body"));
        for (int i = 0; i < 20_000; i++) {
            Buffer bytes = whole.copy().setByte(random.nextInt(whole.length()), (byte) random.nextInt());
            Kept kept = KeptBytes.read(bytes, 9);
            if (kept instanceof Kept.Answer answer) {
                assertThat(answer.status()).isBetween(200, 599);
            } else {
                assertThat(kept).isNull();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nSet-Cookie: b", "a\nb", "a\u0000b"})
    void readsNoHeaderThatWouldBeSeveral(String value) {
        assertThat(KeptBytes.read(KeptBytes.of(answer("A", value, "")), 9)).isNull();
        assertThat(KeptBytes.read(KeptBytes.of(answer(value, "a", "")), 9)).isNull();
    }

    private static Kept.Answer answer(String name, String value, @Nullable String body) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add(name, value).add(name, "more");
        return new Kept.Answer(200, headers, Buffer.buffer(body), 3, 7, 10);
    }
}
