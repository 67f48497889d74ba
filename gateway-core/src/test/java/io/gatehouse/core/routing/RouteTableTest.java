package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static int ids;

    private static RouteRule.Builder<String> rule(String payload) {
        return RouteRule.rule(String.format("00000000-0000-4000-8000-%012x", ++ids), payload);
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    private static RouteTable<String> table(RouteRule.Builder<String>... rules) {
        return RouteTable.of(Arrays.stream(rules).map(RouteRule.Builder::build).toList());
    }

    private static @Nullable String route(RouteTable<String> table, RequestFacts request) {
        RouteMatch<String> match = table.match(request);
        return match == null ? null : match.payload();
    }

    /** Whichever way the rules are given, the first of them must win. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    private static void assertFirstWins(RequestFacts request, RouteRule.Builder<String>... rules) {
        List<RouteRule<String>> built = new ArrayList<>(
                Arrays.stream(rules).map(RouteRule.Builder::build).toList());
        String first = built.get(0).payload();
        assertThat(route(RouteTable.of(built), request)).isEqualTo(first);
        Collections.reverse(built);
        assertThat(route(RouteTable.of(built), request)).isEqualTo(first);
    }

    @Test
    void matchesNothingWhenEmpty() {
        assertThat(table().match(TestRequest.get("/"))).isNull();
    }

    @Test
    void matchesPlainPathsAsTextPrefixes() {
        RouteTable<String> table = table(rule("foo").paths("/foo"));

        assertThat(route(table, TestRequest.get("/foo"))).isEqualTo("foo");
        assertThat(route(table, TestRequest.get("/foobar"))).isEqualTo("foo");
        assertThat(route(table, TestRequest.get("/foo/bar"))).isEqualTo("foo");
        assertThat(route(table, TestRequest.get("/fo"))).isNull();
        assertThat(route(table, TestRequest.get("/a/foo"))).isNull();
    }

    @Test
    void prefersTheLongerPath() {
        assertFirstWins(
                TestRequest.get("/foo/bar"),
                rule("long").paths("/foo/b"),
                rule("short").paths("/foo"));
    }

    @Test
    void prefersMoreCategoriesOverLongerPaths() {
        assertFirstWins(
                TestRequest.get("/foo/bar"),
                rule("method").methods("GET").paths("/"),
                rule("path").paths("/foo/bar"));
    }

    @Test
    void prefersPlainHostsOverWildcards() {
        assertFirstWins(
                TestRequest.get("/foo").host("a.example.com"),
                rule("plain").hosts("a.example.com").paths("/"),
                rule("wildcard").hosts("*.example.com").paths("/foo"));
    }

    @Test
    void countsARouteWithOneWildcardAsWildcard() {
        assertFirstWins(
                TestRequest.get("/").host("a.b"),
                rule("plain").hosts("a.b"),
                rule("mixed").hosts("a.b", "*.b").header("x", "1").paths("/").methods("POST"),
                rule("other").hosts("a.b", "*.c"));
    }

    @Test
    void prefersMoreHeaders() {
        assertFirstWins(
                TestRequest.get("/foo").header("x", "1").header("y", "2"),
                rule("two").header("x", "1").header("y", "2").paths("/"),
                rule("one").header("x", "1").paths("~/fo+"));
    }

    @Test
    void prefersRegexesAndAmongThemThePriority() {
        assertFirstWins(
                TestRequest.get("/foo/bar"),
                rule("high").paths("~/f").regexPriority(2),
                rule("low").paths("~/foo/bar").regexPriority(1),
                rule("plain").paths("/foo/bar"));
    }

    @Test
    void ignoresRegexPriorityOfPlainPaths() {
        assertFirstWins(
                TestRequest.get("/foo"),
                rule("long").paths("/foo"),
                rule("short").paths("/f").regexPriority(9));
    }

    @Test
    void decidesTiesByTheLargerId() {
        assertFirstWins(
                TestRequest.get("/foo"),
                RouteRule.rule("b0000000-0000-4000-8000-000000000000", "b").paths("/foo"),
                RouteRule.rule("a0000000-0000-4000-8000-000000000000", "a").paths("/foo"));
    }

    @Test
    void decidesTiesOfSplitGroupsByTheirDerivedIds() {
        String split = "ffffffff-ffff-4fff-8fff-ffffffffffff";
        String derived = TestIds.versionFive(split + "#1");
        String larger = derived.substring(0, 35) + "f";
        String smaller = derived.substring(0, 8) + "-0000-0000-0000-000000000000";

        assertFirstWins(
                TestRequest.get("/a"),
                RouteRule.rule(larger + "g", "larger").paths("/a"),
                RouteRule.rule(split, "split").paths("/a", "/long"),
                RouteRule.rule(smaller, "smaller").paths("/a"));
        assertFirstWins(
                TestRequest.get("/a"),
                RouteRule.rule(split, "split").paths("/a", "/long"),
                RouteRule.rule(smaller, "smaller").paths("/a"));
    }

    @Test
    void givesARouteWithPathsOfSeveralLengthsSeveralPriorities() {
        RouteTable<String> table = table(
                rule("split").paths("/foo/bar/baz", "/f", "~/re"),
                rule("middle").paths("/foo"));

        assertThat(route(table, TestRequest.get("/foo/bar/baz"))).isEqualTo("split");
        assertThat(route(table, TestRequest.get("/foo/bar"))).isEqualTo("middle");
        assertThat(route(table, TestRequest.get("/fab"))).isEqualTo("split");
        assertThat(route(table, TestRequest.get("/rex"))).isEqualTo("split");
    }

    @Test
    void matchesMethodsExactly() {
        RouteTable<String> table = table(rule("post").methods("POST", "PUT"));

        assertThat(route(table, TestRequest.get("/").method("PUT"))).isEqualTo("post");
        assertThat(route(table, TestRequest.get("/").method("put"))).isNull();
    }

    @Test
    void matchesHostsWithTheirCase() {
        RouteTable<String> table = table(rule("host").hosts("Example.com"));

        assertThat(route(table, TestRequest.get("/").host("Example.com"))).isEqualTo("host");
        assertThat(route(table, TestRequest.get("/").host("example.com"))).isNull();
    }

    @Test
    void matchesHostWildcardsAtAnyDepth() {
        RouteTable<String> table =
                table(rule("suffix").hosts("*.example.com"), rule("prefix").hosts("api.*"));

        assertThat(route(table, TestRequest.get("/").host("a.example.com"))).isEqualTo("suffix");
        assertThat(route(table, TestRequest.get("/").host("a.b.example.com"))).isEqualTo("suffix");
        assertThat(route(table, TestRequest.get("/").host("example.com"))).isNull();
        assertThat(route(table, TestRequest.get("/").host("xexample.com"))).isNull();
        assertThat(route(table, TestRequest.get("/").host("api.org"))).isEqualTo("prefix");
        assertThat(route(table, TestRequest.get("/").host("api.a.b"))).isEqualTo("prefix");
        assertThat(route(table, TestRequest.get("/").host("xapi.org"))).isNull();
    }

    @Test
    void comparesAConfiguredPortWithTheHeaderOrTheListener() {
        RouteTable<String> table =
                table(rule("port").hosts("a.b:8443"), rule("wild").hosts("*.c:9000"));

        assertThat(route(table, TestRequest.get("/").host("a.b").hostPort(8443)))
                .isEqualTo("port");
        assertThat(route(table, TestRequest.get("/").host("a.b").listenerPort(8443)))
                .isEqualTo("port");
        assertThat(route(table, TestRequest.get("/").host("a.b").hostPort(1).listenerPort(8443)))
                .isNull();
        assertThat(route(table, TestRequest.get("/").host("a.b"))).isNull();
        assertThat(route(table, TestRequest.get("/").host("x.c").hostPort(9000)))
                .isEqualTo("wild");
    }

    @Test
    void comparesThePortOfAWildcardBehindToo() {
        RouteTable<String> table =
                table(rule("any").hosts("shop.*"), rule("port").hosts("shop.*:80", "shop.com.*"));

        assertThat(route(table, TestRequest.get("/").host("shop.org").listenerPort(80)))
                .isEqualTo("port");
        assertThat(route(table, TestRequest.get("/").host("shop.org").hostPort(81)))
                .isEqualTo("any");
        assertThat(route(table, TestRequest.get("/").host("shop.com.au").hostPort(81)))
                .isEqualTo("port");
    }

    @Test
    void ignoresTheRequestPortWhenNoneIsConfigured() {
        RouteTable<String> table = table(rule("any").hosts("a.b"), rule("six").hosts("[::1]"));

        assertThat(route(table, TestRequest.get("/").host("a.b").hostPort(77))).isEqualTo("any");
        assertThat(route(table, TestRequest.get("/").host("::1").hostPort(77))).isEqualTo("six");
    }

    @Test
    void matchesHeadersWithoutCaseAndDashOrUnderscore() {
        RouteTable<String> table =
                table(rule("header").header("X-My-Tier", "Gold", "silver").header("y", "1"));

        assertThat(route(table, TestRequest.get("/").header("x-my-tier", "gold").header("Y", "1")))
                .isEqualTo("header");
        assertThat(route(
                        table,
                        TestRequest.get("/").header("x_my-tier", "SILVER").header("y", "1")))
                .isEqualTo("header");
        assertThat(route(
                        table,
                        TestRequest.get("/")
                                .header("x-my-tier", "lead")
                                .header("x-my-tier", "gold")
                                .header("y", "1")))
                .isEqualTo("header");
        assertThat(route(table, TestRequest.get("/").header("x-my-tier", "gold")))
                .isNull();
    }

    @Test
    void matchesHeaderExpressionsAnywhereInTheValue() {
        RouteTable<String> table = table(rule("regex").header("x", "~*b\\Dr[0-9]"));

        assertThat(route(table, TestRequest.get("/").header("x", "fooBAR7baz"))).isEqualTo("regex");
        assertThat(route(table, TestRequest.get("/").header("x", "b1r7"))).isNull();
    }

    @Test
    void comparesServerNamesOnTlsOnly() {
        RouteTable<String> table = table(rule("sni")
                .snis("a.example.", "*.Wild.org", "pre.*", "Upper.Test")
                .paths("/"));

        assertThat(route(table, TestRequest.get("/"))).isEqualTo("sni");
        assertThat(route(table, TestRequest.get("/").tls("a.example"))).isEqualTo("sni");
        assertThat(route(table, TestRequest.get("/").tls("x.wild.org"))).isEqualTo("sni");
        assertThat(route(table, TestRequest.get("/").tls("pre.fix"))).isEqualTo("sni");
        assertThat(route(table, TestRequest.get("/").tls("upper.test"))).isEqualTo("sni");
        assertThat(route(table, TestRequest.get("/").tls("b.example"))).isNull();
        assertThat(route(table, TestRequest.get("/").tls(null))).isNull();
    }

    @Test
    void anchorsExpressionsAtTheStartOnly() {
        RouteTable<String> table =
                table(rule("regex").paths("~/a/[0-9]+"), rule("either").paths("~/x|/y"));

        assertThat(route(table, TestRequest.get("/a/1/rest"))).isEqualTo("regex");
        assertThat(route(table, TestRequest.get("/b/a/1"))).isNull();
        assertThat(route(table, TestRequest.get("/y"))).isEqualTo("either");
        assertThat(route(table, TestRequest.get("/b/y"))).isNull();
    }

    @Test
    void capturesGroupsByNumberAndName() {
        RouteTable<String> table = table(rule("regex").paths("~/v(\\d)/(?<user>[a-z]+)(/x)?"));

        RouteMatch<String> match = requireNonNull(table.match(TestRequest.get("/v1/bob/tail")));

        assertThat(match.matchedPath()).isEqualTo("/v1/bob");
        UriCaptures captures = requireNonNull(match.captures());
        assertThat(captures.group(0)).isEqualTo("/v1/bob");
        assertThat(captures.group(1)).isEqualTo("1");
        assertThat(captures.group("user")).isEqualTo("bob");
        assertThat(captures.group(2)).isEqualTo("bob");
        assertThat(captures.group(3)).isNull();
        assertThat(captures.group(4)).isNull();
        assertThat(captures.group("none")).isNull();
        assertThat(captures.names()).containsExactly("user");
        assertThat(captures.count()).isEqualTo(3);
        assertThat(captures.asMap())
                .containsOnly(
                        Map.entry("0", "/v1/bob"),
                        Map.entry("1", "1"),
                        Map.entry("2", "bob"),
                        Map.entry("user", "bob"));
    }

    @Test
    void tellsWhatMatchedAndWhatTheUpstreamSees() {
        RouteTable<String> table = table(
                rule("strip").paths("/api"),
                rule("keep").paths("/keep").stripPath(false),
                rule("host").hosts("h"));

        RouteMatch<String> strip = requireNonNull(table.match(TestRequest.get("/api/a b")));
        assertThat(strip.matchedPath()).isEqualTo("/api");
        assertThat(strip.forwardedPrefix()).isEqualTo("/api");
        assertThat(strip.upstreamPath("/srv", "/api/a b")).isEqualTo("/srv/a%20b");
        assertThat(strip.captures()).isNull();
        RouteMatch<String> keep = requireNonNull(table.match(TestRequest.get("/keep")));
        assertThat(keep.forwardedPrefix()).isNull();
        assertThat(keep.upstreamPath(null, "/keep")).isEqualTo("/keep");
        RouteMatch<String> host =
                requireNonNull(table.match(TestRequest.get("/x").host("h")));
        assertThat(host.matchedPath()).isNull();
        assertThat(host.forwardedPrefix()).isNull();
    }

    @Test
    void forwardsNoPrefixWhenOnlyTheRootIsStripped() {
        RouteMatch<String> match = requireNonNull(table(rule("root").paths("/")).match(TestRequest.get("/x")));

        assertThat(match.forwardedPrefix()).isNull();
    }

    @Test
    void handsOutTheSameMatchForPlainPaths() {
        RouteTable<String> table = table(rule("a").paths("/a"));

        assertThat(table.match(TestRequest.get("/a/1"))).isSameAs(table.match(TestRequest.get("/a/2")));
    }

    @Test
    void namesTheRouteOfABrokenExpression() {
        assertThatThrownBy(() -> table(rule("x").name("orders").paths("~/a(")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("route orders: paths: /a( is no valid regular expression: ");
        assertThatThrownBy(() -> table(rule("x").name("orders").header("h", "~*(?=a)")))
                .hasMessageStartingWith("route orders: headers.h: (?=a) is no valid regular expression: ");
    }

    @Test
    void looksAtFewRoutesOfMany() {
        List<RouteRule<String>> rules = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            RouteRule.Builder<String> builder = rule("r" + i).methods("GET");
            switch (i % 4) {
                case 0 -> builder.paths("/svc" + i + "/api");
                case 1 -> builder.hosts("host" + i + ".example.com").paths("/");
                case 2 -> builder.hosts("*.tenant" + i + ".example.com").paths("/");
                default -> builder.paths("~/items" + i + "/(\\d+)$");
            }
            rules.add(builder.build());
        }
        RouteTable<String> table = RouteTable.of(rules);

        for (TestRequest request : List.of(
                TestRequest.get("/svc5000/api/x"),
                TestRequest.get("/").host("host5001.example.com"),
                TestRequest.get("/").host("a.tenant5002.example.com"),
                TestRequest.get("/items5003/77"))) {
            assertThat(route(table, request)).as(request.toString()).isNotNull();
            assertThat(request.asked).as(request.toString()).isLessThan(12);
        }
        TestRequest none = TestRequest.get("/none").host("none");
        assertThat(route(table, none)).isNull();
        assertThat(none.asked).isZero();
    }

    @Test
    void looksAtFewRoutesOfManyThatDifferInAHeaderOnly() {
        List<RouteRule<String>> plain = new ArrayList<>();
        List<RouteRule<String>> expressions = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            plain.add(rule("r" + i).methods("GET").header("x-tenant", "T" + i).build());
            expressions.add(rule("r" + i)
                    .expression("http.method == \"GET\" && any(http.headers.x_tenant) == \"T" + i + "\"", i)
                    .build());
        }
        for (List<RouteRule<String>> rules : List.of(plain, expressions)) {
            TestRequest request = TestRequest.get("/").header("x-tenant", "T").header("X-Tenant", "T5000");

            assertThat(route(RouteTable.of(rules), request)).isEqualTo("r5000");
            assertThat(request.asked).isLessThan(3);
        }
    }
}
