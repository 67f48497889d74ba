package io.gatehouse.plugins.traffic.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.plugins.traffic.redis.NoRedis;
import io.gatehouse.plugins.traffic.redis.RealRedis;
import io.gatehouse.plugins.traffic.redis.Soon;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What clients get while Redis is away or wrong, and that limits hold again afterwards: for each fault a route that lets
 * pass and one that refuses. That nothing is logged at ERROR meanwhile the gateway's extension checks after each test.
 */
@Timeout(300)
class RedisFaultsIT {
    private static final int LIMIT = 12;
    private static final int PLENTY = 1_000_000;

    /** As many as a Redis has unless told otherwise; each is reached over a connection of its own. */
    private static final int DATABASES = 16;

    private static final List<String> FAULTS = List.of(
            "refused", "silent", "garbage", "password", "replica", "flushed", "restarted", "unheated", "resetting");

    private static final Map<String, Integer> PORTS = new TreeMap<>();

    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of(yaml());

    private final List<RealRedis> servers = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void stopServers() throws InterruptedException {
        for (RealRedis server : servers) {
            server.close();
        }
    }

    private static String yaml() {
        StringBuilder routes = new StringBuilder();
        StringBuilder plugins = new StringBuilder();
        try {
            for (String fault : FAULTS) {
                PORTS.put(fault, RealRedis.freePort());
                int limit = fault.equals("restarted") ? PLENTY : LIMIT;
                for (boolean tolerant : List.of(true, false)) {
                    String name = fault + '-' + tolerant;
                    add(routes, plugins, name, tolerant, port(fault), 0, fault.equals("silent") ? 5000 : 10_000, limit);
                }
            }
            routes.append("- {name: plain, paths: [/plain]}\n");
            int nobody = RealRedis.freePort();
            for (int i = 0; i < DATABASES; i++) {
                add(routes, plugins, "first-" + i, i % 2 == 0, nobody, i, 10_000, LIMIT);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return """
                _format_version: "3.0"
                routes:
                %splugins:
                - {name: request-termination, config: {status_code: 200, message: ok}}
                %s""".formatted(routes, plugins);
    }

    private static void add(
            StringBuilder routes,
            StringBuilder plugins,
            String name,
            boolean tolerant,
            int port,
            int database,
            int timeout,
            int limit) {
        routes.append("- {name: %1$s, paths: [/%1$s]}%n".formatted(name));
        plugins.append("""
                - name: rate-limiting
                  route: %s
                  config:
                    year: %d
                    policy: redis
                    fault_tolerant: %b
                    redis: {host: 127.0.0.1, port: %d, database: %d, timeout: %d, password: s3cret}
                """.formatted(name, limit, tolerant, port, database, timeout));
    }

    @ParameterizedTest
    @ValueSource(strings = {"silent", "garbage", "resetting"})
    void decidesAsToldWithAServerThatIsNoneAndLimitsOnceItIsThere(String fault) throws Exception {
        int port = port(fault);
        try (FaultServer server = FaultServer.builder().port(port).start(NoRedis.script(fault))) {
            decidesAsTold(fault);
            server.await(connection -> true, Duration.ofSeconds(30)).join();
        }
        redis(port);
        limits(fault, LIMIT);
    }

    @Test
    void decidesAsToldWhenRefusedAndLimitsOnceRedisIsThere() throws Exception {
        decidesAsTold("refused");
        redis(port("refused"));
        limits("refused", LIMIT);
    }

    @Test
    void decidesAsToldWithAWrongPasswordAndLimitsOnceItIsRight() throws Exception {
        try (RealRedis redis = RealRedis.start(port("password"), "--requirepass", "another")) {
            decidesAsTold("password");
            redis.commands("AUTH another", "CONFIG SET requirepass s3cret");
            limits("password", LIMIT);
        }
    }

    @Test
    void decidesAsToldOnAReplicaAndGoesOnOnceItIsNone() throws Exception {
        RealRedis redis = redis(port("replica"));
        assertThat(counted("replica-true")).isEqualTo(LIMIT - 1);
        assertThat(counted("replica-false")).isEqualTo(LIMIT - 1);
        redis.commands("AUTH s3cret", "REPLICAOF 127.0.0.1 1");
        decidesAsTold("replica");
        redis.commands("AUTH s3cret", "REPLICAOF NO ONE");
        limits("replica", LIMIT - 1);
    }

    @Test
    void countsOnWhenRedisForgetsItsScripts() throws Exception {
        RealRedis redis = redis(port("flushed"));
        for (boolean tolerant : List.of(true, false)) {
            String route = "flushed-" + tolerant;
            assertThat(counted(route)).isEqualTo(LIMIT - 1);
            redis.commands("AUTH s3cret", "SCRIPT FLUSH");
            assertThat(counted(route)).isEqualTo(LIMIT - 2);
        }
    }

    @Test
    void failsNoClientButAsToldWhileRedisIsKilledAndGrantsNoPlaceTwice() throws Exception {
        int port = port("restarted");
        Map<Boolean, Queue<String>> places =
                Map.of(true, new ConcurrentLinkedQueue<>(), false, new ConcurrentLinkedQueue<>());
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService clients = Executors.newFixedThreadPool(4);
        List<Future<?>> loads = new ArrayList<>();
        try {
            RealRedis before = redis(port);
            counted("restarted-true");
            counted("restarted-false");
            for (int i = 0; i < 4; i++) {
                boolean tolerant = i % 2 == 0;
                Queue<String> granted = Objects.requireNonNull(places.get(tolerant));
                loads.add(clients.submit(() -> {
                    load(tolerant, granted, stop);
                    return true;
                }));
            }
            for (Queue<String> granted : places.values()) {
                while (granted.size() < 100 && loads.stream().noneMatch(Future::isDone)) {
                    LockSupport.parkNanos(1_000_000);
                }
            }
            before.close();
            uncounted("restarted-true");
            uncounted("restarted-false");
            redis(port);
            assertThat(counted("restarted-true")).isLessThan(PLENTY - 100);
            assertThat(counted("restarted-false")).isLessThan(PLENTY - 100);
            stop.set(true);
            for (Future<?> load : loads) {
                load.get();
            }
        } finally {
            stop.set(true);
            clients.shutdown();
        }
        for (Queue<String> granted : places.values()) {
            assertThat(granted).doesNotHaveDuplicates();
        }
    }

    @Test
    void decidesWithinFiftyMillisecondsWhenRefused() throws Exception {
        decidesAsTold("unheated");
        List<Long> nanos = new ArrayList<>();
        List<Long> plain = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < DATABASES; i++) {
                long start = System.nanoTime();
                int status = gateway.get("/first-" + i).statusCode();
                long between = System.nanoTime();
                nanos.add(between - start);
                assertThat(gateway.get("/plain").statusCode()).isEqualTo(200);
                plain.add(System.nanoTime() - between);
                assertThat(status).isEqualTo(i % 2 == 0 ? 200 : 500);
            }
        }
        // the first ones of each really connect
        Soon.assertSoon(nanos.subList(0, DATABASES), plain.subList(0, DATABASES));
        Soon.assertSoon(nanos.subList(DATABASES, nanos.size()), plain.subList(DATABASES, plain.size()));
    }

    /** Calls until told to stop, and notes the places that are left after each call. */
    private static void load(boolean tolerant, Queue<String> places, AtomicBoolean stop)
            throws IOException, InterruptedException {
        while (!stop.get()) {
            HttpResponse<String> answer = gateway.get("/restarted-" + tolerant);
            Optional<String> left = answer.headers().firstValue("RateLimit-Remaining");
            if (left.isPresent()) {
                assertThat(answer.statusCode()).isEqualTo(200);
                places.add(left.get());
            } else {
                assertUncounted(answer, tolerant);
            }
        }
    }

    /** What the two routes of a fault answer while it lasts. */
    private static void decidesAsTold(String fault) throws IOException, InterruptedException {
        for (int i = 0; i < 4; i++) { // the breaker opens among them
            assertUncounted(gateway.get('/' + fault + "-true"), true);
            assertUncounted(gateway.get('/' + fault + "-false"), false);
        }
    }

    private static void assertUncounted(HttpResponse<String> answer, boolean tolerant) {
        assertThat(answer.statusCode()).isEqualTo(tolerant ? 200 : 500);
        assertThat(answer.body()).contains(tolerant ? "ok" : "\"message\":\"An unexpected error occurred\"");
        assertThat(answer.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).contains("ratelimit"));
    }

    /** Both routes of a fault let just so many pass. */
    private static void limits(String fault, int left) throws IOException, InterruptedException {
        for (boolean tolerant : List.of(true, false)) {
            String route = fault + '-' + tolerant;
            assertThat(counted(route)).isEqualTo(left - 1);
            for (int remaining = left - 2; remaining >= 0; remaining--) {
                HttpResponse<String> answer = gateway.get('/' + route);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("RateLimit-Remaining")).hasValue(Integer.toString(remaining));
            }
            assertThat(gateway.get('/' + route).statusCode()).isEqualTo(429);
        }
    }

    /** The places left after the next call that is counted: the gateway tries again in a moment. */
    private static int counted(String route) throws IOException, InterruptedException {
        while (true) {
            Optional<String> left = gateway.get('/' + route).headers().firstValue("RateLimit-Remaining");
            if (left.isPresent()) {
                return Integer.parseInt(left.get());
            }
        }
    }

    /** Calls until one is not counted any more. */
    private static void uncounted(String route) throws IOException, InterruptedException {
        while (gateway.get('/' + route)
                .headers()
                .firstValue("RateLimit-Remaining")
                .isPresent()) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static int port(String fault) {
        return Objects.requireNonNull(PORTS.get(fault));
    }

    /** One that writes all it counts to a file, which outlives its own crash. */
    private RealRedis redis(int port) throws IOException {
        RealRedis server = RealRedis.start(
                port,
                "--requirepass",
                "s3cret",
                "--dir",
                folder.toString(),
                "--appendonly",
                "yes",
                "--appendfsync",
                "no");
        servers.add(server);
        return server;
    }
}
