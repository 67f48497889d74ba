package io.gatehouse.api.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBytesTest {
    private static JsonBytes scan(String json) {
        return JsonBytes.scan(Buffer.buffer(json));
    }

    @Test
    void readsScalarsByPointer() {
        JsonBytes json = scan(
                "{\"model\":\"gpt\",\"usage\":{\"prompt_tokens\":12,\"details\":{\"x\":[1,{\"y\":true}]}},\"n\":null}");

        assertThat(json.text("/model")).isEqualTo("gpt");
        assertThat(json.longValue("/usage/prompt_tokens")).hasValue(12);
        assertThat(json.bool("/usage/details/x/1/y")).isTrue();
        assertThat(json.exists("/n")).isTrue();
        assertThat(json.kind("/n")).isEqualTo(JsonKind.NULL);
        assertThat(json.exists("/m")).isFalse();
        assertThat(json.text("/usage")).isNull();
        assertThat(json.raw("/usage/details/x")).hasToString("[1,{\"y\":true}]");
        assertThat(json.memberCount()).isEqualTo(3);
        assertThat(json.memberName(1)).isEqualTo("usage");
        assertThat(json.member(0).text()).isEqualTo("gpt");
    }

    @Test
    void readsTheLastOfDuplicateNames() {
        JsonBytes json = scan("{\"a\":1,\"o\":{\"b\":1,\"b\":2},\"\\u0061\":3}");

        assertThat(json.longValue("/a")).hasValue(3);
        assertThat(json.longValue("/o/b")).hasValue(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e309",
                "-1e309",
                "1E+309",
                "1e999999999",
                "1e00000000000000000000000309",
                "[1,2e99999999999999999999]",
                "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664901797758"
                        + "72070963302864166928879109465555478519404026306574886715058206819089020007083836762738548458177"
                        + "11531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508"
                        + "093042880177904174497792",
                "0.00001e315",
                "{\"a\":{\"b\":[10e308]}}",
                "\"\\ud800\"",
                "\"\\udc00\"",
                "\"\\ud83d \\ude00\"",
                "\"\\ude00\\ud83d\"",
                "\"\\ud83d\\ud83d\\ude00\"",
                "\"\\ud83d\\n\"",
                "[{\"\\uDBFF\":1}]",
                "{\"a\":1,\"a\":1}",
                "{\"a\":1,\"b\":2,\"\\u0061\":1}",
                "{\"\\u0061\":1,\"b\":2,\"a\":1}",
                "{\"\\u0061\":1,\"\\u0061\":1}",
                "{\"\u00e4\":1,\"\\u00e4\":1}",
                "{\"\":1,\"\":1}",
            })
    void tellsWhatReadersDoNotAgreeOn(String json) {
        assertThat(scan(json).ambiguity(false)).startsWith("JSON at byte ").contains(" (expected: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e308",
                "1.7976931348623157e308",
                "-17.976931348623157e+307",
                "0.1e309",
                "0.00001e313",
                "0e999999999",
                "-0.0e400",
                "1e-999999999",
                "100e-3",
                "12345678901234567890123",
                "\"\\ud83d\\ude00 \ud83d\ude00 \\uD83D\\uDE00\\ud83d\\ude00\"",
                "{\"Aa\":1,\"BB\":2}", // of one hash
                "{\"a\":1,\"b\":2,\"a \":3,\"@\":4,\"`\":5}",
                "{\"a\":1,\"b\":{\"a\":1,\"b\":2}}",
                "[{\"a\":1},{\"a\":1}]",
                "{}",
            })
    void hasNothingToTellOfOthers(String json) {
        assertThat(scan(json).ambiguity(false)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"model\":1,\"Model\":1}", "{\"tasks\":1,\"ta\u017f\u212a\u017f\":1}"})
    void seesTheSameNameInAnotherCaseWhereItMatters(String json) {
        assertThat(scan(json).ambiguity(false)).isNull();
        assertThat(scan(json).ambiguity(true))
                .endsWith(": an earlier member's name (expected: each name once, in whatever case)");
    }

    @Test
    void namesThePlaceThatReadersDoNotAgreeOn() {
        assertThat(scan("{\"a\":1,\"a\":2}").ambiguity(false))
                .isEqualTo("JSON at byte 7: an earlier member's name (expected: each name once)");
        assertThat(scan("{\"a\":1e400,\"a\":\"\\ud800\"}").ambiguity(false))
                .isEqualTo("JSON at byte 5: number out of range (expected: one that fits 64 bits of floating point)");
        assertThat(scan("[\"ab\\udc00\"]").ambiguity(false))
                .isEqualTo("JSON at byte 4: half of a surrogate pair (expected: both halves)");
    }

    @Test
    void findsANameAgainAmongMany() {
        StringBuilder json = new StringBuilder("{\"model\":1");
        for (int i = 0; i < 100_000; i++) {
            // all of one hash
            json.append(",\"");
            for (int bit = 16; bit >= 0; bit--) {
                json.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            json.append("\":1");
        }
        assertThat(scan(json + "}").ambiguity(false)).isNull();
        assertThat(scan(json + "}").ambiguity(true)).isNull();
        assertThat(scan(json + ",\"mod\\u0065l\":2}").ambiguity(false)).contains("an earlier member's name");
        assertThat(scan(json + ",\"MOD\\u0065l\":2}").ambiguity(true)).contains("an earlier member's name");
    }

    @Test
    void findsNamesWithEscapesAndBeyondAscii() {
        JsonBytes json = scan("{\"a\\/b\":1,\"m~n\":2,\"\u00fc\":3,\"\":4,\"\\ud83d\\ude00\":{\"\":5}}");

        assertThat(json.longValue("/a~1b")).hasValue(1);
        assertThat(json.longValue("/m~0n")).hasValue(2);
        assertThat(json.longValue("/\u00fc")).hasValue(3);
        assertThat(json.longValue("/")).hasValue(4);
        assertThat(json.longValue("/\ud83d\ude00/")).hasValue(5);
    }

    @Test
    void iteratesArrayElements() {
        JsonBytes json = scan("{\"messages\":[ {\"role\":\"user\"} , {\"role\":\"system\"}],\"none\":[],\"no\":1}");

        List<String> roles = new ArrayList<>();
        for (JsonValue message : json.elements("/messages")) {
            roles.add(String.valueOf(message.text("/role")));
        }

        assertThat(roles).containsExactly("user", "system");
        assertThat(json.size("/messages")).isEqualTo(2);
        assertThat(json.hasElements("/messages")).isTrue();
        assertThat(json.hasElements("")).isTrue();
        assertThat(json.hasElements("/none")).isFalse();
        assertThat(json.hasElements("/no")).isFalse();
        assertThat(json.hasElements("/absent")).isFalse();
        assertThat(json.elements("/none")).isEmpty();
        assertThat(json.elements("/no")).isEmpty();
        assertThat(json.elements("/absent")).isEmpty();
        assertThat(json.text("/messages/1/role")).isEqualTo("system");
        assertThat(json.exists("/messages/2")).isFalse();
        assertThat(json.exists("/messages/01")).isFalse();
    }

    @Test
    void readsOneEventInsideALargerBuffer() {
        Buffer stream = Buffer.buffer("data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n");

        JsonValue value = JsonValue.of(stream, 6, stream.toString().indexOf('\n'));

        assertThat(value.text("/choices/0/delta/content")).isEqualTo("hi");
        assertThat(value.start()).isEqualTo(6);
    }

    @Test
    void visitsMembersInOrder() {
        List<String> names = new ArrayList<>();

        scan("{\"b\":1,\"a\":2,\"b\":3}").root().forEachMember((name, value) -> names.add(name + value.raw()));

        assertThat(names).containsExactly("b1", "a2", "b3");
    }

    @ParameterizedTest
    @CsvSource({
        "512, 512",
        "-0, 0",
        "512.0, 512",
        "5e2, 500",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775808, -9223372036854775808",
    })
    void readsWholeNumbers(String text, long expected) {
        assertThat(scan(text).longValue("")).hasValue(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.5", "1e400", "9223372036854775808", "1e99999999999", "\"1\"", "true", "1e-5"})
    void readsNoWholeNumberFromOtherValues(String text) {
        assertThat(scan(text).longValue("")).isEmpty();
    }

    @Test
    void readsDoubles() {
        JsonBytes json = scan("[0.25, 1e400, \"x\", 3]");

        assertThat(json.doubleValue("/0")).hasValue(0.25);
        assertThat(json.doubleValue("/1")).isEmpty();
        assertThat(json.doubleValue("/2")).isEmpty();
        assertThat(json.doubleValue("/3")).hasValue(3);
    }

    @Test
    void unescapesText() {
        assertThat(scan("\"\\u00e4\\n\\t\\\"\\\\\\/\\b\\f\\r x \\ud83d\\ude00 \ud83d\ude00 \\ud800\"")
                        .text(""))
                .isEqualTo("\u00e4\n\t\"\\/\b\f\r x \ud83d\ude00 \ud83d\ude00 \ud800");
    }

    @Test
    void makesATreeOfJdkTypes() {
        Object tree = scan("{\"a\":[1,2.5,1e400,3.14159265358979323846,12345678901234567890],\"b\":{\"c\":null},"
                        + "\"d\":\"x\",\"e\":true,\"f\":[],\"g\":{},\"d\":\"y\"}")
                .toTree();

        Map<String, Object> inner = new java.util.HashMap<>();
        inner.put("c", null);
        assertThat(tree)
                .isEqualTo(Map.of(
                        "a",
                        List.of(
                                1L,
                                2.5,
                                new BigDecimal("1e400"),
                                new BigDecimal("3.14159265358979323846"),
                                new BigDecimal("12345678901234567890")),
                        "b",
                        inner,
                        "d",
                        "y",
                        "e",
                        true,
                        "f",
                        List.of(),
                        "g",
                        Map.of()));
    }

    @Test
    void makesNoTreeOfNumbersBeyondAnyType() {
        assertThatThrownBy(() -> scan("[1e99999999999]").toTree()).hasMessage("JSON at byte 1: number out of range");
        assertThatThrownBy(() -> scan("[" + "1".repeat(1001) + "]").toTree())
                .hasMessage("JSON at byte 1: number too long (expected: at most 1000 characters)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\" 1}|5|unexpected '1' (expected: ':')",
                "{\"a\":1,}|7|unexpected '}' (expected: a member name)",
                "[1,]|3|unexpected ']' (expected: a value)",
                "[1 2]|3|unexpected '2' (expected: ',' or ']')",
                "01|1|unexpected '1' (expected: the end)",
                "1.|2|unexpected end (expected: a digit)",
                "tru|3|unexpected end (expected: true)",
                "\"\\x\"|2|unexpected 'x' (expected: one of \"\\/bfnrtu)",
                "\"\\u12g4\"|5|unexpected 'g' (expected: four hexadecimal digits)",
                "\"ab|3|unexpected end (expected: the end of the string)",
                "{} {}|3|unexpected '{' (expected: the end)",
            })
    void namesThePlaceOfAFault(String json, int offset, String message) {
        assertThatThrownBy(() -> scan(json))
                .isInstanceOfSatisfying(
                        JsonException.class, e -> assertThat(e.offset()).isEqualTo(offset))
                .hasMessage("JSON at byte " + offset + ": " + message);
    }

    @Test
    void rejectsAnEmptyDocument() {
        assertThatThrownBy(() -> scan("")).hasMessage("JSON at byte 0: unexpected end (expected: a value)");
        assertThatThrownBy(() -> scan("  ")).hasMessage("JSON at byte 2: unexpected end (expected: a value)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c080", "80", "c3", "e08080", "eda080", "f4908080", "f8888080", "ff", "e282"})
    void rejectsInvalidUtf8(String hex) {
        Buffer json = Buffer.buffer("\"")
                .appendBytes(java.util.HexFormat.of().parseHex(hex))
                .appendString("\"");

        assertThatThrownBy(() -> JsonBytes.scan(json)).isInstanceOf(JsonException.class);
    }

    @Test
    void rejectsUnescapedControlCharactersAndByteOrderMarks() {
        assertThatThrownBy(() -> scan("\"a\nb\""))
                .hasMessage("JSON at byte 2: unexpected byte 0xa (expected: an escaped control character)");
        assertThatThrownBy(() -> scan("\ufeff{}"))
                .hasMessage("JSON at byte 0: unexpected byte 0xef (expected: a value)");
    }

    @Test
    void limitsDepthWithoutUsingTheCallStack() {
        String deep = "[".repeat(512) + "]".repeat(512);
        String tooDeep = "[".repeat(513) + "]".repeat(513);
        String veryDeep = "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000);

        assertThat(scan(deep).kind()).isEqualTo(JsonKind.ARRAY);
        assertThatThrownBy(() -> scan(tooDeep))
                .hasMessage("JSON at byte 512: nested too deeply (expected: at most 512 levels)");
        JsonBytes json = JsonBytes.scan(Buffer.buffer(veryDeep), new JsonLimits(100_000));
        assertThat(json.toTree()).isInstanceOf(Map.class);
    }

    @Test
    void readsAcrossWindowBorders() {
        for (int pad = 4080; pad < 4110; pad++) {
            String padding = "x".repeat(pad);
            JsonBytes json =
                    scan("{\"p\":\"" + padding + "\",\"name\u00e9\":{\"k\":[true,\"\u20ac\\n\",-12.5e3]}, \"q\":\""
                            + padding + "\",\"tail\":12345}");

            assertThat(json.text("/name\u00e9/k/1")).isEqualTo("\u20ac\n");
            assertThat(json.doubleValue("/name\u00e9/k/2")).hasValue(-12500);
            assertThat(json.longValue("/tail")).hasValue(12345);
            assertThat(json.text("/p")).hasSize(pad);
            assertThat(json.bool("/name\u00e9/k/0")).isTrue();
        }
    }

    @Test
    void refusesWhatIsNoPointer() {
        assertThatThrownBy(() -> scan("{}").text("model"))
                .hasMessage("pointer: model (expected: empty, or a text that starts with /)");
        assertThatThrownBy(() -> scan("{}").text("/a~2")).hasMessage("pointer: /a~2 (expected: ~0 or ~1 after ~)");
    }
}
