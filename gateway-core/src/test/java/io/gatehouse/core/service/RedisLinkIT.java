package io.gatehouse.core.service;

import static io.gatehouse.core.service.RealRedis.at;
import static io.gatehouse.core.service.RealRedis.freePort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.service.RedisLinks.Load;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class RedisLinkIT extends AgainstRedis {
    private static final String NOT_TRIED = "not tried again yet";

    private final Logger logger = (Logger) LoggerFactory.getLogger(RedisLink.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @TempDir
    Path folder;

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>(); // it is read while the link writes
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(log);
    }

    @Test
    void failsAtOnceWhenRedisRefusesAndGoesOnWhenItIsBack() throws Exception {
        int port = freePort();
        RedisLink link = link(at(port).build());
        for (int i = 0; i < RedisLink.FAILURES; i++) {
            assertFails(set(link), "refused");
        }
        assertFails(set(link), NOT_TRIED);

        Process first = redis.start(port);
        awaitSet(link);
        first.destroyForcibly().waitFor();
        assertThatThrownBy(() -> {
                    await(set(link));
                    await(set(link));
                })
                .isNotNull();
        redis.start(port);
        awaitSet(link);
    }

    @Test
    void opensWithTheFirstCallThatIsNotAnsweredInTimeAndFailsAllThatWaitWithIt() throws Exception {
        int port = redis.start();
        RedisLink link = link(at(port).timeout(Duration.ofSeconds(1)).build());
        awaitSet(link);
        RealRedis.command(port, "CLIENT PAUSE 60000 ALL");
        Promise<Future<Boolean>> first = Promise.promise();
        Promise<Future<Boolean>> later = Promise.promise();
        vertx.runOnContext(together -> {
            vertx.setTimer(500, half -> later.complete(set(link)));
            first.complete(set(link));
        });
        Future<Boolean> eldest = await(first.future());
        Future<Boolean> younger = await(later.future());
        assertFails(eldest, "no answer within 1000 ms");
        assertFails(younger, "no answer within 1000 ms");
        assertThat(younger.cause()).isSameAs(eldest.cause());
        assertFails(set(link), NOT_TRIED);
    }

    @Test
    void opensWithTheFirstTimeOutWhereNoConnectionComesAboutToo() throws Exception {
        try (ServerSocket silent = silent()) {
            RedisLink link = link(
                    at(silent.getLocalPort()).timeout(Duration.ofMillis(100)).build());
            List<Future<Boolean>> calls = sets(link, 50);
            for (Future<Boolean> call : calls) {
                assertFails(call, "no answer within 100 ms");
                assertThat(call.cause()).isSameAs(calls.get(0).cause());
            }
            assertFails(set(link), NOT_TRIED);
        }
    }

    @Test
    void triesOneCallAtATimeForWhichNoClientWaits() throws Exception {
        try (ServerSocket silent = silent()) {
            RedisLink link = link(
                    at(silent.getLocalPort()).timeout(Duration.ofMillis(50)).build());
            assertFails(set(link), "no answer");
            // that of the clients and three of the gateway's own tries
            for (int connections = 0; connections < 4; connections++) {
                try (Socket taken = silent.accept()) {
                    assertThat(taken.isConnected()).isTrue();
                    for (Future<Boolean> call : sets(link, 20)) {
                        assertFails(call, NOT_TRIED);
                    }
                }
            }
        }
    }

    @Test
    void isBackWithTheFirstTryThatIsAnswered() throws Exception {
        int port = redis.start();
        RedisLink link = link(at(port).timeout(Duration.ofSeconds(2)).build());
        awaitSet(link);
        RealRedis.command(port, "CLIENT PAUSE 6000 ALL");
        assertFails(set(link), "no answer within 2000 ms");
        assertFails(set(link), NOT_TRIED);
        awaitSet(link);
        for (Future<Boolean> call : sets(link, 50)) {
            assertThat(await(call)).isTrue();
        }
    }

    @Test
    void opensAfterFiveErrorsInARowAndNotBefore() throws Exception {
        int port = redis.start();
        RedisLink link = link(at(port).build());
        RealRedis.command(port, "REPLICAOF 127.0.0.1 1");
        for (int i = 1; i < RedisLink.FAILURES; i++) {
            assertFails(set(link), "READONLY");
        }
        assertThat(await(get(link))).isTrue();
        for (Future<Boolean> call : sets(link, RedisLink.FAILURES)) { // on their way together: each counts
            assertFails(call, "READONLY");
        }
        assertFails(get(link), NOT_TRIED);
    }

    @Test
    void countsAConnectionThatBreaksOnceHoweverManyCallsItCarries() throws Exception {
        int port = redis.start();
        RedisLink link = link(at(port).build());
        awaitSet(link);
        RealRedis.command(port, "CLIENT PAUSE 60000 ALL");
        List<Future<Boolean>> calls = sets(link, 50);
        redis.close();
        for (Future<Boolean> call : calls) {
            assertThatThrownBy(() -> await(call)).hasMessageNotContaining(NOT_TRIED);
        }
        redis.start(port);
        assertThat(await(set(link))).isTrue();
    }

    @Test
    void countsAConnectionThatIsRefusedOnceHoweverManyCallsWaitForIt() throws Exception {
        RedisLink link = link(at(freePort()).build());
        for (int i = 0; i < RedisLink.FAILURES; i++) {
            for (Future<Boolean> call : sets(link, 20)) {
                assertThatThrownBy(() -> await(call)).hasMessageNotContaining(NOT_TRIED);
            }
        }
        assertFails(set(link), NOT_TRIED);
    }

    @Test
    void givesUpAServerThatSpeaksSomethingElse() throws Exception {
        try (ServerSocket other = silent()) {
            RedisLink link =
                    link(at(other.getLocalPort()).timeout(Duration.ofSeconds(1)).build());
            for (int i = 0; i < RedisLink.FAILURES; i++) {
                Future<Boolean> call = set(link);
                try (Socket taken = other.accept()) {
                    taken.getOutputStream()
                            .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                    assertThatThrownBy(() -> await(call)).isNotNull();
                }
            }
            assertFails(set(link), NOT_TRIED);
        }
    }

    @Test
    void tellsTheFirstFailureOfARowThatNobodyIsThereAndThatItIsBack() throws Exception {
        int port = freePort();
        RedisLink link = link(at(port).build());
        for (int round = 0; round < 2; round++) {
            log.list.clear();
            assertThatThrownBy(
                            () -> { // what is sent first may find out that the connection broke
                                await(set(link));
                                await(set(link));
                            })
                    .isNotNull();
            assertThat(lines()).singleElement().asString().startsWith("WARN a call to redis failed: redis=redis://");
            for (int i = 2; i < RedisLink.FAILURES; i++) {
                assertFails(set(link), "refused");
            }
            assertThat(lines()).hasSize(1);

            assertFails(set(link), "refused");
            assertFails(set(link), NOT_TRIED);
            assertThat(lines()).hasSize(2).last().asString().startsWith("WARN redis cannot be reached: redis=redis://");

            Process there = redis.start(port);
            awaitSet(link);
            assertThat(lines())
                    .hasSize(3)
                    .last()
                    .isEqualTo("INFO redis is back: redis=redis://127.0.0.1:" + port + "/0");
            there.destroyForcibly().waitFor();
        }
    }

    @Test
    void tellsRowsThatComeAndGoOnce() throws Exception {
        int port = redis.start();
        RedisLink link = link(at(port).build());
        RealRedis.command(port, "REPLICAOF 127.0.0.1 1");
        for (int i = 0; i < 10; i++) {
            assertFails(set(link), "READONLY");
            assertThat(await(get(link))).isTrue();
        }
        assertThat(lines())
                .containsExactly("WARN a call to redis failed: redis=redis://127.0.0.1:" + port
                        + "/0 problem=\"READONLY You can't write against a read only replica.\"");
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
        RedisLink link =
                link(at(port).login(user, Secret.literal(password)).database(3).build());
        if (works) {
            assertThat(await(set(link))).isTrue();
        } else {
            assertFails(set(link), "WRONGPASS");
        }
    }

    @Test
    void failsWithinFiftyMillisecondsWhenRedisRefuses() throws Exception {
        RedisOptions refused = at(freePort()).build();
        long[] quickest = new long[RedisLink.FAILURES];
        Arrays.fill(quickest, Long.MAX_VALUE);
        for (int i = 0; i < 8; i++) {
            RedisLink link = link(refused);
            for (int call = 0; call < RedisLink.FAILURES; call++) { // each of which really connects
                long start = System.nanoTime();
                assertFails(set(link), "refused");
                quickest[call] = Math.min(quickest[call], System.nanoTime() - start);
            }
        }
        // a busy machine slows down some, a wait slows down all: of the first calls, of the second ones, and so on
        for (long nanos : quickest) {
            assertThat(Duration.ofNanos(nanos)).isLessThan(Duration.ofMillis(50));
        }
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "localhost, localhost, -, true, -",
                "localhost, 127.0.0.1, -, true, No subject alternative names matching IP address 127.0.0.1 found",
                "localhost, 127.0.0.1, localhost, true, -",
                "redis.internal, 127.0.0.1, redis.internal, true, -",
                "redis.internal, 127.0.0.1, redis.internal., true, -",
                "redis.internal, localhost, redis.internal, true, -",
                "redis.internal, localhost, -, true, No subject alternative DNS name matching localhost found.",
                "localhost, localhost, wrong.name, true, No subject alternative DNS name matching wrong.name found.",
                "localhost, 127.0.0.1, wrong.name, true, No subject alternative DNS name matching wrong.name found.",
                "localhost, localhost, wrong.name, false, -",
            })
    void checksTheServersNameAsTold(
            String certified, String host, @Nullable String name, boolean verify, @Nullable String problem)
            throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .rsa2048()
                .subject("CN=redis")
                .addSanDnsName(certified)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        int port = freePort();
        redis.start(
                0,
                "--tls-port",
                Integer.toString(port),
                "--tls-cert-file",
                Files.writeString(folder.resolve("redis.crt"), certificate.getCertificatePEM())
                        .toString(),
                "--tls-key-file",
                Files.writeString(folder.resolve("redis.key"), certificate.getPrivateKeyPEM())
                        .toString(),
                "--tls-auth-clients",
                "no");
        RedisOptions options = RedisOptions.at(host, port)
                .timeout(Duration.ofSeconds(10))
                .tls(true)
                .verifyTls(verify)
                .serverName(name)
                .build();
        RedisLink link = link(options, client -> {
            client.setTrustAll(!verify);
            if (verify) {
                client.setTrustOptions(
                        new PemTrustOptions().addCertValue(Buffer.buffer(certificate.getCertificatePEM())));
            }
        });
        if (problem == null) {
            assertThat(await(set(link))).isTrue();
        } else {
            assertThatThrownBy(() -> await(set(link)))
                    .hasMessageEndingWith(": " + problem)
                    .hasRootCauseInstanceOf(CertificateException.class);
            assertThat(lines())
                    .containsExactly("WARN a call to redis failed: redis=" + options + " problem=\"" + problem + '"');
        }
    }

    @Test
    void isOneForAllWhoNameAServerInTheSameWayForTheSameLoad() throws Exception {
        RedisLinks links = new RedisLinks(vertx, (to, client) -> client.setTrustAll(true));
        RedisOptions options = at(redis.start()).build();
        RedisOptions same = at(options.port()).build();
        RedisLink link = links.borrow(options, Load.VALUES);
        RedisLink counters = links.borrow(options, Load.COUNTERS);
        RedisLink elsewhere = links.borrow(at(options.port()).database(1).build(), Load.VALUES);
        assertThat(links.borrow(same, Load.VALUES))
                .isSameAs(link)
                .isNotSameAs(counters)
                .isNotSameAs(elsewhere);

        await(links.giveBack(link));
        assertThat(await(set(link))).isTrue();
        await(links.giveBack(link));
        assertFails(set(link), "closed");
        assertThatThrownBy(() -> links.giveBack(link)).hasMessageContaining("more often");
        RedisLink next = links.borrow(same, Load.VALUES);
        assertThat(next).isNotSameAs(link);
        assertThat(await(set(counters))).isTrue();
        for (RedisLink one : List.of(counters, elsewhere, next)) {
            await(links.giveBack(one));
        }
    }

    private List<String> lines() {
        return log.list.stream()
                .filter(line -> line.getLevel().isGreaterOrEqual(Level.INFO))
                .map(line -> line.getLevel() + " " + line.getFormattedMessage())
                .toList();
    }

    private static Future<Boolean> set(RedisLink link) {
        return link.call(Request.cmd(Command.SET).arg("gatehouse:k").arg("v"), answer -> true);
    }

    private static Future<Boolean> get(RedisLink link) {
        return link.call(Request.cmd(Command.GET).arg("gatehouse:k"), answer -> true);
    }

    /** So many that are on their way together. */
    private List<Future<Boolean>> sets(RedisLink link, int count) throws Exception {
        Promise<List<Future<Boolean>>> made = Promise.promise();
        vertx.runOnContext(together -> {
            List<Future<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                calls.add(set(link));
            }
            made.complete(calls);
        });
        return await(made.future());
    }

    private static void assertFails(Future<Boolean> call, String message) {
        assertThatThrownBy(() -> await(call))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("redis")
                .hasMessageContaining(message);
    }

    /** Calls until one is answered. */
    private static void awaitSet(RedisLink link) throws Exception {
        while (true) {
            try {
                assertThat(await(set(link))).isTrue();
                return;
            } catch (IOException notYet) {
                Thread.onSpinWait();
            }
        }
    }

    /** Takes connections and says nothing. */
    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }
}
