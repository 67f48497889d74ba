package io.gatehouse.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files made to break a parser, and the text that environment variables put in. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HostileFilesTest {
    private final List<Problem> problems = new ArrayList<>();

    private @Nullable ConfigNode parse(String text, Map<String, String> environment) {
        return ConfigText.parse("f.yaml", text, environment::get, problems::add);
    }

    private List<String> problemsOf(String text) {
        assertThat(parse(text, Map.of())).isNull();
        return lines();
    }

    private List<String> lines() {
        return problems.stream().map(Problem::toString).toList();
    }

    private @Nullable Object data(String text, Map<String, String> environment) {
        ConfigNode node = parse(text, environment);
        assertThat(lines()).isEmpty();
        return Objects.requireNonNull(node).toData();
    }

    @Test
    void refusesAnAliasBomb() {
        StringBuilder yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++) {
            yaml.append('a').append(i).append(": &a").append(i).append(" [");
            yaml.append(("*a" + (i - 1) + ", ").repeat(9))
                    .append("*a")
                    .append(i - 1)
                    .append("]\n");
        }

        assertThat(problemsOf(yaml.toString()))
                .hasSize(1)
                .allMatch(line -> line.contains("aliases add too many values (expected: at most 100000)"));
    }

    @Test
    void refusesAnAliasToItself() {
        assertThat(problemsOf("a: &a [*a]"))
                .containsExactly("f.yaml:1:8 a[0]: alias without a finished anchor before it");
    }

    @Test
    void aliasesAndMergeKeysWork() {
        assertThat(data("a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\nd: {y: 4, <<: [*a]}", Map.of()))
                .isEqualTo(Map.of(
                        "a", Map.of("x", 1L, "y", 2L),
                        "b", Map.of("x", 1L, "y", 2L),
                        "c", Map.of("x", 1L, "y", 3L),
                        "d", Map.of("x", 1L, "y", 4L)));
    }

    @Test
    void refusesTags() {
        assertThat(problemsOf("a: !!javax.script.ScriptEngineManager [x]"))
                .containsExactly("f.yaml:1:4 a: tag 'tag:yaml.org,2002:javax.script.ScriptEngineManager' is not"
                        + " supported (expected: no tags)");
    }

    @Test
    void refusesTagsOnScalarsAndKeys() {
        assertThat(problemsOf("a: !!binary aGk=")).hasSize(1);
        assertThat(problemsOf("!!str a: b")).hasSize(2);
        assertThat(problemsOf("a: !mine b")).hasSize(3);
    }

    @Test
    void refusesDepth() {
        assertThat(problemsOf("[".repeat(100_000)))
                .hasSize(1)
                .allMatch(line -> line.contains("nested too deeply (expected: at most 64 levels)"));
        problems.clear();
        assertThat(problemsOf("{a: ".repeat(100_000))).hasSize(1);
    }

    @Test
    void refusesKeysThatAreNoStringsAndSecondDocuments() {
        assertThat(problemsOf("? [a]\n: b")).containsExactly("f.yaml:1:3 expected a string as key");
        problems.clear();
        assertThat(problemsOf("a: 1\n---\nb: 2")).containsExactly("f.yaml:2:1 expected a single document");
        problems.clear();
        assertThat(problemsOf("a: \u0007")).hasSize(1);
    }

    @Test
    void namesBothPlacesOfADuplicateKey() {
        assertThat(parse("a: 1\nb:\n  c: 1\n  c: 2\n", Map.of())).isNotNull();

        assertThat(lines()).containsExactly("f.yaml:4:3 b.c: duplicate key 'c' (first at f.yaml:3:3)");
    }

    @Test
    void neverMakesANumberThatCannotBeWritten() {
        assertThat(data(
                        "a: 1e999999999\nb: 123456789012345678901234567890\nc: .inf\nd: 0x10\ne: 1_000\nf: 1e3",
                        Map.of()))
                .hasToString("{a=1e999999999, b=123456789012345678901234567890, c=.inf, d=16, e=1_000, f=1000.0}");
    }

    @Test
    void aVariableThatNamesAVariableIsNotShown() {
        Map<String, String> environment = Map.of("DECK_A", "s3cret", "DECK_B", "DECK_s3cret");

        parse("a: ${{ env \"DECK_A\" | env }}\nb: ${{ env \"DECK_B\" | env }}", environment);

        assertThat(lines())
                .containsExactly(
                        "f.yaml:1:4 environment variables in the state file must be prefixed with 'DECK_', found: what"
                                + " 'DECK_A' holds",
                        "f.yaml:2:4 environment variable what 'DECK_B' holds present in state file but not set");
    }

    /** Each of these took minutes when places were counted from the start of the line every time. */
    @Test
    void longLinesTakeTimeInProportion() {
        StringBuilder json = new StringBuilder("{\"a\": ${{ env \"DECK_A\" }}, \"list\": [");
        json.append("{\"b\":1,\"c\":\"d\"},".repeat(150_000)).append("0]}");
        assertThat(parse(json.toString(), Map.of("DECK_A", "1"))).isNotNull();
        String expressions = "a: \"" + "${{env \"DECK_A\"}}".repeat(100_000) + "\"";
        assertThat(parse(expressions, Map.of("DECK_A", "1"))).isNotNull();
        assertThat(lines()).isEmpty();

        parse("a: \"" + "${{".repeat(500_000) + "\"", Map.of());
        assertThat(lines()).hasSize(100);
    }

    @Test
    void refusesAFileOfFiftyMegabytes() throws Exception {
        InputStream endless = new InputStream() {
            private long left = 50_000_000;

            @Override
            public int read() {
                return left-- > 0 ? '#' : -1;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                int some = (int) Math.min(left, length);
                left -= some;
                Arrays.fill(into, offset, offset + Math.max(0, some), (byte) '#');
                return some > 0 || length == 0 ? some : -1;
            }
        };

        assertThat(ConfigText.read("f.yaml", endless, problems::add)).isNull();
        assertThat(lines()).containsExactly("f.yaml:1:1 the file is too large (expected: at most 33554432 bytes)");
    }

    @Test
    void readsJson() {
        assertThat(data("{\n\t\"a\\/b\": [1, -2.5e1, true, null, \"\\u00e9\\ud83d\\ude00\"]\n}", Map.of()))
                .hasToString("{a/b=[1, -25.0, true, null, \u00e9\ud83d\ude00]}");
    }

    @Test
    void putsInEnvironmentVariables() {
        Object data = data(
                """
                # ${{ env "DECK_COMMENT" }}
                text: "Bearer ${{ env "DECK_KEY" }}!"
                number: ${{ env "DECK_NUMBER" | toInt }}
                bare: ${{ env "DECK_NUMBER" }}
                float: ${{ env "DECK_FLOAT" | toFloat }}
                bool: ${{ toBool (env "DECK_BOOL") }}
                block: |
                  ${{ env "DECK_LINES" | indent 2 }}
                last: ${{env "DECK_KEY"}}
                """,
                Map.of(
                        "DECK_KEY", "k",
                        "DECK_NUMBER", "42",
                        "DECK_FLOAT", "1.5e3",
                        "DECK_BOOL", "T",
                        "DECK_LINES", "one\ntwo\nthree"));

        assertThat(data)
                .hasToString("{text=Bearer k!, number=42, bare=42, float=1500, bool=true, block=one\ntwo\nthree\n,"
                        + " last=k}");
    }

    @Test
    void placesStayTrueAfterALongValue() {
        ConfigNode root = Objects.requireNonNull(parse(
                "a: |\n  ${{ env \"DECK_LINES\" | indent 2 }}\nb: [\"${{ env \"DECK_KEY\" }}\", here]\nc: 1\n",
                Map.of("DECK_LINES", "one\ntwo\nthree", "DECK_KEY", "\ud83d\ude00 long long long long long")));
        ConfigNode.Mapping map = (ConfigNode.Mapping) root;

        ConfigNode.Sequence list = (ConfigNode.Sequence) Objects.requireNonNull(map.get("b"));
        assertThat(list.items().get(0).location()).hasToString("f.yaml:3:5");
        assertThat(list.items().get(0).shown()).isEqualTo("${{ env \"DECK_KEY\" }}");
        assertThat(list.items().get(1).location()).hasToString("f.yaml:3:30");
        assertThat(Objects.requireNonNull(map.get("c")).location()).hasToString("f.yaml:4:4");
        assertThat(Objects.requireNonNull(map.get("a")).shown()).doesNotContain("one");
    }

    @Test
    void saysWhatIsWrongWithAnExpression() {
        parse("""
                a: ${{ env "HOME" }}
                b: ${{ env "DECK_X" }}
                c: ${{ enf "DECK_X" }}
                d: ${{ env "DECK_WORD" | toInt }}
                e: ${{ env "DECK_WORD" | toBool }}
                f: ${{ env }}
                g: x${{ }}
                """, Map.of("DECK_WORD", "s3cret"));

        assertThat(lines())
                .containsExactly(
                        "f.yaml:1:4 environment variables in the state file must be prefixed with 'DECK_', found:"
                                + " 'HOME'",
                        "f.yaml:2:4 environment variable 'DECK_X' present in state file but not set",
                        "f.yaml:3:4 function 'enf' not defined; did you mean 'env'?",
                        "f.yaml:4:4 toInt: environment variable 'DECK_WORD' is not an integer",
                        "f.yaml:5:4 toBool: environment variable 'DECK_WORD' is not a boolean",
                        "f.yaml:6:4 wrong number of arguments for env (got 0, expected 1)",
                        "f.yaml:7:5 '${{ }}' without a function (expected: env \"DECK_NAME\")");
    }

    @Test
    void aValueThatBreaksTheYamlIsNotShown() {
        for (String secret :
                List.of("s3cret: s3cret", "*s3cret", "\"s3cret", "%s3cret", "[s3cret", "!s3cret x", "&s3cret")) {
            parse("a: 1\nb: ${{ env \"DECK_KEY\" }}\nc: 2\n", Map.of("DECK_KEY", secret));
        }

        assertThat(lines()).isNotEmpty().noneMatch(line -> line.contains("s3cret"));
    }
}
