package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gatehouse.api.Counters;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real Redis, where one is on the PATH. */
@Timeout(60)
class RedisCountersIT {
    private static final Vertx VERTX = Vertx.vertx();
    private static final long HOUR = 3_600_000;

    private final List<RedisCounters> open = new ArrayList<>();
    private final List<Process> servers = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void closeAll() throws Exception {
        for (RedisCounters counters : open) {
            await(counters.close());
        }
        for (Process server : servers) {
            server.destroyForcibly().waitFor();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        await(VERTX.close());
    }

    @Test
    void isExactOverTwoNodes() throws Exception {
        RedisOptions redis = at(server(freePort(), "--requirepass", "s3cret"))
                .login(null, Secret.literal("s3cret"))
                .database(3)
                .build();
        Counters one = counters(redis);
        Counters other = counters(redis);
        List<Future<Counters.Count>> calls = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            calls.add(one.take("a", 1, windows(100)));
            calls.add(other.take("a", 1, windows(100)));
        }
        int granted = 0;
        for (Future<Counters.Count> call : calls) {
            granted += await(call).granted() ? 1 : 0;
        }
        assertThat(granted).isEqualTo(100);
        assertThat(await(other.take("a", 1, windows(100))).before(0)).isEqualTo(100);
        assertThat(await(one.take("b", 1, windows(100))).before(0)).isZero();
    }

    @Test
    void countsAllWindowsOrNone() throws Exception {
        Counters counters = counters(at(server(freePort())).build());
        List<Counters.Window> narrow = List.of(windows(5).get(0), Counters.Window.of(0, Long.MAX_VALUE / 2, 3));
        assertThat(await(counters.take("a", 3, narrow)).granted()).isTrue();
        Counters.Count refused = await(counters.take("a", 1, narrow));
        assertThat(refused.granted()).isFalse();
        assertThat(refused.before(0)).isEqualTo(3);
        assertThat(refused.before(1)).isEqualTo(3);
        assertThat(await(counters.take("a", 0, narrow)).before(0)).isEqualTo(3);
    }

    @Test
    void failsAtOnceWhenRedisRefusesAndGoesOnWhenItIsBack() throws Exception {
        int port = freePort();
        Counters counters = counters(at(port).build());
        assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("refused");
        assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("not tried again yet");

        Process first = start(port);
        assertThat(eventually(counters)).isZero();
        first.destroyForcibly().waitFor();
        assertThatThrownBy(() -> {
                    await(counters.take("a", 1, windows(9)));
                    await(counters.take("a", 1, windows(9)));
                })
                .isNotNull();
        start(port);
        assertThat(eventually(counters)).isZero();
    }

    @Test
    void waitsForASlowRedisNoLongerThanItsTimeOutAndThenNotAtAll() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Counters counters = counters(
                    at(silent.getLocalPort()).timeout(Duration.ofMillis(100)).build());
            Future<Counters.Count> slow = counters.take("a", 1, windows(9));
            try (Socket taken = silent.accept()) {
                assertThat(taken.isConnected()).isTrue();
                assertThatThrownBy(() -> await(slow)).hasMessageContaining("no answer within 100 ms");
                assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                        .hasMessageContaining("not tried again yet");
            }
        }
    }

    /** What the counter had at the first call that is answered again. */
    private static long eventually(Counters counters) throws Exception {
        while (true) {
            try {
                return await(counters.take("a", 1, windows(9))).before(0);
            } catch (IOException | RuntimeException notYet) {
                Thread.onSpinWait();
            }
        }
    }

    private RedisCounters counters(RedisOptions redis) {
        RedisCounters counters = new RedisCounters(VERTX, redis, "test", Clock.systemUTC());
        open.add(counters);
        return counters;
    }

    private static List<Counters.Window> windows(long limit) {
        long start = System.currentTimeMillis() / (24 * HOUR) * 24 * HOUR;
        return List.of(Counters.Window.of(start, start + 48 * HOUR, limit));
    }

    private static RedisOptions.Builder at(int port) {
        return RedisOptions.at("127.0.0.1", port).timeout(Duration.ofSeconds(10));
    }

    private int server(int port, String... options) throws Exception {
        start(port, options);
        return port;
    }

    private Process start(int port, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                redis().getPath(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no"));
        command.addAll(List.of(options));
        File log = Files.createTempFile(folder, "redis", ".log").toFile();
        Process server = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        servers.add(server);
        while (!Files.readString(log.toPath()).contains("Ready to accept connections")) {
            assertThat(server.isAlive()).as(Files.readString(log.toPath())).isTrue();
            Thread.onSpinWait();
        }
        return server;
    }

    private static File redis() {
        for (String path : System.getenv("PATH").split(File.pathSeparator, -1)) {
            File file = new File(path, "redis-server");
            if (file.canExecute()) {
                return file;
            }
        }
        assumeTrue(false, "no redis-server on the PATH");
        throw new AssertionError();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static <T> T await(Future<T> future) throws Exception {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
