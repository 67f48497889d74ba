package io.gatehouse.api.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class JsonEditTest {
    private static String edit(String json, UnaryOperator<JsonEdit> changes) {
        Buffer result =
                changes.apply(JsonBytes.scan(Buffer.buffer(json)).edit()).apply();
        JsonBytes.scan(result);
        return result.toString();
    }

    @Test
    void leavesEveryByteThatIsNotEdited() {
        String json =
                " {\n  \"model\" : \"a\" ,\"big\":1e400, \"x\":1,\"x\":2,\t\"n\":[ 1.0 , \"\\u0041\" ],\"top_k\": 7 } \n";

        assertThat(edit(json, e -> e.set("/model", "b").set("/max_tokens", 512).remove("/top_k")))
                .isEqualTo(" {\n  \"model\" : \"b\" ,\"big\":1e400, \"x\":1,\"x\":2,\t\"n\":[ 1.0 , \"\\u0041\" ],"
                        + "\"max_tokens\":512 } \n");
    }

    @Test
    void returnsTheSameBufferWhenNothingChanges() {
        Buffer buffer = Buffer.buffer("{\"a\":1}");
        JsonBytes json = JsonBytes.scan(buffer);

        assertThat(json.edit().apply()).isSameAs(buffer);
        assertThat(json.edit().remove("/b").remove("/a/c").apply()).isSameAs(buffer);
    }

    @Test
    void appendsToObjects() {
        assertThat(edit("{}", e -> e.set("/a", 1).set("/b", 2))).isEqualTo("{\"a\":1,\"b\":2}");
        assertThat(edit("{ }", e -> e.set("/a", 1))).isEqualTo("{\"a\":1 }");
        assertThat(edit("{\"x\":0 }", e -> e.set("/a", 1))).isEqualTo("{\"x\":0,\"a\":1 }");
    }

    @Test
    void removesMembersWithTheirCommas() {
        String json = "{\"a\":1, \"b\":2, \"c\":3}";

        assertThat(edit(json, e -> e.remove("/a"))).isEqualTo("{\"b\":2, \"c\":3}");
        assertThat(edit(json, e -> e.remove("/b"))).isEqualTo("{\"a\":1, \"c\":3}");
        assertThat(edit(json, e -> e.remove("/c"))).isEqualTo("{\"a\":1, \"b\":2}");
        assertThat(edit(json, e -> e.remove("/a").remove("/b"))).isEqualTo("{\"c\":3}");
        assertThat(edit(json, e -> e.remove("/b").remove("/c"))).isEqualTo("{\"a\":1}");
        assertThat(edit(json, e -> e.remove("/a").remove("/c"))).isEqualTo("{\"b\":2}");
        assertThat(edit(json, e -> e.remove("/a").remove("/b").remove("/c"))).isEqualTo("{}");
        assertThat(edit(json, e -> e.remove("/a").remove("/b").remove("/c").set("/d", 4)))
                .isEqualTo("{\"d\":4}");
        assertThat(edit(json, e -> e.remove("/c").set("/d", 4))).isEqualTo("{\"a\":1, \"b\":2,\"d\":4}");
    }

    @Test
    void keepsOneOfDuplicateNamesWhenEdited() {
        String json = "{\"m\":1,\"x\":0,\"m\":2,\"x\":9,\"\\u006d\":3}";

        assertThat(edit(json, e -> e.set("/m", 5))).isEqualTo("{\"x\":0,\"x\":9,\"\\u006d\":5}");
        assertThat(edit(json, e -> e.remove("/m"))).isEqualTo("{\"x\":0,\"x\":9}");
        assertThat(edit("{\"o\":{\"a\":1},\"o\":{\"b\":2}}", e -> e.set("/o/c", 3)))
                .isEqualTo("{\"o\":{\"b\":2,\"c\":3}}");
    }

    @Test
    void makesObjectsOnTheWay() {
        assertThat(edit("{\"model\":\"a\"}", e -> e.set("/stream_options/include_usage", true)))
                .isEqualTo("{\"model\":\"a\",\"stream_options\":{\"include_usage\":true}}");
        assertThat(edit("{\"stream_options\": null}", e -> e.set("/stream_options/include_usage", true)))
                .isEqualTo("{\"stream_options\": {\"include_usage\":true}}");
        assertThat(edit("{\"stream_options\":{\"x\":1}}", e -> e.set("/stream_options/include_usage", true)))
                .isEqualTo("{\"stream_options\":{\"x\":1,\"include_usage\":true}}");
        assertThat(edit("{}", e -> e.set("/a/b/c", 1).set("/a/d", 2))).isEqualTo("{\"a\":{\"b\":{\"c\":1},\"d\":2}}");
    }

    @Test
    void refusesToSetInsideAScalar() {
        assertThatThrownBy(() -> edit("{\"stream_options\":\"x\"}", e -> e.set("/stream_options/include_usage", true)))
                .isInstanceOf(JsonException.class)
                .hasMessage("JSON at byte 18: found STRING (expected: an object to set include_usage in)");
    }

    @Test
    void editsArrays() {
        String json = "{\"m\":[{\"r\":\"u\"}, 2, 3]}";

        assertThat(edit(json, e -> e.set("/m/0/r", "s"))).isEqualTo("{\"m\":[{\"r\":\"s\"}, 2, 3]}");
        assertThat(edit(json, e -> e.set("/m/1", 5).remove("/m/2"))).isEqualTo("{\"m\":[{\"r\":\"u\"}, 5]}");
        assertThat(edit(json, e -> e.set("/m/-", 4).set("/m/-", 5))).isEqualTo("{\"m\":[{\"r\":\"u\"}, 2, 3,4,5]}");
        assertThat(edit("[]", e -> e.set("/-", "x"))).isEqualTo("[\"x\"]");
        assertThat(edit(json, e -> e.remove("/m/0").remove("/m/7"))).isEqualTo("{\"m\":[2, 3]}");
        assertThatThrownBy(() -> edit(json, e -> e.set("/m/3", 0)))
                .hasMessage("JSON at byte 5: no array element 3 (expected: - or an index below 3)");
    }

    @Test
    void letsLaterChangesOverrideEarlierOnes() {
        String json = "{\"a\":{\"b\":1}}";

        assertThat(edit(json, e -> e.set("/a/b", 2).set("/a", 3))).isEqualTo("{\"a\":3}");
        assertThat(edit(json, e -> e.set("/a", Map.of("x", 1)).set("/a/y", 2))).isEqualTo("{\"a\":{\"x\":1,\"y\":2}}");
        assertThat(edit(json, e -> e.set("/a", Map.of("x", 1)).remove("/a/x"))).isEqualTo("{\"a\":{}}");
        assertThat(edit(json, e -> e.remove("/a").set("/a/y", 2))).isEqualTo("{\"a\":{\"y\":2}}");
        assertThat(edit(json, e -> e.remove("/a").remove("/a/b"))).isEqualTo("{}");
        assertThat(edit(json, e -> e.set("/a", 3).remove("/a"))).isEqualTo("{}");
        assertThat(edit(json, e -> e.set("", List.of(1)).set("/-", 2))).isEqualTo("[1,2]");
    }

    @Test
    void takesOverJsonAsItIs() {
        assertThat(edit("{\"a\":1}", e -> e.setRaw("/a", Buffer.buffer(" [ 1e400 ] "))))
                .isEqualTo("{\"a\":[ 1e400 ]}");
        assertThatThrownBy(() -> edit("{}", e -> e.setRaw("/a", Buffer.buffer("1 2"))))
                .isInstanceOf(JsonException.class);
    }

    @Test
    void editsAPartOfABuffer() {
        Buffer event = Buffer.buffer("data: {\"a\":1}\n\n");

        assertThat(JsonBytes.scan(event, 6, 13, JsonLimits.DEFAULT)
                        .edit()
                        .set("/a", 2)
                        .apply())
                .hasToString("{\"a\":2}");
    }

    @Test
    void writesJdkValues() {
        List<Object> list =
                new ArrayList<>(Arrays.asList(1, 2L, 0.5, true, null, "\u00e4\u20ac\ud83d\ude00\ud800\"\\\n\u0001"));
        list.add(Map.of("k", List.of()));
        list.add(JsonValue.of(Buffer.buffer("x{\"a\": 1}"), 1, 9));

        Buffer json = JsonWriter.write(list);

        assertThat(json)
                .hasToString(
                        "[1,2,0.5,true,null,\"\u00e4\u20ac\ud83d\ude00\\ud800\\\"\\\\\\n\\u0001\",{\"k\":[]},{\"a\": 1}]");
        assertThat(JsonBytes.scan(json).text("/5")).isEqualTo("\u00e4\u20ac\ud83d\ude00\ud800\"\\\n\u0001");
    }

    @Test
    void refusesValuesThatJsonDoesNotHave() {
        assertThatThrownBy(() -> JsonWriter.write(Double.NaN)).hasMessage("value: NaN (expected: a finite number)");
        assertThatThrownBy(() -> JsonWriter.write(Map.of(1, 2))).hasMessage("key: 1 (expected: a String)");
        assertThatThrownBy(() -> JsonWriter.write(new Object()))
                .hasMessageStartingWith("value: java.lang.Object (expected: ");
        List<Object> circle = new ArrayList<>();
        circle.add(circle);
        assertThatThrownBy(() -> JsonWriter.write(circle))
                .hasMessage("value: nested too deeply (expected: at most 512 levels)");
    }
}
