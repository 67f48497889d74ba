package io.gatehouse.core.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Compares the indexed table with one that tries every route in order of priority, written from the rules alone. */
class RouteTableAgainstReferenceTest {
    private static final String[] METHODS = {"GET", "POST", "PUT"};
    private static final String[] HOSTS = {
        "a.com",
        "b.a.com",
        "x.b.a.com",
        "b.org",
        "*.a.com",
        "*.b.a.com",
        "*.com",
        "a.*",
        "b.*",
        "x.b.*",
        "a.com:80",
        "b.org:8000",
        "*.a.com:81",
        "*",
        "*com",
        "b*"
    };
    private static final String[] PATHS = {
        "/",
        "/a",
        "/b",
        "/ab",
        "/a/",
        "/a/b",
        "/a/c",
        "/abc/d",
        "/abc/d/e/f",
        "/\u00fc",
        "/a/b/c",
        "~/a",
        "~/a/[bc]+",
        "~/ab?c",
        "~/a/b|/b",
        "~/(?<one>[a-c])/(.)",
        "~/abc/d$",
        "~/ab{0}c",
        "~/a\\/b",
        "~/.*d",
        "~/abc*",
        "~/(?i)A"
    };
    private static final String[] REQUEST_PATHS = {
        "/",
        "/a",
        "/b",
        "/ab",
        "/abc",
        "/a/",
        "/a/b",
        "/a/c/x",
        "/abc/d",
        "/abc/d/e/f/g",
        "/\u00fc/x",
        "/ac",
        "/c/d",
        "/z",
        "/a/b/c"
    };
    private static final String[] REQUEST_HOSTS = {
        "a.com", "b.a.com", "x.b.a.com", "b.org", "", "com", ".a.com", "z", "a.b"
    };
    private static final String[] HEADER_VALUES = {"Yes", "no", "EX", "~*e.$"};
    private static final String[] SNIS = {"s.com", "*.s.com", "s.*"};

    private record Ranked(RouteRule<Integer> rule, List<String> paths, String id) {}

    private record Found(int route, @Nullable String path) {}

    @Test
    void findsTheSameRoutes() {
        Random random = new Random(4711);
        int matched = 0;
        for (int round = 0; round < 1_000; round++) {
            List<RouteRule<Integer>> rules = rules(random);
            RouteTable<Integer> table = RouteTable.of(rules);
            List<Ranked> order = order(rules);
            for (int i = 0; i < 10; i++) {
                TestRequest request = request(random);

                RouteMatch<Integer> match = table.match(request);

                Found actual = match == null ? null : new Found(match.payload(), match.matchedPath());
                Found expected = firstOf(order, request);
                assertThat(actual).as(() -> request + "\n" + rules).isEqualTo(expected);
                matched += actual == null ? 0 : 1;
            }
        }
        assertThat(matched).isGreaterThan(3_000);
    }

    @Test
    void findsTheSameRoutesAfterAnyChanges() {
        Random random = new Random(1174);
        int matched = 0;
        for (int round = 0; round < 200; round++) {
            RouteTable<Integer> table = RouteTable.empty();
            Map<String, RouteRule<Integer>> rules = new TreeMap<>();
            for (int change = 0; change < 12; change++) {
                List<String> gone = new ArrayList<>();
                List<RouteRule<Integer>> changed = new ArrayList<>();
                for (String id : List.copyOf(rules.keySet())) {
                    int fate = random.nextInt(change > 8 ? 3 : 6);
                    if (fate == 0) {
                        gone.add(id);
                        rules.remove(id);
                    } else if (fate == 1) {
                        changed.add(called(id, rules(random).get(0)));
                    }
                }
                if (random.nextInt(3) > 0) {
                    changed.addAll(rules(random));
                }
                changed.forEach(rule -> rules.put(rule.id(), rule));

                table = table.with(changed, gone);

                assertThat(table.ids()).isEqualTo(rules.keySet());
                List<Ranked> order = order(List.copyOf(rules.values()));
                for (int i = 0; i < 10; i++) {
                    TestRequest request = request(random);
                    RouteMatch<Integer> match = table.match(request);
                    Found actual = match == null ? null : new Found(match.payload(), match.matchedPath());
                    assertThat(actual).as(() -> request + "\n" + rules).isEqualTo(firstOf(order, request));
                    matched += actual == null ? 0 : 1;
                }
            }
            assertThat(table.with(List.of(), rules.keySet()).match(request(random)))
                    .isNull();
        }
        assertThat(matched).isGreaterThan(3_000);
    }

    private static RouteRule<Integer> called(String id, RouteRule<Integer> rule) {
        RouteRule.Builder<Integer> same = RouteRule.rule(id, rule.payload())
                .methods(rule.methods().toArray(String[]::new))
                .hosts(rule.hosts().toArray(String[]::new))
                .paths(rule.paths().toArray(String[]::new))
                .snis(rule.snis().toArray(String[]::new))
                .regexPriority(rule.regexPriority());
        rule.headers().forEach((name, values) -> same.header(name, values.toArray(String[]::new)));
        return same.build();
    }

    static List<RouteRule<Integer>> rules(Random random) {
        List<RouteRule<Integer>> rules = new ArrayList<>();
        for (int i = random.nextInt(25); i >= 0; i--) {
            RouteRule.Builder<Integer> rule =
                    RouteRule.rule(new UUID(random.nextLong(), random.nextLong()).toString(), i);
            rule.regexPriority(random.nextInt(3));
            if (random.nextInt(4) == 0) {
                rule.methods(some(METHODS, random));
            }
            if (random.nextInt(2) == 0) {
                rule.hosts(some(HOSTS, random));
            }
            if (random.nextInt(4) > 0) {
                rule.paths(some(PATHS, random));
            }
            if (random.nextInt(6) == 0) {
                rule.snis(some(SNIS, random));
            }
            for (String header : List.of("x-one", "two")) {
                if (random.nextInt(3) == 0) {
                    rule.header(header, one(HEADER_VALUES, random));
                }
            }
            rules.add(rule.build());
        }
        return rules;
    }

    private static String[] some(String[] from, Random random) {
        List<String> all = new ArrayList<>(Arrays.asList(from));
        Collections.shuffle(all, random);
        return all.subList(0, 1 + random.nextInt(3)).toArray(String[]::new);
    }

    static TestRequest request(Random random) {
        TestRequest request = TestRequest.get(one(REQUEST_PATHS, random))
                .method(one(METHODS, random))
                .host(one(REQUEST_HOSTS, random));
        if (random.nextBoolean()) {
            request.hostPort(80 + random.nextInt(2));
        }
        if (random.nextInt(3) == 0) {
            request.tls(random.nextInt(4) == 0 ? null : one(new String[] {"s.com", "a.s.com", "s.x"}, random));
        }
        if (random.nextBoolean()) {
            request.header(random.nextBoolean() ? "X-One" : "x_one", random.nextBoolean() ? "yes" : "no");
        }
        if (random.nextBoolean()) {
            request.header("two", "no").header("Two", "eX");
        }
        return request;
    }

    private static String one(String[] from, Random random) {
        return from[random.nextInt(from.length)];
    }

    private static List<Ranked> order(List<RouteRule<Integer>> rules) {
        List<Ranked> order = new ArrayList<>();
        for (RouteRule<Integer> rule : rules) {
            Map<Integer, List<String>> byLength = new TreeMap<>();
            List<Integer> seen = new ArrayList<>();
            for (String path : rule.paths()) {
                int key = path.startsWith("~") ? 0 : bytes(path);
                byLength.computeIfAbsent(key, k -> new ArrayList<>()).add(path);
                if (!seen.contains(key)) {
                    seen.add(key);
                }
            }
            if (seen.size() < 2) {
                order.add(new Ranked(rule, rule.paths(), rule.id()));
            }
            for (int i = 0; seen.size() > 1 && i < seen.size(); i++) {
                List<String> paths = byLength.getOrDefault(seen.get(i), List.of());
                // random ids never tie with derived ones except by priority, so the derived id must be the real one
                order.add(new Ranked(rule, paths, TestIds.versionFive(rule.id() + "#" + (i + 1))));
            }
        }
        order.sort(Comparator.<Ranked>comparingInt(RouteTableAgainstReferenceTest::categories)
                .thenComparing(r ->
                        !r.rule().hosts().isEmpty() && r.rule().hosts().stream().noneMatch(host -> host.contains("*")))
                .thenComparingInt(r -> r.rule().headers().size())
                .thenComparing(RouteTableAgainstReferenceTest::isRegex)
                .thenComparingLong(r -> isRegex(r) ? r.rule().regexPriority() : 0)
                .thenComparingInt(r ->
                        isRegex(r) || r.paths().isEmpty() ? 0 : bytes(r.paths().get(0)))
                .thenComparing(Ranked::id)
                .reversed());
        return order;
    }

    private static int bytes(String path) {
        return path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    }

    private static boolean isRegex(Ranked ranked) {
        return !ranked.paths().isEmpty() && ranked.paths().get(0).startsWith("~");
    }

    private static int categories(Ranked ranked) {
        RouteRule<Integer> rule = ranked.rule();
        int count = 0;
        for (boolean empty : new boolean[] {
            rule.methods().isEmpty(),
            rule.hosts().isEmpty(),
            rule.headers().isEmpty(),
            rule.snis().isEmpty(),
            ranked.paths().isEmpty()
        }) {
            count += empty ? 0 : 1;
        }
        return count;
    }

    /** The route's number and the matched path, of rules without expressions. */
    static @Nullable String reference(List<RouteRule<Integer>> rules, TestRequest request) {
        Found found = firstOf(order(rules), request);
        return found == null ? null : found.route() + " " + found.path();
    }

    /** Whether the protocols hold, which count in one of the flavours only. */
    static boolean protocolFits(RouteRule<?> rule, TestRequest request) {
        if (rule.flavor() == RouterFlavor.TRADITIONAL_COMPATIBLE
                || List.copyOf(rule.protocols()).equals(List.of("https"))) {
            return true;
        }
        return rule.protocols().stream().anyMatch(protocol -> protocol.endsWith("s") == request.tls());
    }

    private static @Nullable Found firstOf(List<Ranked> order, TestRequest request) {
        for (Ranked ranked : order) {
            RouteRule<Integer> rule = ranked.rule();
            boolean fits = protocolFits(rule, request)
                    && (rule.methods().isEmpty() || rule.methods().contains(request.method()))
                    && (rule.hosts().isEmpty() || rule.hosts().stream().anyMatch(host -> hostFits(host, request)))
                    && (rule.snis().isEmpty()
                            || !request.tls()
                            || rule.snis().stream().anyMatch(name -> wildcardFits(name, request.sni())))
                    && rule.headers().entrySet().stream()
                            .allMatch(e -> headerFits(e.getKey(), e.getValue().get(0), request));
            if (fits && ranked.paths().isEmpty()) {
                return new Found(rule.payload(), null);
            }
            for (String path : ranked.paths()) {
                String text = pathFits(path, request.path());
                if (fits && text != null) {
                    return new Found(rule.payload(), text);
                }
            }
        }
        return null;
    }

    private static @Nullable String pathFits(String path, String requested) {
        if (path.startsWith("~")) {
            Matcher matcher = Pattern.compile(path.substring(1)).matcher(requested);
            return matcher.lookingAt() ? matcher.group() : null;
        }
        return requested.startsWith(path) ? path : null;
    }

    private static boolean hostFits(String configured, TestRequest request) {
        int colon = configured.indexOf(':');
        int port = request.hostPort() < 0 ? request.listenerPort() : request.hostPort();
        if (colon >= 0 && Integer.parseInt(configured.substring(colon + 1)) != port) {
            return false;
        }
        return wildcardFits(colon < 0 ? configured : configured.substring(0, colon), request.host());
    }

    private static boolean wildcardFits(String configured, @Nullable String actual) {
        return actual != null
                && Pattern.matches(
                        Arrays.stream(configured.split("\\*", -1))
                                .map(Pattern::quote)
                                .reduce((a, b) -> a + ".*" + b)
                                .orElse(""),
                        actual);
    }

    private static boolean headerFits(String name, String wanted, TestRequest request) {
        List<String> values = new ArrayList<>(request.headers(name));
        if (name.contains("-")) {
            values.addAll(request.headers(name.replace('-', '_')));
        }
        return values.stream()
                .map(value -> value.toLowerCase(Locale.ROOT))
                .anyMatch(value -> wanted.startsWith("~*")
                        ? Pattern.compile(wanted.substring(2)).matcher(value).find()
                        : value.equals(wanted.toLowerCase(Locale.ROOT)));
    }
}
