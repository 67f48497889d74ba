package io.gatehouse.plugins.traffic.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.testkit.GatewayExtension;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two gateways that count in one Redis, where one is on the PATH. */
class SharedLimitIT {
    private static final int PORT = freePort();
    private static final String YAML = """
            _format_version: "3.0"
            routes:
            - {name: open, paths: [/open]}
            - {name: closed, paths: [/closed]}
            plugins:
            - {name: request-termination, config: {status_code: 200, message: ok}}
            - name: rate-limiting
              route: open
              config: {year: 50, policy: redis, redis: {host: 127.0.0.1, port: REDIS, timeout: 10000}}
            - name: rate-limiting
              route: closed
              config: {year: 50, policy: redis, fault_tolerant: false, redis: {host: 127.0.0.1, port: REDIS, timeout: 10000}}
            """.replace("REDIS", Integer.toString(PORT));

    @RegisterExtension
    static final GatewayExtension one = GatewayExtension.of(YAML);

    @RegisterExtension
    static final GatewayExtension other = GatewayExtension.of(YAML);

    private static @Nullable Process redis;

    @AfterAll
    static void stopRedis() throws InterruptedException {
        if (redis != null) {
            redis.destroyForcibly().waitFor();
        }
    }

    @Test
    void letExactlyTheLimitPassTogetherAndDecideAsToldWithoutRedis() throws Exception {
        assertThat(one.get("/open").statusCode()).isEqualTo(200);
        assertThat(one.get("/closed").statusCode()).isEqualTo(500);

        startRedis();
        while (one.get("/closed").statusCode() == 500 || other.get("/closed").statusCode() == 500) {
            Thread.onSpinWait(); // the breaker tries again in a moment
        }
        while (one.get("/open").headers().firstValue("RateLimit-Remaining").isEmpty()
                || other.get("/open")
                        .headers()
                        .firstValue("RateLimit-Remaining")
                        .isEmpty()) {
            Thread.onSpinWait();
        }
        int left = Integer.parseInt(
                one.get("/open").headers().firstValue("RateLimit-Remaining").orElseThrow());
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            for (GatewayExtension gateway : List.of(one, other)) {
                calls.add(gateway.client().sendAsync(gateway.request("/open").build(), BodyHandlers.ofString()));
            }
        }
        int passed = 0;
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            passed += call.get().statusCode() == 200 ? 1 : 0;
        }
        assertThat(passed).isEqualTo(left);
    }

    private static void startRedis() throws IOException {
        String program = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, "redis-server").toFile())
                .filter(File::canExecute)
                .map(File::getPath)
                .findFirst()
                .orElse("");
        assumeTrue(!program.isEmpty(), "no redis-server on the PATH");
        Process started = new ProcessBuilder(
                        program,
                        "--port",
                        Integer.toString(PORT),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no")
                .redirectErrorStream(true)
                .start();
        redis = started;
        BufferedReader log =
                new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
        String line = log.readLine();
        while (line != null && !line.contains("Ready to accept connections")) {
            line = log.readLine();
        }
        assertThat(line).isNotNull();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
