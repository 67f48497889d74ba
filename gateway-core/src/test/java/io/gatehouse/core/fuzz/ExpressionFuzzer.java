package io.gatehouse.core.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.routing.ExpressionParser;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.RouteTable;
import io.gatehouse.core.routing.TestRequest;

/** Any expression is refused with its place, or makes a table that can be asked. */
public final class ExpressionFuzzer {
    private ExpressionFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("http.path ~ \"a\" && any(lower(http.headers.x)) == r#\"a\"#".getBytes(UTF_8));
    }

    /** Called by the fuzzer, and for each file of the corpus by {@link FuzzCorpusTest}. */
    public static void fuzzerTestOneInput(byte[] data) {
        String expression = new String(data, UTF_8);
        String problem = ExpressionParser.problem(expression);
        if (problem != null) {
            if (!problem.matches("(line \\d+, )?column \\d+: .+")) {
                throw new AssertionError("tells no place: " + problem);
            }
            return;
        }
        RouteTable.of(java.util.List.of(RouteRule.rule("0f0e0d0c-0000-4000-8000-000000000000", "r")
                        .expression(expression, 0)
                        .build()))
                .match(TestRequest.get("/a/b/c")
                        .method("GET")
                        .host("A.example")
                        .query("q=1&q=%zz&=&flag")
                        .header("x", "a")
                        .header("x", "b")
                        .tls("a.example"));
    }
}
