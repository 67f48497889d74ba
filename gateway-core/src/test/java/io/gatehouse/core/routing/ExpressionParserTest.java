package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionParserTest {
    private static boolean holds(String expression, TestRequest request) {
        return ExpressionParser.parse(expression).holds(new ExpressionFacts(request));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http.method == \"GET\"",
                "http.path=^\".js\"",
                "http.path ~ r#\"^/(?P<id>\\d+)$\"#",
                "lower(http.host) ^= \"api.\"",
                "any(lower(http.headers.x_role)) contains \"adm\"",
                "lower(any(http.queries.q)) != \"\"",
                "lower ( http.path )\n==\t\"/x\"",
                "net.src.port > -0x1F && net.dst.port <= 0777",
                "net.port != 8000",
                "net.src.ip in 10.0.0.0/8 || net.src.ip not\n in fd00::/8",
                "net.dst.ip == 192.0.2.1 && net.src.ip == ::1",
                "net.src.ip in 0.0.0.0/0",
                "! ( (http.method == \"A\") || !(http.method == \"B\") )",
                "http.path.segments.0 == \"a\" && http.path.segments.10_12 == \"a/b/c\"",
                "http.path.segments.len == 0",
                "tls.sni == \"a.example\" && net.protocol == \"https\"",
                "http.method == \"\\\"\\\\\\n\\r\\t\""
            })
    void reads(String expression) {
        assertThat(ExpressionParser.problem(expression)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "->",
            quoteCharacter = '`',
            value = {
                "``  ->  column 1: expected a field, lower(, any(, ( or !(",
                "http.method  ->  column 12: expected an operator (== != ~ ^= =^ > >= < <= in, not in or contains)",
                "http.method = \"GET\"  ->  column 13: expected an operator (== != ~ ^= =^ > >= < <= in, not in or contains)",
                "http.method == GET  ->  column 16: expected a text in quotes, or r#\"...\"#",
                "http.method == \"GET  ->  column 16: expected a \" that ends this text",
                "http.method == r#\"GET\"  ->  column 16: expected a \"# that ends this text",
                "http.method == \"\\d\"  ->  column 17: expected one of \\\" \\\\ \\n \\r \\t (r#\"...\"# needs no escapes)",
                "http.method == \"A\" &&  ->  column 22: expected a field, lower(, any(, ( or !(",
                "http.method == \"A\" & http.path == \"/\"  ->  column 20: expected && or ||, or the end",
                "(http.method == \"A\"  ->  column 20: expected && or ||, or )",
                "http.method == \"A\")  ->  column 19: expected && or ||, or the end",
                "! http.method == \"A\"  ->  column 3: expected ( after !",
                "upper(http.path) == \"A\"  ->  column 1: expected lower( or any(",
                "lower(net.src.port) == 1  ->  column 7: expected a field with text inside of lower()",
                "lower(http.path == \"A\"  ->  column 17: expected )",
                "http.method > \"A\"  ->  column 13: expected ==, !=, ~, ^=, =^ or contains, since the field is a text",
                "http.method in 10.0.0.0/8  ->  column 13: expected ==, !=, ~, ^=, =^ or contains, since the field is a text",
                "http.method == 10.0.0.1  ->  column 16: expected a text in quotes, or r#\"...\"#",
                "net.src.port == \"80\"  ->  column 17: expected a whole number below 2^63 as 80, 0x50 or 0120",
                "net.src.port == 8o  ->  column 17: expected a whole number below 2^63 as 80, 0x50 or 0120",
                "net.src.port == 9223372036854775808  ->  column 17: expected a whole number below 2^63 as 80, 0x50 or 0120",
                "net.src.port ~ 80  ->  column 14: expected ==, !=, >, >=, < or <=, since the field is a number",
                "net.src.ip > 10.0.0.1  ->  column 12: expected ==, !=, in or not in, since the field is an address",
                "net.src.ip == 10.0.0.0/8  ->  column 15: expected an address as 10.0.0.1 or fd00::1",
                "net.src.ip == 10.0.0.256  ->  column 15: expected an address as 10.0.0.1 or fd00::1",
                "net.src.ip in 10.0.0.1  ->  column 15: expected a range of addresses as 10.0.0.0/8 or fd00::/64",
                "net.src.ip in 10.0.0.0/33  ->  column 15: expected a range of addresses as 10.0.0.0/8 or fd00::/64",
                "net.src.ip in 10.1.0.0/8  ->  column 15: expected a range without bits set after its prefix",
                "net.src.ip in fd00::1/64  ->  column 15: expected a range without bits set after its prefix",
                "net.src.ip not 10.0.0.0/8  ->  column 12: expected an operator (== != ~ ^= =^ > >= < <= in, not in or contains)",
                "http.path ~ \"/[a\"  ->  column 13: invalid regex: missing closing ] (expected: RE2 syntax)",
                "http.path ~ \"(?=a)\"  ->  column 13: invalid regex: invalid or unsupported Perl syntax (expected: RE2 syntax)",
                "http.path.segments. == \"a\"  ->  column 1: illformed http.path.segments.* field (expected: .N, .N_M with N < M, or .len)",
                "http.path.segments.2_1 == \"a\"  ->  column 1: illformed http.path.segments.* field (expected: .N, .N_M with N < M, or .len)",
                "http.path.segments.01 == \"a\"  ->  column 1: illformed http.path.segments.* field (expected: .N, .N_M with N < M, or .len)",
                "http.path.segments.1_ == \"a\"  ->  column 1: illformed http.path.segments.* field (expected: .N, .N_M with N < M, or .len)"
            })
    void tellsWhereItIsWrongAndWhatIsExpected(String expression, String problem) {
        assertThat(ExpressionParser.problem(expression)).isEqualTo(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http.hots", "http.headers", "http.headers.", "http.headers.a.b", "tls.sni.x", "a"})
    void namesTheFieldsThereAre(String field) {
        assertThat(ExpressionParser.problem(field + " == \"a\""))
                .startsWith("column 1: unknown field (expected: net.protocol, ")
                .contains("http.headers.name");
    }

    @Test
    void countsLines() {
        assertThat(ExpressionParser.problem("http.method == \"A\"\n  && http.path == 1"))
                .isEqualTo("line 2, column 19: expected a text in quotes, or r#\"...\"#");
    }

    @Test
    void readsParenthesesToALimitedDepth() {
        String predicate = "http.method == \"GET\"";
        assertThat(ExpressionParser.problem("(".repeat(100) + predicate + ")".repeat(100)))
                .isNull();
        assertThat(ExpressionParser.problem("(".repeat(101) + predicate + ")".repeat(101)))
                .isEqualTo("column 101: expected parentheses at most 100 deep");
        assertThat(holds((predicate + " && ").repeat(10_000) + predicate, TestRequest.get("/")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "a || b && c || d, ad, true", // (a || b) && (c || d)
        "a || b && c || d, a, false",
        "a && b || c, ac, true", // a && (b || c)
        "a && b || c, c, false",
        "(a && b) || c, c, true",
        "!(a) && b, b, true",
        "!(a || b) && c, ac, false"
    })
    void bindsOrTighterThanAnd(String form, String given, boolean expected) {
        StringBuilder expression = new StringBuilder();
        for (String c : form.split("", -1)) {
            expression.append("abcd".contains(c) && !c.isEmpty() ? "http.headers." + c + " == \"1\"" : c);
        }
        TestRequest request = TestRequest.get("/");
        for (String c : given.split("", -1)) {
            request.header(c, "1");
        }
        assertThat(holds(expression.toString(), request)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http.method == \"PUT\" | true",
                "http.method != \"PUT\" | false",
                "http.method == \"put\" | false",
                "lower(http.method) == \"put\" | true",
                "http.host == \"Shop.example\" | true",
                "http.host == \"shop.example\" | false",
                "lower(http.host) == \"shop.example\" | true",
                "http.host =^ \".example\" | true",
                "http.path == \"/a/b/c\" | true",
                "http.path ^= \"/a/\" | true",
                "http.path ^= \"/b\" | false",
                "http.path contains \"b/\" | true",
                "http.path ~ \"b\" | true",
                "http.path ~ \"^b\" | false",
                "http.path.segments.0 == \"a\" | true",
                "http.path.segments.2 == \"c\" | true",
                "http.path.segments.3 != \"c\" | false", // absent
                "http.path.segments.0_1 == \"a/b\" | true",
                "http.path.segments.1_2 == \"b/c\" | true",
                "http.path.segments.1_3 != \"b/c\" | false", // absent
                "http.path.segments.len == 3 | true",
                "http.headers.x_one == \"1\" | true",
                "http.headers.X_One == \"1\" | true",
                "http.headers.none == \"1\" | false",
                "http.headers.none != \"1\" | false",
                "!(http.headers.none == \"1\") | true",
                "http.headers.two ~ \"^[ab]$\" | true", // both
                "http.headers.two == \"a\" | false",
                "any(http.headers.two) == \"a\" | true",
                "any(http.headers.two) == \"A\" | false",
                "http.headers.two != \"a\" | false",
                "any(http.headers.two) != \"a\" | true",
                "any(http.headers.none) != \"a\" | false",
                "http.headers.under_score == \"u\" | true",
                "http.queries.q == \"1 2\" | true",
                "http.queries.Q == \"1 2\" | false",
                "http.queries.empty == \"\" | true",
                "http.queries.flag == \"\" | true",
                "http.queries.bad == \"%zz%\" | true",
                "http.queries.u == \"\u00fc\" | true",
                "http.queries.many ^= \"x\" | false",
                "any(http.queries.many) ^= \"x\" | true",
                "net.protocol == \"http\" | true",
                "tls.sni != \"a\" | false",
                "net.src.ip == 192.0.2.7 | true",
                "net.src.ip != 192.0.2.7 | false",
                "net.src.ip in 192.0.2.0/29 | true",
                "net.src.ip in 192.0.2.0/30 | false",
                "net.src.ip not in 192.0.2.0/30 | true",
                "net.src.ip in 0.0.0.0/0 | true",
                "net.src.ip in ::/0 | false",
                "net.src.ip not in ::/0 | true",
                "net.src.port == 40000 | true",
                "net.src.port >= 0x9c40 | true",
                "net.src.port < 40000 | false",
                "net.src.port <= 40000 | true",
                "net.src.port > 39999 | true",
                "net.src.port != 1 | true",
                "net.src.port > -1 | true",
                "net.dst.ip == 198.51.100.9 | true",
                "net.dst.port == 81 | true", // of the Host header
                "net.port == 81 | true"
            })
    void evaluates(String expression, boolean expected) {
        TestRequest request = TestRequest.get("/a/b/c")
                .method("PUT")
                .host("Shop.example")
                .hostPort(81)
                .query("q=1+2&empty=&flag&bad=%zz%&u=%C3%BC&many=x1&many=y&&")
                .header("X-One", "1")
                .header("two", "a")
                .header("two", "b")
                .header("under_score", "u")
                .header("under-score", "-");
        assertThat(holds(expression, request)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tls.sni == \"Shop.Example\" | true",
                "tls.sni != \"SHOP.example\" | false",
                "tls.sni ^= \"SHOP.\" | true",
                "tls.sni =^ \".Example\" | true",
                "tls.sni contains \"P.E\" | true",
                "tls.sni ~ \"^Shop\\\\.\" | true",
                "tls.sni == \"Shops.Example\" | false"
            })
    void comparesServerNamesWithoutLetterCase(String expression, boolean expected) {
        assertThat(holds(expression, TestRequest.get("/").tls("shop.example"))).isEqualTo(expected);
    }

    @Test
    void countsNoSegmentsOfTheRoot() {
        assertThat(holds("http.path.segments.len == 0", TestRequest.get("/"))).isTrue();
        assertThat(holds("http.path.segments.len == 1", TestRequest.get("/a/"))).isTrue();
    }

    @Test
    void asksTheListenerForThePortWhenTheHostHasNone() {
        assertThat(holds("net.dst.port == 9000", TestRequest.get("/").to("::1", 9000)))
                .isTrue();
        assertThat(holds("net.dst.ip == ::1", TestRequest.get("/").to("0:0:0:0:0:0:0:1", 9000)))
                .isTrue();
    }
}
