package io.gatehouse.api.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonWriterTest {
    private static final JsonName NAME = JsonName.of("na\"me");
    private final JsonWriter json = new JsonWriter();

    @Test
    void setsCommasBetweenMembersAndElements() {
        json.beginObject()
                .name(NAME)
                .value("a")
                .name("list")
                .beginArray()
                .value(1)
                .beginObject()
                .endObject()
                .beginArray()
                .endArray()
                .value(true)
                .value((String) null)
                .endArray()
                .name(NAME)
                .value(false)
                .name("any")
                .any(Map.of("b", List.of(1, 2)))
                .endObject();

        assertThat(text()).isEqualTo("""
                {"na\\"me":"a","list":[1,{},[],true,null],"na\\"me":false,"any":{"b":[1,2]}}""");
        assertThat(json.length()).isEqualTo(text().length());
    }

    @Test
    void takesOverWhatIsPrepared() {
        byte[] members = "\"x\":1,\"y\":2".getBytes(UTF_8);
        json.beginObject()
                .prepared(members)
                .name("z")
                .prepared("{\"q\":3}".getBytes(UTF_8))
                .prepared(members)
                .endObject();

        assertThat(text()).isEqualTo("{\"x\":1,\"y\":2,\"z\":{\"q\":3},\"x\":1,\"y\":2}");
    }

    @Test
    void writesEveryNumber() {
        for (long number : new long[] {
            0, 1, -1, 9, 10, -10, 99, 100, 1234567890123L, Long.MAX_VALUE, Long.MIN_VALUE + 1, Long.MIN_VALUE
        }) {
            assertThat(written(json.value(number))).isEqualTo(Long.toString(number));
        }
        assertThat(written(json.value(3.7E-4))).isEqualTo("3.7E-4");
        assertThatThrownBy(() -> json.value(Double.NaN)).hasMessageContaining("NaN (expected: a finite number)");
    }

    @Test
    void writesStringsWholeAndInPieces() {
        String odd = "plain \"quoted\" \\ \n\t\u0001 \u007f \u00e9 \u20ac \ud83d\ude00 \ud83d";
        String expected = "\"plain \\\"quoted\\\" \\\\ \\n\\t\\u0001 \u007f \u00e9 \u20ac \ud83d\ude00 \\ud83d\"";

        assertThat(written(json.value(odd))).isEqualTo(expected);
        json.beginString();
        for (String piece : odd.split("(?<= )", -1)) {
            json.piece(piece);
        }
        assertThat(written(json.endString())).isEqualTo(expected);
        String longer = odd.repeat(1000);
        assertThat(JsonBytes.scan(JsonWriter.write(longer)).text("")).isEqualTo(longer);
    }

    @Test
    void writesTheNextTextIntoTheSameMemory() {
        json.beginArray().value("x".repeat(100_000));
        byte[] first = json.toBytes();
        json.reset().beginArray().value(7).endArray();

        assertThat(text()).isEqualTo("[7]");
        assertThat(first).hasSize(100_003);
    }

    private static String written(JsonWriter writer) {
        String text = new String(writer.toBytes(), UTF_8);
        writer.reset();
        return text;
    }

    private String text() {
        return new String(json.toBytes(), UTF_8);
    }
}
