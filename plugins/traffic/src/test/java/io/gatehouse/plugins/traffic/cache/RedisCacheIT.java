package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.gatehouse.plugins.traffic.redis.NoRedis;
import io.gatehouse.plugins.traffic.redis.RealRedis;
import io.gatehouse.plugins.traffic.redis.Soon;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two gateways with one cache in a real Redis, where one is on the PATH; and with one that is away or wrong. That nothing is
 * logged at ERROR meanwhile, and nothing in flight is left, the gateways' extension checks after each test.
 */
@Timeout(300)
class RedisCacheIT {
    private static final int PORT = freePort();
    private static final int KILLED = freePort();
    private static final int REFUSED = freePort();
    private static final int SILENT = freePort();
    private static final int GARBAGE = freePort();
    private static final int RESETTING = freePort();

    /** Of the plugin whose Redis is always there: a purge asks all plugins unless one is named. */
    private static final String THERE = "5b1c2a9e-8f0d-4c3b-9a77-2f6e1d0c4b5a";

    private static final String AWAY = "0a4c3f9e-8f0d-4c3b-9a77-2f6e1d0c4b5a";
    private static final String CACHES = "/proxy-cache/" + THERE + "/caches/";

    /** As many as a Redis has unless told otherwise; each is reached over a connection of its own. */
    private static final int DATABASES = 16;

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final HttpServer UPSTREAM = upstream();

    /** How often the upstream was asked, by path and query. */
    private static final ConcurrentMap<String, AtomicInteger> ASKED = new ConcurrentHashMap<>();

    /** A permit for each answer of a path that waits. */
    private static final Semaphore GO_ON = new Semaphore(0);

    private static final Semaphore WAITING = new Semaphore(0);

    @RegisterExtension
    static final GatewayExtension one = gateway();

    @RegisterExtension
    static final GatewayExtension other = gateway();

    private static @Nullable RealRedis redis;

    private static GatewayExtension gateway() {
        return GatewayExtension.of("""
                        _format_version: "3.0"
                        partials:
                        - {name: shared, type: redis-ce, config: {host: 127.0.0.1, port: %1$d, timeout: 10000, password: s3cret}}
                        services:
                        - name: upstream
                          url: http://upstream.example
                          routes:
                          - {name: shared, paths: [/shared], strip_path: false}
                          - {name: control, paths: [/control], strip_path: false}
                          - {name: slow, paths: [/slow], strip_path: false}
                          - {name: killed, paths: [/killed], strip_path: false}
                          - {name: refused, paths: [/refused], strip_path: false}
                          - {name: silent, paths: [/silent], strip_path: false}
                          - {name: garbage, paths: [/garbage], strip_path: false}
                          - {name: resetting, paths: [/resetting], strip_path: false}
                        plugins:
                        - {name: proxy-cache, id: 5b1c2a9e-8f0d-4c3b-9a77-2f6e1d0c4b5a, route: shared, config: {strategy: redis}, partials: [{name: shared}]}
                        - {name: proxy-cache, route: control, config: {strategy: redis, cache_control: true}, partials: [{name: shared}]}
                        - name: proxy-cache
                          route: slow
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %1$d, timeout: 3000, password: s3cret}}
                        - name: proxy-cache
                          route: killed
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %2$d, timeout: 10000}}
                        - name: proxy-cache
                          id: 0a4c3f9e-8f0d-4c3b-9a77-2f6e1d0c4b5a
                          route: refused
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %3$d, timeout: 10000}}
                        - name: proxy-cache
                          route: silent
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %4$d, timeout: 300}}
                        - name: proxy-cache
                          route: garbage
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %5$d, timeout: 300}}
                        - name: proxy-cache
                          route: resetting
                          config: {strategy: redis, redis: {host: 127.0.0.1, port: %6$d, timeout: 300}}
                        %7$s""".formatted(PORT, KILLED, REFUSED, SILENT, GARBAGE, RESETTING, nobodys()))
                .connect(
                        "http://upstream.example",
                        "http://127.0.0.1:" + UPSTREAM.getAddress().getPort());
    }

    /** For each database of a Redis that is not there a plugin, and a route of its own that answers by itself. */
    private static String nobodys() {
        int nobody = freePort();
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < DATABASES; i++) {
            yaml.append("""
                    - name: proxy-cache
                      route: nobody-%1$d
                      config: {strategy: redis, redis: {host: 127.0.0.1, port: %2$d, database: %1$d, timeout: 10000}}
                    - {name: request-termination, route: nobody-%1$d, config: {status_code: 200, message: ok}}
                    """.formatted(i, nobody));
        }
        yaml.append("- {name: request-termination, route: plain, config: {status_code: 200, message: ok}}\n");
        yaml.append("routes:\n");
        for (int i = 0; i < DATABASES; i++) {
            yaml.append("- {name: nobody-%1$d, paths: [/nobody-%1$d]}%n".formatted(i));
        }
        yaml.append("- {name: plain, paths: [/plain]}\n");
        return yaml.toString();
    }

    @BeforeAll
    static void startRedis() throws IOException {
        redis = RealRedis.start(PORT, "--requirepass", "s3cret");
    }

    @AfterAll
    static void stop() {
        if (redis != null) {
            redis.close();
        }
        UPSTREAM.stop(0);
        THREADS.shutdownNow();
    }

    @Test
    void giveEachOthersAnswers() throws Exception {
        HttpResponse<String> miss = kept("/shared/a?x=1");
        HttpResponse<String> hit = other.get("/shared/a?x=1");

        assertThat(status(miss)).isEqualTo("Miss");
        assertThat(status(hit)).isEqualTo("Hit");
        assertThat(hit.body()).isEqualTo(miss.body()).isEqualTo("/shared/a?x=1 #1");
        assertThat(hit.headers().firstValue("Age")).isPresent();
        assertThat(hit.headers().firstValue("Content-Type")).hasValue("text/plain");
        assertThat(hit.headers().allValues("X-List")).containsExactly("a", "b");
        assertThat(hit.headers().firstValue("X-Cache-Key"))
                .isEqualTo(miss.headers().firstValue("X-Cache-Key"));
        assertThat(status(other.get("/shared/a?x=2"))).isEqualTo("Miss");
    }

    @Test
    void followVary() throws Exception {
        String path = "/shared/v?vary=Accept-Language";
        kept(path, "Accept-Language", "de");
        assertThat(status(other.get(path, "Accept-Language", "de"))).isEqualTo("Hit");
        kept(path, "Accept-Language", "fr");
        HttpResponse<String> hit = other.get(path, "Accept-Language", "fr");
        assertThat(status(hit)).isEqualTo("Hit");
        assertThat(hit.body()).endsWith("#2");
    }

    @Test
    void followCacheControl() throws Exception {
        kept("/control/a?cache=max-age%3D60");
        assertThat(status(other.get("/control/a?cache=max-age%3D60", "Cache-Control", "only-if-cached")))
                .isEqualTo("Hit");
        assertThat(status(other.get("/control/a?cache=max-age%3D60", "Cache-Control", "no-cache")))
                .isEqualTo("Bypass");
        assertThat(other.get("/control/b", "Cache-Control", "only-if-cached").statusCode())
                .isEqualTo(504);
        assertThat(status(one.get("/control/c?cache=no-store"))).isEqualTo("Bypass");
        assertThat(status(other.get("/control/c?cache=no-store"))).isEqualTo("Bypass");
    }

    @Test
    void forgetWhatOneIsToldToForget() throws Exception {
        String path = "/shared/p?vary=Accept-Language";
        String key = key(kept(path, "Accept-Language", "de"));
        kept(path, "Accept-Language", "fr");
        HttpResponse<String> shown = admin(other, "GET", CACHES + key);
        assertThat(shown.statusCode()).isEqualTo(200);
        assertThat(shown.body()).contains("\"status\":200", "/shared/p?vary=Accept-Language #2");

        assertThat(admin(one, "DELETE", CACHES + key).statusCode()).isEqualTo(204);
        assertThat(admin(one, "DELETE", CACHES + key).statusCode()).isEqualTo(404);
        assertThat(admin(other, "GET", CACHES + key).statusCode()).isEqualTo(404);
        assertThat(status(other.get(path, "Accept-Language", "fr"))).isEqualTo("Miss");
        assertThat(status(other.get(path, "Accept-Language", "de"))).isEqualTo("Miss");
    }

    @Test
    void forgetThoughAnotherRedisIsAwayAndSayWhichOne() throws Exception {
        String path = "/shared/purged";
        String key = key(kept(path));
        assertThat(admin(one, "GET", "/proxy-cache/" + key).statusCode()).isEqualTo(200);
        for (String purge : List.of("/proxy-cache/" + key, "/proxy-cache")) {
            HttpResponse<String> purged = admin(one, "DELETE", purge);
            assertThat(purged.statusCode()).isEqualTo(500);
            assertThat(purged.body())
                    .contains("\"message\":\"An unexpected error occurred\"", AWAY)
                    .doesNotContain(THERE);
            assertThat(status(other.get(path))).isEqualTo("Miss");
            assertThat(status(other.get(path))).isEqualTo("Hit");
        }
        assertThat(admin(one, "GET", "/proxy-cache/none").statusCode()).isEqualTo(500);
        assertThat(admin(one, "DELETE", "/proxy-cache/" + THERE + "/caches/none")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void keepNothingThatWasOnItsWayWhenTheOtherOneForgot() throws Exception {
        CompletableFuture<HttpResponse<String>> slow =
                other.client().sendAsync(other.request("/shared/w?waits").build(), BodyHandlers.ofString());
        WAITING.acquire();
        assertThat(admin(one, "DELETE", CACHES + "none").statusCode()).isEqualTo(404);
        GO_ON.release();
        assertThat(status(slow.get())).isEqualTo("Miss");
        GO_ON.release();
        assertThat(status(other.get("/shared/w?waits"))).isEqualTo("Miss");
        assertThat(status(other.get("/shared/w?waits"))).isEqualTo("Hit");
        WAITING.acquire();
    }

    @Test
    void askOnceEachWhenManyAskAtOnce() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            for (GatewayExtension gateway : List.of(one, other)) {
                calls.add(gateway.client()
                        .sendAsync(gateway.request("/shared/many").build(), BodyHandlers.ofString()));
            }
        }
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            assertThat(call.get().body()).startsWith("/shared/many #");
            assertThat(status(call.get())).isIn("Miss", "Hit");
        }
        assertThat(asked("/shared/many")).isBetween(1, 2);
    }

    @Test
    void keepNoHalfAnswer() throws Exception {
        for (GatewayExtension gateway : List.of(one, other)) {
            HttpResponse<InputStream> half =
                    gateway.client().send(gateway.request("/shared/half?dies").build(), BodyHandlers.ofInputStream());
            assertThat(half.statusCode()).isEqualTo(200);
            GO_ON.release(); // only now, or the gateway may hear of the end before it has passed on the beginning
            assertThatThrownBy(() -> half.body().readAllBytes()).isInstanceOf(IOException.class);
        }
        assertThat(asked("/shared/half?dies")).isEqualTo(2);
    }

    @Test
    void takeWhatNobodyCanReadForNothing() throws Exception {
        String key = key(kept("/shared/g"));
        if (redis != null) {
            redis.commands("AUTH s3cret", "SET gatehouse:{proxy-cache}:value:" + key + " garbage");
        }
        assertThat(status(other.get("/shared/g"))).isEqualTo("Miss");
        assertThat(status(other.get("/shared/g"))).isEqualTo("Hit");
    }

    @Test
    void goToTheUpstreamWhileRedisIsSlow() throws Exception {
        kept("/slow");
        RealRedis slow = Objects.requireNonNull(redis);
        slow.stall();
        try {
            for (int i = 0; i < 7; i++) { // with the last ones nobody tries any more
                HttpResponse<String> passed = one.get("/slow");
                assertThat(status(passed)).isEqualTo("Bypass");
                assertThat(passed.body()).startsWith("/slow #");
            }
        } finally {
            slow.goOn();
        }
        awaitStatus(one, "/slow", "Hit");
    }

    @Test
    void goToTheUpstreamWhileRedisRefusesAndShareAnswersOnceItIsThere() throws Exception {
        for (int i = 0; i < 7; i++) { // the first ones really connect
            assertThat(status(one.get("/refused"))).isEqualTo("Bypass");
            assertThat(status(other.get("/refused"))).isEqualTo("Bypass");
        }
        try (RealRedis late = RealRedis.start(REFUSED)) {
            awaitStatus(one, "/refused", "Hit");
            awaitStatus(other, "/refused", "Hit");
            late.commands("FLUSHALL");
            assertThat(status(other.get("/refused"))).isEqualTo("Miss");
        }
    }

    @Test
    void passByWithinFiftyMillisecondsWhileRedisRefuses() throws Exception {
        for (int i = 0; i < 8; i++) {
            assertThat(status(one.get("/refused"))).isEqualTo("Bypass");
        }
        List<Long> nanos = new ArrayList<>();
        List<Long> plain = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < DATABASES; i++) {
                long start = System.nanoTime();
                HttpResponse<String> passed = one.get("/nobody-" + i);
                long between = System.nanoTime();
                nanos.add(between - start);
                assertThat(status(one.get("/plain"))).isEqualTo("none");
                plain.add(System.nanoTime() - between);
                assertThat(status(passed)).isEqualTo("Bypass");
            }
        }
        // the first ones of each really connect
        Soon.assertSoon(nanos.subList(0, DATABASES), plain.subList(0, DATABASES));
        Soon.assertSoon(nanos.subList(DATABASES, nanos.size()), plain.subList(DATABASES, plain.size()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"silent", "garbage", "resetting"})
    void goToTheUpstreamWhereAServerIsNone(String fault) throws Exception {
        int port = fault.equals("silent") ? SILENT : fault.equals("garbage") ? GARBAGE : RESETTING;
        try (FaultServer server = FaultServer.builder().port(port).start(NoRedis.script(fault))) {
            for (int i = 0; i < 7; i++) {
                HttpResponse<String> passed = one.get('/' + fault);
                assertThat(status(passed)).isEqualTo("Bypass");
                assertThat(passed.body()).startsWith('/' + fault + " #");
            }
            server.await(connection -> true, Duration.ofSeconds(30)).join();
        }
    }

    @Test
    @SuppressWarnings("try") // closing is what is tested
    void failNobodyWhileRedisIsKilledUnderLoad() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        List<Future<?>> loads = new ArrayList<>();
        try (RealRedis before = RealRedis.start(KILLED)) {
            for (int i = 0; i < 4; i++) {
                GatewayExtension gateway = i % 2 == 0 ? one : other;
                loads.add(THREADS.submit(() -> {
                    for (int call = 0; !stop.get(); call++) {
                        HttpResponse<String> answer = gateway.get("/killed/" + call % 10);
                        assertThat(answer.statusCode()).isEqualTo(200);
                        assertThat(answer.body()).startsWith("/killed/" + call % 10 + " #");
                        assertThat(status(answer)).isIn("Hit", "Miss", "Bypass");
                        answered.incrementAndGet();
                    }
                    return true;
                }));
            }
            while (answered.get() < 200 && loads.stream().noneMatch(Future::isDone)) {
                LockSupport.parkNanos(1_000_000);
            }
            before.close();
            awaitStatus(one, "/killed/0", "Bypass");
            awaitStatus(other, "/killed/0", "Bypass");
            try (RealRedis after = RealRedis.start(KILLED)) {
                awaitStatus(one, "/killed/0", "Hit");
                awaitStatus(other, "/killed/0", "Hit");
                stop.set(true);
                for (Future<?> load : loads) {
                    load.get();
                }
                after.commands("FLUSHALL");
            }
        } finally {
            stop.set(true);
        }
    }

    /** Asks one gateway, and again: the second call waits until what the first has brought is kept. */
    private static HttpResponse<String> kept(String path, String... headers) throws Exception {
        HttpResponse<String> first = one.get(path, headers);
        assertThat(status(first)).isEqualTo("Miss");
        assertThat(status(one.get(path, headers))).isEqualTo("Hit");
        return first;
    }

    private static String key(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache-Key").orElseThrow();
    }

    private static void awaitStatus(GatewayExtension gateway, String path, String status) throws Exception {
        while (true) {
            HttpResponse<String> answer = gateway.get(path);
            assertThat(answer.statusCode()).isEqualTo(200);
            if (status(answer).equals(status)) {
                return;
            }
        }
    }

    private static String status(HttpResponse<String> answer) {
        return answer.headers().firstValue("X-Cache-Status").orElse("none");
    }

    private static int asked(String path) {
        AtomicInteger asked = ASKED.get(path);
        return asked == null ? 0 : asked.get();
    }

    private static HttpResponse<String> admin(GatewayExtension gateway, String method, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.gateway().adminPort() + path);
        return gateway.client()
                .send(
                        HttpRequest.newBuilder(uri)
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        BodyHandlers.ofString());
    }

    private static HttpServer upstream() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", RedisCacheIT::answer);
            server.setExecutor(THREADS);
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says what was asked and how often, with the headers that the query names. */
    private static void answer(HttpExchange exchange) throws IOException {
        String asked = exchange.getRequestURI().toString();
        int times = ASKED.computeIfAbsent(asked, path -> new AtomicInteger()).incrementAndGet();
        exchange.getResponseHeaders().set("Content-Type", "text/plain");
        exchange.getResponseHeaders().add("X-List", "a");
        exchange.getResponseHeaders().add("X-List", "b");
        String query = exchange.getRequestURI().getQuery();
        if (query != null && query.startsWith("vary=")) {
            exchange.getResponseHeaders().set("Vary", query.substring("vary=".length()));
        } else if (query != null && query.startsWith("cache=")) {
            exchange.getResponseHeaders().set("Cache-Control", query.substring("cache=".length()));
        } else if ("waits".equals(query)) {
            WAITING.release();
            GO_ON.acquireUninterruptibly();
        }
        byte[] body = (asked + " #" + times).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, "dies".equals(query) ? 1000 : body.length);
        exchange.getResponseBody().write(body);
        if ("dies".equals(query)) {
            exchange.getResponseBody().flush();
            GO_ON.acquireUninterruptibly();
        }
        exchange.close();
    }

    private static int freePort() {
        try {
            return RealRedis.freePort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
