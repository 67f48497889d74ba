package io.gatehouse.core.service;

import static io.gatehouse.core.service.RealRedis.at;
import static io.gatehouse.core.service.RealRedis.freePort;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.Store;
import io.gatehouse.api.config.Secret;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RedisStoreIT extends AgainstRedis {
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    void givesEveryNodeWhatOneHasPutUntilItsTimeIsOver() throws Exception {
        int port = redis.start();
        Store one = store(port);
        Store other = store(port);
        byte[] bytes = new byte[5 << 20];
        new Random(1).nextBytes(bytes);
        Buffer value = Buffer.buffer(bytes);

        Store.Found before = await(one.get("k"));
        assertThat(before.value()).isNull();
        assertThat(await(one.put("k", value, LONG, before))).isTrue();
        assertThat(await(other.get("k")).value()).isEqualTo(value);
        assertThat(await(other.put("k", Buffer.buffer(), Duration.ofMillis(1), before)))
                .isTrue();
        while (await(one.get("k")).value() != null) {
            Thread.onSpinWait();
        }
    }

    @Test
    void keepsApartWhatPluginsCallTheSame() throws Exception {
        RedisOptions options = at(redis.start()).build();
        Store one = new RedisStore(link(options), "one");
        Store other = new RedisStore(link(options), "other");
        put(one, "k");
        assertThat(await(other.get("k")).value()).isNull();
        assertThat(await(other.deleteAll(""))).isZero();
        assertThat(await(one.get("k")).value()).isNotNull();
    }

    @Test
    void putsNothingThatWasBegunBeforeAnyNodeDeletedSomething() throws Exception {
        int port = redis.start();
        Store one = store(port);
        Store other = store(port);
        for (int i = 0; i < 3; i++) {
            Store.Found before = await(one.get("a"));
            if (i == 0) {
                assertThat(await(other.delete("b"))).isFalse();
            } else {
                assertThat(await(other.deleteAll("b"))).isZero();
            }
            assertThat(await(one.put("a", Buffer.buffer("old"), LONG, before))).isFalse();
            assertThat(await(other.get("a")).value()).isNull();
        }
        put(one, "a");
        assertThat(await(other.get("a")).value()).isNotNull();
    }

    @Test
    void deletesOneAndAllThatBeginSo() throws Exception {
        Store store = store(redis.start());
        for (String key : List.of("a", "a:1", "a*", "a*1", "a?[b]\\", "b")) {
            put(store, key);
        }
        for (int i = 0; i < 2500; i++) {
            put(store, "many" + i);
        }
        assertThat(await(store.delete("a"))).isTrue();
        assertThat(await(store.delete("a"))).isFalse();
        assertThat(await(store.get("a:1")).value()).isNotNull();
        assertThat(await(store.deleteAll("a*"))).isEqualTo(2);
        assertThat(await(store.deleteAll("a?[b]\\"))).isEqualTo(1);
        assertThat(await(store.deleteAll("none"))).isZero();
        assertThat(await(store.deleteAll("many"))).isEqualTo(2500);
        assertThat(await(store.deleteAll(""))).isEqualTo(2);
        assertThat(await(store.get("b")).value()).isNull();
    }

    @Test
    void refusesWhatIsTooLargeOrForNoTime() throws Exception {
        Store store = store(freePort());
        Store.Found any = () -> null;
        assertThatThrownBy(() -> store.put("k", Buffer.buffer(new byte[Store.MAX_VALUE + 1]), LONG, any))
                .hasMessageContaining("16777217 bytes");
        assertThatThrownBy(() -> store.put("k", Buffer.buffer("x"), Duration.ofNanos(1), any))
                .hasMessageContaining("at least 1 ms");
    }

    @Test
    void needsNoMoreRightsThanForItsOwnKeys() throws Exception {
        int port = redis.start("--user", "cache", "on", ">s3cret", "~gatehouse:*", "+@all");
        Store store = new RedisStore(
                link(at(port).login("cache", Secret.literal("s3cret")).build()), "test");
        put(store, "k");
        assertThat(await(store.deleteAll(""))).isEqualTo(1);
    }

    private static void put(Store store, String key) throws Exception {
        assertThat(await(store.put(key, Buffer.buffer("v"), LONG, await(store.get(key)))))
                .isTrue();
    }

    private Store store(int port) {
        return new RedisStore(link(at(port).build()), "test");
    }
}
