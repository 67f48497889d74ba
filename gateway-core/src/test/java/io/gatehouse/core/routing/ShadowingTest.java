package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.AddressRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShadowingTest {
    private static RouteRule.Builder<String> rule(String name, long id) {
        return RouteRule.<String>rule(new UUID(0, id).toString(), name).name(name);
    }

    private static List<String> found(List<RouteRule<String>> rules) {
        List<String> found = new ArrayList<>();
        for (Shadowing.Shadowed<String> one : Shadowing.of(rules)) {
            List<String> by =
                    one.by().stream().map(rule -> String.valueOf(rule.name())).toList();
            found.add(one.rule().name() + " by " + String.join(", ", by));
        }
        return found;
    }

    /** One letter a value: m methods, h hosts, p paths, n header names with their values. */
    private static RouteRule<String> parsed(String name, long id, String text) {
        RouteRule.Builder<String> rule = rule(name, id);
        for (String part : text.split(" ", -1)) {
            String[] values = part.substring(2).split("\\|", -1);
            switch (part.charAt(0)) {
                case 'm' -> rule.methods(values);
                case 'h' -> rule.hosts(values);
                case 'p' -> rule.paths(values);
                case 's' -> rule.snis(values);
                case 'n' -> rule.header(values[0], values[1]);
                default -> throw new IllegalArgumentException(part);
            }
        }
        return rule.build();
    }

    @Test
    void understandsNoExpressionsButFindsEqualOnes() {
        assertThat(found(List.of(
                        rule("all", 1).expression("http.path ^= \"/\"", 9).build(),
                        rule("within", 2).expression("http.path ^= \"/a\"", 1).build(),
                        rule("plain", 3)
                                .paths("/a")
                                .flavor(RouterFlavor.EXPRESSIONS)
                                .build())))
                .isEmpty();
        assertThat(found(List.of(
                        rule("low", 9).expression("http.path ^= \"/\"", 1).build(),
                        rule("high", 1).expression("http.path ^= \"/\"", 2).build(),
                        rule("older", 8).expression(" http.path ^= \"/\"\n", 1).build(),
                        rule("plain", 3)
                                .expression("http.path ^= \"/b\"", 2)
                                .protocols("http")
                                .build(),
                        rule("both", 2).expression("http.path ^= \"/b\"", 2).build())))
                .containsExactly("low by high", "older by high");
    }

    @Test
    void looksAtProtocolsWhereTheyCount() {
        for (RouterFlavor flavor : RouterFlavor.values()) {
            RouteRule<String> plain = rule("plain", 2)
                    .paths("/a")
                    .protocols("http")
                    .flavor(flavor)
                    .build();
            RouteRule<String> both = rule("both", 1)
                    .paths("/a")
                    .protocols("http", "https")
                    .flavor(flavor)
                    .build();
            assertThat(found(List.of(plain, both)))
                    .containsExactlyElementsOf(
                            flavor == RouterFlavor.EXPRESSIONS ? List.of() : List.of("both by plain"));
        }
        RouteRule<String> https = rule("https", 2)
                .paths("/a")
                .protocols("https")
                .flavor(RouterFlavor.EXPRESSIONS)
                .build();
        RouteRule<String> http = rule("http", 1)
                .paths("/a")
                .protocols("http")
                .flavor(RouterFlavor.EXPRESSIONS)
                .build();
        assertThat(found(List.of(https, http))).containsExactly("http by https");
    }

    @Test
    void looksAtTheSidesOfConnections() {
        Endpoint inside = new Endpoint(AddressRange.of("10.0.0.0/8"), -1);
        RouteRule<String> limited = rule("limited", 2)
                .methods("GET")
                .paths("/a")
                .sources(inside)
                .flavor(RouterFlavor.EXPRESSIONS)
                .build();
        RouteRule<String> open = rule("open", 1)
                .methods("GET")
                .paths("/a")
                .flavor(RouterFlavor.EXPRESSIONS)
                .build();
        RouteRule<String> same = rule("same", 1)
                .methods("GET")
                .paths("/a")
                .sources(inside)
                .flavor(RouterFlavor.EXPRESSIONS)
                .build();
        assertThat(found(List.of(limited, open))).isEmpty();
        assertThat(found(List.of(limited, same))).containsExactly("same by limited");
    }

    @ParameterizedTest(name = "{0} behind {1}: {2}")
    @CsvSource({
        // the same, decided by the larger id
        "p=/a, p=/a, true",
        "p=/a, p=/b, false",
        // a shorter path is tried later, so it does not take what the longer one wants
        "p=/a/b, p=/a, false",
        // more categories win, whatever the path's length
        "p=/a/b, p=/a m=GET, false",
        "p=/a/b m=GET, p=/a m=GET n=x|1, false",
        "p=/a/b m=GET n=x|1, p=/a m=GET h=a.com, false",
        "m=GET p=/a/b, m=GET|POST p=~/a, true",
        "m=GET|PUT p=/a/b, m=GET|POST p=~/a, false",
        "m=PUT p=/a/b, m=GET|POST p=~/a, false",
        // expressions win over prefixes
        "p=/a, p=~/, true",
        "p=/a, p=~/.*, true",
        "p=/a, p=~/a$, false",
        "p=/a/b, p=~/a/c, false",
        "p=~/a/b, p=~/a/b, true",
        // hosts
        "h=a.com p=/x, h=a.com p=~/x, true",
        "h=*.com p=/x, h=a.com p=~/x, false",
        "h=b.a.com p=/x, h=*.a.com p=~/x, false",
        "h=*.b.a.com p=/x, h=*.a.com p=~/x, true",
        "h=a.com p=/x, h=a.com:80 p=~/x, false",
        "h=a.com:80 p=/x, h=a.com p=~/x, true",
        // headers
        "p=/x n=a|1, p=~/x n=a|1, true",
        "p=/x n=a|1, p=~/x n=a|2, false",
        "p=/x n=A_b|X, p=~/x n=a-b|x, true",
        // server names
        "p=/x s=a.com, p=~/x s=*.com, true",
        "p=/x s=a.com, p=~/x s=*.org, false",
        // any path
        "h=a.com, h=a.com p=/, true",
        "h=a.com, h=a.com p=/a, false",
    })
    void knowsWhatIsTaken(String route, String other, boolean expected) {
        List<String> found = found(List.of(parsed("route", 1, route), parsed("other", 2, other)));

        assertThat(found).isEqualTo(expected ? List.of("route by other") : List.of());
    }

    @Test
    void severalRoutesMayTakeTheParts() {
        assertThat(found(List.of(
                        parsed("route", 1, "m=GET|PUT p=/a|/b/c"),
                        parsed("get", 2, "m=GET p=~/a|~/b"),
                        parsed("put", 3, "m=PUT p=~/"))))
                .containsExactly("route by get, put");
        assertThat(found(List.of(parsed("route", 1, "m=GET|PUT p=/a|/b/c"), parsed("get", 2, "m=GET p=~/a|~/b"))))
                .isEmpty();
    }

    @Test
    void aRouteIsNotInItsOwnWay() {
        assertThat(found(List.of(parsed("route", 1, "p=~/a|/a/b|/a/b/c")))).isEmpty();
        assertThat(found(List.of(parsed("route", 1, "p=/a|/a/b"), parsed("other", 2, "p=~/a$"))))
                .isEmpty();
    }

    @Test
    void whatIsFoundNeverWins() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int shadowed = 0;
        for (int round = 0; round < 500; round++) {
            List<RouteRule<Integer>> rules = RouteTableAgainstReferenceTest.rules(random);
            Set<Integer> never = new HashSet<>();
            Shadowing.of(rules).forEach(one -> never.add(one.rule().payload()));
            shadowed += never.size();
            RouteTable<Integer> table = RouteTable.of(rules);
            for (int i = 0; i < 40; i++) {
                TestRequest request = RouteTableAgainstReferenceTest.request(random);
                RouteMatch<Integer> match = table.match(request);
                if (match != null) {
                    assertThat(never)
                            .as(() -> "seed " + seed + ": " + request + "\n" + rules)
                            .doesNotContain(match.payload());
                }
            }
        }
        assertThat(shadowed).isGreaterThan(100);
    }
}
