package io.gatehouse.bench;

import io.gatehouse.core.routing.RequestFacts;
import io.gatehouse.core.routing.RouteMatch;
import io.gatehouse.core.routing.RouteRule;
import io.gatehouse.core.routing.RouteTable;
import io.gatehouse.core.routing.RouterFlavor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to find the route of a request, in both flavours and for three shapes of configuration: every route with
 * a host of its own and a path, all routes with a path only, and all routes on one path with a header that tells them
 * apart, which no index helps.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class RoutingBenchmark {
    private static final int REQUESTS = 256;

    /** How the routes differ. */
    public enum Shape {
        /** Hosts and paths. */
        HOST,
        /** Paths alone. */
        PATH,
        /** One header. */
        HEADER
    }

    /** How many routes there are. */
    @Param({"10", "1000", "10000"})
    public int routes;

    /** How they say what they are for. */
    @Param
    public RouterFlavor flavor = RouterFlavor.TRADITIONAL_COMPATIBLE;

    /** How they differ. */
    @Param
    public Shape shape = Shape.HOST;

    private RouteTable<Integer> table = RouteTable.of(List.of());
    private Asked[] requests = new Asked[0];
    private int next;

    /** Makes the table, and requests for routes spread over it. */
    @Setup
    public void make() {
        Random random = new Random(1);
        List<RouteRule<Integer>> rules = new ArrayList<>();
        for (int i = 0; i < routes; i++) {
            rules.add(rule(i, new UUID(random.nextLong(), random.nextLong()).toString()));
        }
        table = RouteTable.of(rules);
        requests = new Asked[REQUESTS];
        for (int i = 0; i < REQUESTS; i++) {
            int route = random.nextInt(routes);
            requests[i] = new Asked(
                    shape == Shape.HOST ? host(route) : "any.example",
                    (shape == Shape.HEADER ? "/orders" : path(route)) + "/items/4711",
                    Integer.toString(route));
            RouteMatch<Integer> match = table.match(requests[i]);
            if (match == null || match.payload() != route) {
                throw new IllegalStateException(requests[i] + " went to " + match);
            }
        }
    }

    private static String host(int route) {
        return "tenant-" + route / 10 + ".example";
    }

    private static String path(int route) {
        return "/team-" + route % 97 + "/service-" + route;
    }

    private RouteRule<Integer> rule(int route, String id) {
        RouteRule.Builder<Integer> rule = RouteRule.rule(id, route);
        if (flavor == RouterFlavor.EXPRESSIONS) {
            String method = "http.method == \"GET\" && ";
            return switch (shape) {
                case HOST ->
                    rule.expression(
                                    method + "http.host == \"" + host(route) + "\" && http.path ^= \"" + path(route)
                                            + "\"",
                                    route % 3)
                            .build();
                case PATH ->
                    rule.expression(method + "http.path ^= \"" + path(route) + "/\"", route % 3)
                            .build();
                case HEADER ->
                    rule.expression(
                                    method + "http.path ^= \"/orders\" && http.headers.x_tenant == \"" + route + "\"",
                                    route % 3)
                            .build();
            };
        }
        rule.methods("GET");
        return switch (shape) {
            case HOST -> rule.hosts(host(route)).paths(path(route)).build();
            case PATH -> rule.paths(path(route) + "/").build();
            case HEADER ->
                rule.paths("/orders")
                        .header("x-tenant", Integer.toString(route))
                        .build();
        };
    }

    /** One request. */
    @Benchmark
    public @Nullable RouteMatch<Integer> match() {
        next = (next + 1) % REQUESTS;
        return table.match(requests[next]);
    }

    private record Asked(String host, String path, String tenant) implements RequestFacts {
        @Override
        public String method() {
            return "GET";
        }

        @Override
        public int hostPort() {
            return -1;
        }

        @Override
        public int listenerPort() {
            return 8000;
        }

        @Override
        public String query() {
            return "";
        }

        @Override
        public byte @Nullable [] sourceAddress() {
            return null;
        }

        @Override
        public int sourcePort() {
            return -1;
        }

        @Override
        public byte @Nullable [] destinationAddress() {
            return null;
        }

        @Override
        public boolean tls() {
            return false;
        }

        @Override
        public @Nullable String sni() {
            return null;
        }

        @Override
        public @Nullable String header(String name) {
            return name.equalsIgnoreCase("x-tenant") ? tenant : null;
        }

        @Override
        public List<String> headers(String name) {
            return name.equalsIgnoreCase("x-tenant") ? List.of(tenant) : List.of();
        }
    }
}
