package io.gatehouse.core.routing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Compares tables of the {@code expressions} flavour with trying every route in order of priority, where each expression
 * is evaluated as the tree that its text was made from.
 */
class ExpressionsAgainstReferenceTest {
    private static final String[] HOSTS = {"a.com", "B.a.com", "b.a.com", "x.b.a.com", "b.org", "", "a.b"};
    private static final String[] PATHS = {"/", "/a", "/A/b", "/a/b", "/a/b/c", "/ab", "/b/a", "/abc/d.js", "/\u0130"};

    private static final String[] METHODS = {"GET", "PUT"};
    private static final String[] VALUES = {"no", "ex"};
    private static final String[] ARGUMENTS = {"", "1", "12"};

    /** What a tree is evaluated for: it notes the text that the path matched last. */
    private static final class Trial {
        final TestRequest request;

        @Nullable
        String path;

        Trial(TestRequest request) {
            this.request = request;
        }
    }

    private record Tree(String text, Predicate<Trial> holds) {}

    private record Asked(RouteRule<Integer> rule, Predicate<Trial> holds) {}

    private final Random random;

    ExpressionsAgainstReferenceTest() {
        long seed = Long.getLong("routing.seed", System.nanoTime());
        System.out.println("expressions against the reference: -Drouting.seed=" + seed);
        random = new Random(seed);
    }

    @Test
    void findsTheSameRoutes() {
        int byExpression = 0;
        int others = 0;
        for (int round = 0; round < 1_500; round++) {
            List<RouteRule<Integer>> rules = new ArrayList<>();
            for (RouteRule<Integer> rule : RouteTableAgainstReferenceTest.rules(random)) {
                rules.add(inThisFlavour(rule));
            }
            List<Asked> asked = new ArrayList<>();
            for (int i = random.nextInt(15); i >= 0; i--) {
                Tree tree = tree(3);
                RouteRule<Integer> rule = RouteRule.rule(
                                new UUID(random.nextLong(), random.nextLong()).toString(), 1_000 + i)
                        .protocols(one(new String[][] {{"http", "https"}, {"http"}, {"https"}, {"grpcs"}}))
                        .expression(tree.text(), random.nextInt(4))
                        .build();
                asked.add(new Asked(rule, tree.holds()));
                rules.add(rule);
            }
            RouteTable<Integer> table = RouteTable.of(rules);
            asked.sort(Comparator.<Asked>comparingLong(a -> a.rule().priority())
                    .thenComparing(a -> a.rule().id())
                    .reversed());
            for (int i = 0; i < 10; i++) {
                TestRequest request = request();

                RouteMatch<Integer> match = table.match(request);

                String actual = match == null ? null : match.payload() + " " + match.matchedPath();
                String expected = expected(asked, rules, request);
                assertThat(actual).as(() -> request + "\n" + rules).isEqualTo(expected);
                byExpression += match != null && match.payload() >= 1_000 ? 1 : 0;
                others += match != null && match.payload() < 1_000 ? 1 : 0;
            }
        }
        assertThat(byExpression).isGreaterThan(3_000);
        assertThat(others).isGreaterThan(500);
    }

    private RouteRule<Integer> inThisFlavour(RouteRule<Integer> rule) {
        RouteRule.Builder<Integer> builder = RouteRule.rule(rule.id(), rule.payload())
                .methods(rule.methods().toArray(new String[0]))
                .hosts(rule.hosts().toArray(new String[0]))
                .paths(rule.paths().toArray(new String[0]))
                .snis(rule.snis().toArray(new String[0]))
                .regexPriority(rule.regexPriority())
                .flavor(RouterFlavor.EXPRESSIONS)
                .protocols(one(new String[][] {{"http", "https"}, {"http"}, {"https"}, {"grpc"}, {"grpcs"}}));
        rule.headers().forEach((name, values) -> builder.header(name, values.toArray(new String[0])));
        return builder.build();
    }

    private static @Nullable String expected(List<Asked> asked, List<RouteRule<Integer>> rules, TestRequest request) {
        for (Asked one : asked) {
            Trial trial = new Trial(request);
            if (RouteTableAgainstReferenceTest.protocolFits(one.rule(), request)
                    && one.holds().test(trial)) {
                return one.rule().payload() + " " + trial.path;
            }
        }
        return RouteTableAgainstReferenceTest.reference(
                rules.stream().filter(rule -> rule.expression() == null).toList(), request);
    }

    private Tree tree(int depth) {
        int kind = random.nextInt(depth == 0 ? 1 : 5);
        if (kind == 0 || kind == 4) {
            return predicate();
        }
        if (kind == 3) {
            Tree inner = tree(depth - 1);
            return new Tree("!(" + inner.text() + ")", trial -> !inner.holds().test(trial));
        }
        List<Tree> parts = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i >= 0; i--) {
            parts.add(tree(depth - 1));
        }
        String text = parts.stream()
                .map(part -> "(" + part.text() + ")")
                .collect(Collectors.joining(kind == 1 ? " && " : "||"));
        return new Tree(
                text,
                kind == 1
                        ? trial -> parts.stream().allMatch(part -> part.holds().test(trial))
                        : trial -> parts.stream().anyMatch(part -> part.holds().test(trial)));
    }

    private Tree predicate() {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> text("http.path", t -> List.of(t.request.path()), one(PATHS), true, false);
            case 3, 4 -> text("http.host", t -> List.of(t.request.host()), one(HOSTS), false, false);
            case 5 -> text("http.method", t -> List.of(t.request.method()), one(METHODS), false, false);
            case 6 -> text("http.headers.two", t -> t.request.headers("two"), one(VALUES), false, true);
            case 7 ->
                text(
                        "http.queries.q",
                        t -> queries(t.request).getOrDefault("q", List.of()),
                        one(ARGUMENTS),
                        false,
                        true);
            case 8 -> {
                int port = 80 + random.nextInt(2);
                yield new Tree("net.dst.port >= " + port, t -> t.request.destinationPort() >= port);
            }
            default -> {
                boolean within = random.nextBoolean();
                yield new Tree(
                        "net.src.ip " + (within ? "in" : "not in") + " 10.0.0.0/8",
                        t -> (requireNonNull(t.request.sourceAddress())[0] == 10) == within);
            }
        };
    }

    private Tree text(
            String field, Function<Trial, List<String>> values, String wanted, boolean path, boolean several) {
        boolean lower = random.nextInt(3) == 0;
        boolean any = several && random.nextBoolean();
        String operator = one(new String[] {"==", "^=", "=^", "contains", "!=", "~"});
        Pattern pattern = Pattern.compile(random.nextBoolean() ? "^" + wanted : wanted);
        Predicate<Trial> holds = trial -> {
            List<String> all = values.apply(trial);
            for (String value : all) {
                String compared = lower ? value.toLowerCase(Locale.ROOT) : value;
                Matcher matcher = pattern.matcher(compared);
                boolean held = switch (operator) {
                    case "==" -> compared.equals(wanted);
                    case "^=" -> compared.startsWith(wanted);
                    case "=^" -> compared.endsWith(wanted);
                    case "contains" -> compared.contains(wanted);
                    case "!=" -> !compared.equals(wanted);
                    default -> matcher.find();
                };
                if (held && path && !operator.equals("contains") && !operator.equals("!=")) {
                    trial.path = operator.equals("~") ? matcher.group() : wanted;
                }
                if (held && any) {
                    return true;
                }
                if (!held && !any) {
                    return false;
                }
            }
            return !any && !all.isEmpty();
        };
        String left = lower ? "lower(" + field + ")" : field;
        String right = operator.equals("~") ? pattern.pattern() : wanted;
        return new Tree((any ? "any(" + left + ")" : left) + " " + operator + " r#\"" + right + "\"#", holds);
    }

    private static Map<String, List<String>> queries(TestRequest request) {
        Map<String, List<String>> all = new HashMap<>();
        for (String argument : request.query().split("&", -1)) {
            String[] parts = argument.split("=", 2);
            if (!argument.isEmpty()) {
                all.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(parts.length == 1 ? "" : parts[1]);
            }
        }
        return all;
    }

    private TestRequest request() {
        TestRequest request = TestRequest.get(one(PATHS))
                .method(one(METHODS))
                .host(one(HOSTS))
                .query(one(new String[] {"", "q", "q=1", "q=1&q=12", "p=1", "q=2&&q"}))
                .from(random.nextBoolean() ? "10.1.2.3" : "11.1.2.3", 1);
        if (random.nextBoolean()) {
            request.hostPort(80 + random.nextInt(2));
        }
        if (random.nextInt(3) == 0) {
            request.tls(one(new String[] {"s.com", "a.s.com", "s.x"}));
        }
        if (random.nextBoolean()) {
            request.header("two", "no").header("Two", "eX");
        }
        return request;
    }

    private <T> T one(T[] from) {
        return from[random.nextInt(from.length)];
    }
}
