package io.gatehouse.api.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.vertx.core.buffer.Buffer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWalkerTest {
    private static final String DOCUMENT = " { \"a\" : [ 1 , -2.5e3 , [] , {} , \"x\\n\\u00e9\\\"\" , true ] , "
            + "\"b\\u0041\" : null , \"caf\u00e9\" : { \"d\" : { \"e\" : \"\ud83d\ude00\" } , \"f\" : false } , \"\" : \"\" } ";

    private final JsonWalker walker = new JsonWalker();

    private JsonWalker at(String json) {
        Buffer buffer = Buffer.buffer("}" + json + "[");
        walker.start(buffer, 1, buffer.length() - 1);
        return walker;
    }

    @Test
    void seesWhatATreeOfTheDocumentHolds() {
        assertThat(tree(at(DOCUMENT)))
                .isEqualTo(JsonBytes.scan(Buffer.buffer(DOCUMENT)).toTree());
        walker.finish();
    }

    /** Members that nobody asked for are passed over, from wherever it stopped. */
    @Test
    void passesOverWhatNobodyAskedFor() {
        at("{\"a\":{\"b\":[{\"c\":\"}]\\\"\"}]},\"d\":[[\"[\"]],\"e\":1,\"f\":\"g\"}");
        assertThat(walker.enterObject()).isTrue();
        List<String> names = new ArrayList<>();
        while (walker.nextMember()) {
            names.add(walker.name());
        }
        walker.finish();
        assertThat(names).containsExactly("a", "d", "e", "f");
    }

    @Test
    void givesAValueToBeReadInPlace() {
        at("{\"x\":1,\"usage\":{\"n\":7}}").enterObject();
        walker.nextMember();
        walker.nextMember();
        assertThat(walker.value().longValue("/n")).hasValue(7);
        assertThat(walker.nextMember()).isFalse();
        walker.finish();
    }

    @Test
    void readsEscapedNames() {
        at("{\"us\\u0061ge\":1}").enterObject();
        walker.nextMember();
        assertThat(walker.nameIs("usage")).isTrue();
        assertThat(walker.nameIs("us\\u0061ge")).isFalse();
        assertThat(walker.name()).isEqualTo("usage");
    }

    @Test
    void staysWhereAValueIsOfAnotherKind() {
        at("\"text\"");
        assertThat(walker.enterObject()).isFalse();
        assertThat(walker.enterArray()).isFalse();
        assertThat(walker.text()).isEqualTo("text");
        walker.finish();
        assertThat(at("12").text()).isNull();
        assertThat(walker.kind()).isEqualTo(JsonKind.NUMBER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\"", "[]", "{}", "[ ]", "{\n}"})
    void knowsWhatIsEmpty(String json) {
        assertThat(at(json).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\" \"", "[0]", "{\"\":0}", "0", "null", "false", "["})
    void knowsWhatIsNotEmpty(String json) {
        assertThat(at(json).isEmpty()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"a",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":}",
                "{\"a\":1",
                "{\"a\":1,}",
                "{a:1}",
                "[1",
                "[,]",
                "[1}",
                "\"\\",
                "\"\\u12\"",
                "\"\\q\"",
                "\"\\u12g4\"",
                "{} {}",
                "x",
                "data"
            })
    void cannotGoOnInWhatIsNone(String json) {
        assertThatThrownBy(() -> {
                    tree(at(json));
                    walker.finish();
                })
                .isInstanceOf(JsonException.class);
    }

    @Test
    void isAtNoValueBeforeItWasGivenOne() {
        assertThatThrownBy(walker::skip).isInstanceOf(IllegalStateException.class);
        at("[]").enterArray();
        assertThatThrownBy(walker::kind).isInstanceOf(IllegalStateException.class);
    }

    /** Whatever the bytes, it ends, and with nothing but the exception it promises. */
    @Test
    void survivesEveryMutation() {
        Random random = new Random(20261126);
        byte[] good = DOCUMENT.getBytes(StandardCharsets.UTF_8);
        int failed = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] json = good.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                json[random.nextInt(json.length)] = (byte) "{}[]\",:\\u0 \n1xn\u00c3".charAt(random.nextInt(16));
            }
            Buffer buffer = Buffer.buffer(json);
            int from = random.nextInt(json.length);
            walker.start(buffer, from, from + random.nextInt(json.length - from));
            try {
                tree(walker);
                walker.finish();
            } catch (JsonException e) {
                failed++;
            }
        }
        assertThat(failed).isPositive();
    }

    @Test
    void makesNoGarbage() {
        Buffer buffer = Buffer.buffer(DOCUMENT.replace("b\\u0041", "b"));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int rounds = 10_000;
        int seen = count(buffer, rounds);
        long before = threads.getCurrentThreadAllocatedBytes();
        seen += count(buffer, rounds);
        long perRound = (threads.getCurrentThreadAllocatedBytes() - before) / rounds;
        assertThat(seen).isEqualTo(2 * rounds);
        assertThat(perRound).isLessThan(64);
    }

    private int count(Buffer buffer, int rounds) {
        int seen = 0;
        for (int i = 0; i < rounds; i++) {
            walker.start(buffer, 0, buffer.length());
            walker.enterObject();
            while (walker.nextMember()) {
                seen += walker.nameIs("a") && !walker.isEmpty() ? 1 : 0;
            }
            walker.finish();
        }
        return seen;
    }

    /** Reads everything there is, by all the ways there are. */
    private static @Nullable Object tree(JsonWalker walker) {
        walker.isEmpty();
        switch (walker.kind()) {
            case OBJECT -> {
                Map<String, @Nullable Object> read = new LinkedHashMap<>();
                walker.enterObject();
                while (walker.nextMember()) {
                    String name = walker.name();
                    read.put(name, tree(walker));
                }
                return read;
            }
            case ARRAY -> {
                List<@Nullable Object> read = new ArrayList<>();
                walker.enterArray();
                while (walker.nextElement()) {
                    read.add(tree(walker));
                }
                return read;
            }
            case STRING -> {
                return walker.text();
            }
            default -> {
                return walker.value().toTree();
            }
        }
    }
}
