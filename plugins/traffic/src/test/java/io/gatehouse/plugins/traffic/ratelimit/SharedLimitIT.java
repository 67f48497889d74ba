package io.gatehouse.plugins.traffic.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.plugins.traffic.redis.RealRedis;
import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two gateways that count in one Redis, where one is on the PATH. */
@Timeout(300)
class SharedLimitIT {
    private static final int PORT = freePort();
    private static final int CLIENTS = 8;
    private static final int CALLS = 2000;
    private static final int LIMIT = 500;

    @RegisterExtension
    static final GatewayExtension one = GatewayExtension.of(yaml("6dcd3a7e-6a7b-4d0f-9f2a-0c1d2e3f4a51"));

    @RegisterExtension
    static final GatewayExtension other = GatewayExtension.of(yaml("b7f0c6b2-8a54-4d5e-8d3b-5f6a7b8c9d02"));

    private static @Nullable RealRedis redis;

    private static String yaml(String id) {
        return """
                _format_version: "3.0"
                routes:
                - {name: burst, paths: [/burst]}
                - {name: named, paths: [/named]}
                - {name: load, paths: [/load]}
                plugins:
                - {name: request-termination, config: {status_code: 200, message: ok}}
                - name: rate-limiting
                  route: burst
                  config: {year: 50, policy: redis, redis: {host: 127.0.0.1, port: %1$d, timeout: 10000}}
                - name: rate-limiting
                  id: %2$s
                  route: named
                  config: {year: 5, policy: redis, redis: {host: 127.0.0.1, port: %1$d, timeout: 10000}}
                - name: rate-limiting
                  route: load
                  config: {hour: %3$d, policy: redis, redis: {host: 127.0.0.1, port: %1$d, timeout: 10000}}
                """.formatted(PORT, id, LIMIT);
    }

    @BeforeAll
    static void startRedis() throws IOException {
        redis = RealRedis.start(PORT);
    }

    @AfterAll
    static void stopRedis() throws InterruptedException {
        if (redis != null) {
            redis.close();
        }
    }

    @Test
    void letExactlyTheLimitPassOfABurst() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            for (GatewayExtension gateway : List.of(one, other)) {
                calls.add(gateway.client().sendAsync(gateway.request("/burst").build(), BodyHandlers.ofString()));
            }
        }
        int passed = 0;
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            passed += call.get().statusCode() == 200 ? 1 : 0;
        }
        assertThat(passed).isEqualTo(50);
    }

    @Test
    void countTogetherWhateverTheIdsOfTheirPlugins() throws Exception {
        List<String> left = new ArrayList<>();
        for (GatewayExtension gateway : List.of(one, other, one, other, one)) {
            left.add(gateway.get("/named")
                    .headers()
                    .firstValue("RateLimit-Remaining")
                    .orElse("none"));
        }
        assertThat(left).containsExactly("4", "3", "2", "1", "0");
        assertThat(one.get("/named").statusCode()).isEqualTo(429);
        assertThat(other.get("/named").statusCode()).isEqualTo(429);
    }

    @Test
    void grantEachWindowsLimitAndNoMoreUnderLoad() throws Exception {
        long from = hour();
        List<Callable<Integer>> loads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            GatewayExtension gateway = i % 2 == 0 ? one : other;
            loads.add(() -> granted(gateway));
        }
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        int granted = 0;
        try {
            for (Future<Integer> load : clients.invokeAll(loads)) {
                granted += load.get();
            }
        } finally {
            clients.shutdown();
        }
        // one window, or two of them when an hour ends meanwhile
        assertThat(granted).isBetween(LIMIT, LIMIT * (int) (hour() - from + 1));
    }

    private static int granted(GatewayExtension gateway) throws IOException, InterruptedException {
        int granted = 0;
        for (int i = 0; i < CALLS / CLIENTS; i++) {
            int status = gateway.get("/load").statusCode();
            assertThat(status).isIn(200, 429);
            granted += status == 200 ? 1 : 0;
        }
        return granted;
    }

    private static long hour() {
        return Duration.between(Instant.EPOCH, Instant.now()).toHours();
    }

    private static int freePort() {
        try {
            return RealRedis.freePort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
