package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked // a null where a value was expected fails the test anyway
class SmallPartsTest {
    @ParameterizedTest
    @CsvSource({
        "/anything/v1/responses, ''",
        "/anything/v1/responses/, ''",
        "/anything/v1/responses/resp_1, /resp_1",
        "/responses/x/v1/responses/resp_1/cancel, /resp_1/cancel",
        "/v1/my-responses/resp_1, ''",
        "/, ''",
    })
    void findsWhatFollowsTheLastSegmentOfAName(String path, String rest) {
        assertThat(Paths.after(path, "responses")).isEqualTo(rest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a/../b", "..", "/..", "/a/%2e%2E", "/a/.%2e/", "/./a", "http://h/../x"})
    void seesStepsUpwards(String path) {
        assertThat(Paths.climbs(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a/b", "/...", "/a..b", "", "/a?x=/../"})
    void seesNoStepsUpwardsWhereThereAreNone(String path) {
        assertThat(Paths.climbs(path)).isFalse();
    }

    @Test
    void picksMembersOutOfAnAnswerAtEverySplit() {
        String answer = "{\"x\":\"\\\"usage\\\":{1}\", \"a\":[{\"usage\":1},\"]}\"] ,\"usage\" : {\"prompt_tokens\":3,"
                + "\"d\":{\"e\":[1,\"}\"]}} , \"mod\\u0065l\":\"no\",\"model\":\"m\\\"1\"}";
        for (int split = 0; split <= answer.length(); split++) {
            TopLevelTap tap = new TopLevelTap("a", "usage", "model", "service_tier");
            tap.feed(Buffer.buffer(answer.substring(0, split)));
            assertThat(tap.isNoObject()).isFalse();
            assertThat(tap.watchedIsArray()).isEqualTo(split > answer.indexOf("[{"));
            tap.feed(Buffer.buffer(answer.substring(split)));
            assertThat(tap.value(0).longValue("/prompt_tokens")).hasValue(3);
            assertThat(tap.value(1).text()).isEqualTo("m\"1");
            assertThat(tap.value(2)).isNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'[1', true, false",
        "' \0', true, false",
        "'  {\"a\": {\"x\":[', false, false",
        "'{\"a\":  [', false, true"
    })
    void seesWhatAnAnswerBeginsWith(String beginning, boolean none, boolean array) {
        TopLevelTap tap = new TopLevelTap("a");
        tap.feed(Buffer.buffer(beginning));
        assertThat(tap.isNoObject()).isEqualTo(none);
        assertThat(tap.watchedIsArray()).isEqualTo(array);
    }

    @Test
    void forgetsAMemberThatIsTooLarge() {
        TopLevelTap tap = new TopLevelTap("a", "usage", "model");
        tap.feed(Buffer.buffer("{\"usage\":\"" + "x".repeat(20_000) + "\",\"model\":\"m\"}"));
        assertThat(tap.value(0)).isNull();
        assertThat(tap.value(1).text()).isEqualTo("m");
    }

    @ParameterizedTest
    @CsvSource({"'', 0", "'  ', 0", "one, 1", "' one  two\tthree\n', 3"})
    void countsWords(String text, int words) {
        assertThat(Tokens.words(text)).isEqualTo(words);
    }

    @Test
    void measuresTextThatComesInPiecesWithoutTheSpaceAround() {
        Tokens.Meter meter = new Tokens.Meter();
        for (String piece : new String[] {" ", " a", " ", "é\uD83D", "\uDE00 ", "\n"}) {
            meter.add(piece);
        }
        meter.add(null);
        assertThat(meter.bytes()).isEqualTo("a é\uD83D\uDE00".getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
        assertThat(Tokens.ofAnswer(25)).isEqualTo(7);
        assertThat(Tokens.ofAnswer(0)).isZero();
    }
}
