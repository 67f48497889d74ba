package io.gatehouse.core.service;

import static io.gatehouse.core.service.RealRedis.at;
import static io.gatehouse.core.service.RealRedis.freePort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Counters;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a real Redis, where one is on the PATH. */
@Timeout(60)
class RedisCountersIT {
    private static final Vertx VERTX = Vertx.vertx();
    private static final long HOUR = 3_600_000;

    private final List<RedisLink> open = new ArrayList<>();
    private RealRedis redis;

    @BeforeEach
    void prepare(@TempDir Path folder) {
        redis = new RealRedis(folder);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (RedisLink link : open) {
            await(link.close());
        }
        redis.close();
    }

    @AfterAll
    static void stop() throws Exception {
        await(VERTX.close());
    }

    @Test
    void isExactOverTwoNodes() throws Exception {
        RedisOptions options = at(redis.start("--requirepass", "s3cret"))
                .login(null, Secret.literal("s3cret"))
                .database(3)
                .build();
        Counters one = counters(options);
        Counters other = counters(options);
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
        Counters counters = counters(at(redis.start()).build());
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
        fail(counters, "refused");
        assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("not tried again yet");

        Process first = redis.start(port);
        assertThat(eventually(counters)).isZero();
        first.destroyForcibly().waitFor();
        assertThatThrownBy(() -> {
                    await(counters.take("a", 1, windows(9)));
                    await(counters.take("a", 1, windows(9)));
                })
                .isNotNull();
        redis.start(port);
        assertThat(eventually(counters)).isZero();
    }

    @Test
    void waitsForASlowRedisNoLongerThanItsTimeOutAndThenNotAtAll() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Counters counters = counters(
                    at(silent.getLocalPort()).timeout(Duration.ofMillis(100)).build());
            fail(counters, "no answer within 100 ms");
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                    .hasMessageContaining("not tried again yet");
        }
    }

    @Test
    void givesUpAfterFiveFailuresInARowAndNotBefore() throws Exception {
        int port = redis.start();
        Counters counters = counters(at(port).build());
        RealRedis.command(port, "REPLICAOF 127.0.0.1 1");
        for (int i = 1; i < RedisLink.FAILURES; i++) {
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("READONLY");
        }
        assertThat(await(counters.take("a", 0, windows(9))).before(0)).isZero();
        fail(counters, "READONLY");
        assertThatThrownBy(() -> await(counters.take("a", 0, windows(9)))).hasMessageContaining("not tried again yet");
    }

    @Test
    void letsNoClientWaitToSeeWhetherASlowRedisIsBack() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Counters counters = counters(
                    at(silent.getLocalPort()).timeout(Duration.ofMillis(50)).build());
            fail(counters, "no answer");
            // three connections: that of the clients and two of the gateway's own tries
            for (int connections = 0; connections < 3; connections++) {
                try (Socket taken = silent.accept()) {
                    assertThat(taken.isConnected()).isTrue();
                    assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                            .hasMessageContaining("not tried again yet");
                }
            }
        }
    }

    @Test
    void goesOnWithItsCountsWhenAClockIsSetBackButNotForLongerThanAWindow() throws Exception {
        RedisOptions options = at(redis.start()).build();
        long minute = 60_000;
        long now = System.currentTimeMillis() / minute * minute;
        Counters counters = counters(options, Clock.fixed(Instant.ofEpochMilli(now), ZoneOffset.UTC));
        Counters ahead = counters(options, Clock.fixed(Instant.ofEpochMilli(now + 2 * HOUR), ZoneOffset.UTC));
        assertThat(await(counters.take("a", 4, window(now, minute))).before(0)).isZero();
        assertThat(await(ahead.take("a", 5, window(now + 2 * HOUR, minute))).before(0))
                .isZero();
        assertThat(await(counters.take("a", 1, window(now, minute))).before(0)).isEqualTo(5);

        assertThat(await(ahead.take("b", 5, window(now + 2 * HOUR, 500))).before(0))
                .isZero();
        assertThat(await(counters.take("b", 1, window(now, 500))).granted()).isFalse();
        while (!await(counters.take("b", 1, window(now, 500))).granted()) {
            Thread.onSpinWait(); // Redis forgets it half a second after it was made, not in two hours
        }
    }

    @Test
    void keepsTheCountOfAMinuteWhenAnHourIsLimitedToo() throws Exception {
        Counters counters = counters(at(redis.start()).build());
        Counters.Window minute = window(0, 60_000).get(0);
        await(counters.take("a", 3, List.of(minute)));
        Counters.Count both =
                await(counters.take("a", 1, List.of(minute, window(0, HOUR).get(0))));
        assertThat(both.before(0)).isEqualTo(3);
        assertThat(both.before(1)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"SCRIPT FLUSH, true", "REPLICAOF 127.0.0.1 1, false"})
    void countsOnWithoutItsScriptButNotOnAReplica(String command, boolean counts) throws Exception {
        int port = redis.start();
        Counters counters = counters(at(port).build());
        await(counters.take("a", 1, windows(9)));
        RealRedis.command(port, command);
        if (counts) {
            assertThat(await(counters.take("a", 1, windows(9))).before(0)).isEqualTo(1);
        } else {
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("READONLY");
        }
    }

    @Test
    void givesUpAServerThatSpeaksSomethingElse() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Counters counters = counters(
                    at(other.getLocalPort()).timeout(Duration.ofSeconds(1)).build());
            for (int i = 0; i < RedisLink.FAILURES; i++) {
                Future<Counters.Count> call = counters.take("a", 1, windows(9));
                try (Socket taken = other.accept()) {
                    taken.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    assertThatThrownBy(() -> await(call)).isNotNull();
                }
            }
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                    .hasMessageContaining("not tried again yet");
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "true, -, s3cret, true",
                "true, -, wrong, false",
                "false, limiter, s3cret, true",
                "false, limiter, wrong, false",
            })
    void logsInAsTold(boolean standard, @Nullable String user, String password, boolean works) throws Exception {
        int port = standard
                ? redis.start("--requirepass", "s3cret")
                : redis.start("--user", "limiter", "on", ">s3cret", "~gatehouse:*", "+@all");
        Counters counters = counters(
                at(port).login(user, Secret.literal(password)).database(3).build());
        if (works) {
            assertThat(await(counters.take("a", 1, windows(9))).granted()).isTrue();
        } else {
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining("WRONGPASS");
        }
    }

    @Test
    void decidesWithinFiftyMillisecondsWhenRedisRefuses() throws Exception {
        RedisOptions refused = at(freePort()).build();
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Counters counters = counters(refused);
            for (int call = 0; call < RedisLink.FAILURES; call++) { // each of which really connects
                long start = System.nanoTime();
                assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                        .hasMessageContaining("refused");
                nanos.add(System.nanoTime() - start);
            }
        }
        Collections.sort(nanos);
        // the quickest three quarters: a busy machine slows down some, a wait slows down all
        assertThat(Duration.ofNanos(nanos.get(29))).isLessThan(Duration.ofMillis(50));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "localhost, -, true, true",
                "127.0.0.1, -, true, false",
                "127.0.0.1, localhost, true, true",
                "127.0.0.1, elsewhere.test, true, false",
                "127.0.0.1, elsewhere.test, false, true",
            })
    void checksTheServersNameAsTold(String host, @Nullable String name, boolean verify, boolean works)
            throws Exception {
        SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
        int port = freePort();
        redis.start(
                0,
                "--tls-port",
                Integer.toString(port),
                "--tls-cert-file",
                certificate.certificatePath(),
                "--tls-key-file",
                certificate.privateKeyPath(),
                "--tls-auth-clients",
                "no");
        RedisOptions options = RedisOptions.at(host, port)
                .timeout(Duration.ofSeconds(10))
                .tls(true)
                .verifyTls(verify)
                .serverName(name)
                .build();
        RedisLink link = new RedisLink(VERTX, options, client -> {
            client.setTrustAll(!verify);
            if (verify) {
                client.setTrustOptions(certificate.trustOptions());
            }
        });
        open.add(link);
        Counters counters = new RedisCounters(link, "test", Clock.systemUTC());
        if (works) {
            assertThat(await(counters.take("a", 1, windows(9))).granted()).isTrue();
        } else {
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9))))
                    .hasRootCauseInstanceOf(CertificateException.class);
        }
        certificate.delete();
    }

    private static List<Counters.Window> window(long start, long length) {
        return List.of(Counters.Window.of(start, start + length, 5));
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

    private Counters counters(RedisOptions options) {
        return counters(options, Clock.systemUTC());
    }

    private Counters counters(RedisOptions options, Clock clock) {
        RedisLink link = new RedisLink(VERTX, options, client -> client.setTrustAll(!options.verifyTls()));
        open.add(link);
        return new RedisCounters(link, "test", clock);
    }

    /** So many calls in a row, one after the other, each of which fails so. */
    private static void fail(Counters counters, String message) {
        for (int i = 0; i < RedisLink.FAILURES; i++) {
            assertThatThrownBy(() -> await(counters.take("a", 1, windows(9)))).hasMessageContaining(message);
        }
    }

    private static List<Counters.Window> windows(long limit) {
        long start = System.currentTimeMillis() / (24 * HOUR) * 24 * HOUR;
        return List.of(Counters.Window.of(start, start + 48 * HOUR, limit));
    }

    private static <T> T await(Future<T> future) throws Exception {
        try {
            return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
