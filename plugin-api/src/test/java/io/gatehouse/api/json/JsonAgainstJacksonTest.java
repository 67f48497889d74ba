package io.gatehouse.api.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonAgainstJacksonTest {
    private static final int DEPTH = 20;
    private static final JsonMapper JACKSON = JsonMapper.builder(new com.fasterxml.jackson.core.JsonFactoryBuilder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .build();
    private static final String[] NAMES = {"a", "b", "model", "caf\u00e9", "x/y", "t~u", "", "\ud83d\ude00", "q\"\n"};
    private static final String[] NUMBERS = {
        "0", "-0", "1", "-17", "1.50", "1e5", "1E-3", "12345678901234567890", "0.1", "3.141592653589793238", "1e400"
    };

    @Test
    void acceptsTheSameDocumentsAndReadsTheSameValues() {
        Random random = new Random(20261123);
        int accepted = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] json = document(random).getBytes(StandardCharsets.UTF_8);
            if (round % 4 != 0) {
                json = mutated(json, random);
            }
            @Nullable JsonNode expected = jackson(json);
            @Nullable JsonBytes actual = ours(json);
            if (expected != null && expected.isMissingNode()) {
                continue;
            }

            assertThat(actual != null)
                    .as("accepts %s", new String(json, StandardCharsets.UTF_8))
                    .isEqualTo(expected != null);
            if (actual != null && expected != null) {
                accepted++;
                assertSame(actual.toTree(), expected, new String(json, StandardCharsets.UTF_8));
                for (String name : NAMES) {
                    String pointer = "/" + name.replace("~", "~0").replace("/", "~1");
                    JsonNode node = expected.at(pointer);
                    assertThat(actual.exists(pointer)).isEqualTo(!node.isMissingNode());
                    assertThat(actual.text(pointer)).isEqualTo(node.isTextual() ? node.textValue() : null);
                }
            }
        }
        assertThat(accepted).isGreaterThan(5_000);
    }

    @Test
    void editsAsATreeWouldBeEdited() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 5_000; round++) {
            String json = object(random, 0);
            ObjectNode expected = (ObjectNode) JACKSON.readTree(json);
            JsonEdit edit = JsonBytes.scan(Buffer.buffer(json)).edit();
            for (int i = random.nextInt(4); i >= 0; i--) {
                String name = NAMES[random.nextInt(NAMES.length)];
                String pointer = "/" + name.replace("~", "~0").replace("/", "~1");
                JsonNode node = expected.path(name);
                boolean open = node.isMissingNode() || node.isNull() || node.isObject();
                if (random.nextBoolean()) {
                    edit.set(pointer, round);
                    expected.put(name, round);
                } else if (open && random.nextBoolean()) {
                    edit.set(pointer + "/in", "v" + i);
                    (node.isObject() ? (ObjectNode) node : expected.putObject(name)).put("in", "v" + i);
                } else {
                    edit.remove(pointer);
                    expected.remove(name);
                }
            }

            Buffer result = edit.apply();

            assertThat(JACKSON.readTree(result.getBytes(), 0, result.length()))
                    .as(json)
                    .isEqualTo(JACKSON.readTree(expected.toString()));
            JsonBytes.scan(result);
        }
    }

    @Test
    void leavesTheBytesOfEveryOtherMember() {
        Random random = new Random(31);
        for (int round = 0; round < 5_000; round++) {
            JsonBytes json = JsonBytes.scan(Buffer.buffer(object(random, 0)));
            String name = NAMES[random.nextInt(NAMES.length)];
            String pointer = "/" + name.replace("~", "~0").replace("/", "~1");
            JsonEdit edit = json.edit();

            Buffer result = (random.nextBoolean() ? edit.set(pointer, "new") : edit.remove(pointer)).apply();

            assertThat(others(JsonBytes.scan(result), name))
                    .as(json.bytes().toString())
                    .isEqualTo(others(json, name));
        }
    }

    private static List<String> others(JsonBytes json, String name) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < json.memberCount(); i++) {
            if (!json.memberName(i).equals(name)) {
                members.add(json.memberName(i) + json.member(i).raw());
            }
        }
        return members;
    }

    private static @Nullable JsonBytes ours(byte[] json) {
        try {
            return JsonBytes.scan(Buffer.buffer(json), new JsonLimits(DEPTH));
        } catch (JsonException e) {
            assertThat(e.offset()).isBetween(0, json.length);
            return null;
        }
    }

    /** Jackson reads text here: its reader of bytes guesses encodings and lets some invalid UTF-8 pass. */
    private static @Nullable JsonNode jackson(byte[] json) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
        try {
            JsonNode node = JACKSON.readTree(text);
            return node.isMissingNode() ? null : node;
        } catch (NumberFormatException e) {
            // an exponent beyond BigDecimal stops Jackson before it has seen the whole document
            return MissingNode.getInstance();
        } catch (JsonProcessingException e) {
            // the grammar allows half a surrogate pair as an escape; Jackson does in values, but not in names
            return String.valueOf(e.getOriginalMessage()).contains("surrogate") ? MissingNode.getInstance() : null;
        }
    }

    private static void assertSame(@Nullable Object actual, JsonNode expected, String json) {
        if (expected.isObject()) {
            Map<?, ?> map = (Map<?, ?>) actual;
            List<String> names = new ArrayList<>();
            expected.fieldNames().forEachRemaining(names::add);
            assertThat(map).isNotNull();
            assertThat(map.keySet().toArray()).as(json).isEqualTo(names.toArray());
            names.forEach(name -> assertSame(map.get(name), expected.get(name), json));
        } else if (expected.isArray()) {
            List<?> list = (List<?>) actual;
            assertThat(list).as(json).hasSize(expected.size());
            for (int i = 0; i < expected.size(); i++) {
                assertSame(list.get(i), expected.get(i), json);
            }
        } else if (expected.isNumber()) {
            assertThat(new BigDecimal(String.valueOf(actual))).as(json).isEqualByComparingTo(expected.decimalValue());
        } else if (expected.isTextual()) {
            assertThat(actual).as(json).isEqualTo(expected.textValue());
        } else if (expected.isBoolean()) {
            assertThat(actual).as(json).isEqualTo(expected.booleanValue());
        } else {
            assertThat(actual).as(json).isNull();
        }
    }

    private static byte[] mutated(byte[] json, Random random) {
        byte[] out = json.clone();
        String likely = "{}[]\",:\\0123456789.eE+-tfnu \n/\u0001";
        for (int i = random.nextInt(3); i >= 0; i--) {
            if (out.length == 0) {
                break;
            }
            int at = random.nextInt(out.length);
            switch (random.nextInt(4)) {
                case 0 -> out[at] = (byte) likely.charAt(random.nextInt(likely.length()));
                case 1 -> out[at] = (byte) random.nextInt(256);
                case 2 -> {
                    byte[] shorter = new byte[out.length - 1];
                    System.arraycopy(out, 0, shorter, 0, at);
                    System.arraycopy(out, at + 1, shorter, at, shorter.length - at);
                    out = shorter;
                }
                default -> {
                    byte[] longer = new byte[out.length + 1];
                    System.arraycopy(out, 0, longer, 0, at);
                    longer[at] = (byte) likely.charAt(random.nextInt(likely.length()));
                    System.arraycopy(out, at, longer, at + 1, out.length - at);
                    out = longer;
                }
            }
        }
        return out;
    }

    private static String document(Random random) {
        return random.nextInt(10) == 0 ? space(random) + value(random, 0) + space(random) : object(random, 0);
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 4 ? 6 : 9)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> "false";
            case 3 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 4, 5 -> string(NAMES[random.nextInt(NAMES.length)] + random.nextInt(3), random);
            case 6 -> array(random, depth);
            default -> object(random, depth);
        };
    }

    private static String object(Random random, int depth) {
        StringBuilder out = new StringBuilder(space(random)).append('{').append(space(random));
        for (int i = random.nextInt(6); i > 0; i--) {
            out.append(space(random))
                    .append(string(NAMES[random.nextInt(NAMES.length)], random))
                    .append(space(random))
                    .append(':')
                    .append(space(random))
                    .append(value(random, depth + 1))
                    .append(space(random))
                    .append(i > 1 ? "," : "");
        }
        return out.append('}').append(space(random)).toString();
    }

    private static String array(Random random, int depth) {
        StringBuilder out = new StringBuilder("[").append(space(random));
        for (int i = random.nextInt(4); i > 0; i--) {
            out.append(value(random, depth + 1)).append(space(random)).append(i > 1 ? "," : "");
        }
        return out.append(']').toString();
    }

    private static String string(String text, Random random) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c < 0x20 || random.nextInt(6) == 0) {
                out.append("\\u").append(Integer.toHexString(0x10000 | c).substring(1));
            } else if (Character.isHighSurrogate(c)) {
                out.append(c).append(text.charAt(++i));
            } else {
                out.append(Character.isLowSurrogate(c) ? "\\u" + Integer.toHexString(c) : c);
            }
        }
        return out.append('"').toString();
    }

    private static String space(Random random) {
        return random.nextInt(4) == 0 ? " \n\t\r".substring(0, random.nextInt(5)) : "";
    }
}
