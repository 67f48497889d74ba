package io.gatehouse.core.service;

import static io.gatehouse.core.service.RealRedis.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Counters;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.vertx.core.Future;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisCountersIT extends AgainstRedis {
    private static final long HOUR = 3_600_000;
    /** One and the same for all calls, also when midnight passes. */
    private static final long TODAY = System.currentTimeMillis() / (24 * HOUR) * 24 * HOUR;

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
    void goesOnWithItsCountsWhenAClockIsSetBackButNotForLongerThanAWindow() throws Exception {
        RedisOptions options = at(redis.start()).build();
        long minute = 60_000;
        long brief = 4000;
        long now = System.currentTimeMillis() / minute * minute;
        Counters counters = counters(options, Clock.fixed(Instant.ofEpochMilli(now), ZoneOffset.UTC));
        Counters ahead = counters(options, Clock.fixed(Instant.ofEpochMilli(now + 2 * HOUR), ZoneOffset.UTC));
        assertThat(await(counters.take("a", 4, window(now, minute))).before(0)).isZero();
        assertThat(await(ahead.take("a", 5, window(now + 2 * HOUR, minute))).before(0))
                .isZero();
        assertThat(await(counters.take("a", 1, window(now, minute))).before(0)).isEqualTo(5);

        assertThat(await(ahead.take("b", 5, window(now + 2 * HOUR, brief))).before(0))
                .isZero();
        assertThat(await(counters.take("b", 1, window(now, brief))).granted()).isFalse();
        while (!await(counters.take("b", 1, window(now, brief))).granted()) {
            Thread.onSpinWait(); // Redis forgets it a few seconds after it was made, not in two hours
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

    private static List<Counters.Window> window(long start, long length) {
        return List.of(Counters.Window.of(start, start + length, 5));
    }

    private Counters counters(RedisOptions options) {
        return counters(options, Clock.systemUTC());
    }

    private Counters counters(RedisOptions options, Clock clock) {
        return new RedisCounters(link(options), "test", clock);
    }

    private static List<Counters.Window> windows(long limit) {
        return List.of(Counters.Window.of(TODAY, TODAY + 48 * HOUR, limit));
    }
}
