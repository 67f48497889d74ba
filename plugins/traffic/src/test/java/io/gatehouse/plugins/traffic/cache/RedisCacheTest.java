package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.RedisOptions;
import io.gatehouse.api.config.Secret;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All that holds with answers in memory, with answers in Redis; and what is different there. */
class RedisCacheTest extends ProxyCacheTest {
    @Override
    String strategy() {
        return "strategy: redis, redis: {host: cache.test, port: 7, database: 2, timeout: 300, username: u, password: s}";
    }

    @Test
    void keepsAnswersInTheRedisThatIsNamedForAsLongAsTold() {
        try (PluginTester tester = tester("{storage_ttl: 10}")) {
            counting(tester, "text/plain");
            String key = tester.get("/").send().header("X-Cache-Key");

            assertThat(tester.store().redis())
                    .isEqualTo(RedisOptions.at("cache.test", 7)
                            .database(2)
                            .timeout(Duration.ofMillis(300))
                            .login("u", Secret.literal("s"))
                            .build());
            assertThat(tester.store().keys()).containsExactly(key);
            tester.clock().advance(Duration.ofSeconds(10));
            assertThat(tester.store().keys()).isEmpty();
        }
    }

    @Test
    void passesByWhileRedisCannotBeReached() {
        try (PluginTester tester = tester("cache_control: true")) {
            tester.upstream(answers(200, "text/plain", "x", "Cache-Control", "max-age=5"));
            tester.get("/").send();
            tester.store().fail("no route to host");
            int calls = tester.store().calls();
            for (int i = 0; i < 2; i++) {
                TestExchange passed = tester.get("/").send();
                assertThat(passed.text()).isEqualTo("x");
                assertThat(passed.header(STATUS)).isEqualTo("Bypass");
                assertThat(passed.header("X-Cache-Key")).hasSize(64);
                assertThat(passed.upstreamRequests()).hasSize(1);
            }
            assertThat(tester.store().calls()).as("nothing is put").isEqualTo(calls + 2);
            TestExchange only =
                    tester.get("/").header("Cache-Control", "only-if-cached").send();
            assertThat(only.status()).isEqualTo(504);
            assertThat(only.upstreamRequests()).isEmpty();

            tester.store().fail(null);
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Hit");
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, /k", "DELETE, /k", "DELETE, /"})
    void saysOverTheAdminApiThatRedisCannotBeReached(String method, String path) {
        try (PluginTester tester = tester("")) {
            tester.create();
            tester.store().fail("no route to host");
            assertThat(tester.admin(HttpMethod.valueOf(method), path).cause()).hasMessage("no route to host");
        }
    }

    @Test
    void letsAllAskWhenAnAnswerCouldNotBePut() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                exchanges.add(tester.get("/").send());
            }
            tester.store().fail("OOM");
            upstream.calls()
                    .get(0)
                    .respond(200, "Content-Type", "text/plain")
                    .write("x")
                    .end();
            assertThat(exchanges.get(0).text()).isEqualTo("x");
            assertThat(upstream.calls()).hasSize(3);
            for (ManualUpstream.Call call : upstream.calls().subList(1, 3)) {
                call.respond(200, "Content-Type", "text/plain").write("y").end();
            }
            assertThat(exchanges.get(2).text()).isEqualTo("y");
        }
    }

    @Test
    void letsOthersWaitUntilTheAnswerIsPut() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange first = tester.get("/").send();
            TestExchange second = tester.get("/").send();
            tester.store().hold();
            upstream.call()
                    .respond(200, "Content-Type", "text/plain")
                    .write("x")
                    .end();
            assertThat(first.isEnded()).as("its answer does not wait").isTrue();
            assertThat(second.isAnswered()).isFalse();

            tester.store().release();
            assertThat(second.header(STATUS)).isEqualTo("Hit");
            assertThat(upstream.calls()).hasSize(1);
        }
    }

    @Test
    void letsOthersWaitUntilTheFirstOfVariantsIsPut() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange first = tester.get("/").send();
            tester.store().hold();
            upstream.call()
                    .respond(200, "Content-Type", "text/plain", "Vary", "Accept")
                    .write("x")
                    .end();
            tester.store().releaseOne();
            assertThat(tester.store().keys())
                    .as("the answer, which nobody finds yet")
                    .hasSize(1);
            assertThat(tester.store().keys()).doesNotContain(first.header("X-Cache-Key"));

            TestExchange second = tester.get("/").send();
            tester.store().release();
            assertThat(second.header(STATUS)).isEqualTo("Hit");
            assertThat(upstream.calls()).hasSize(1);
        }
    }

    @Test
    void asksNobodyForAClientThatLeftWhileRedisWasAsked() {
        try (PluginTester tester = tester("")) {
            counting(tester, "text/plain");
            tester.store().hold();
            TestExchange left = tester.get("/").send();
            assertThat(left.isAnswered()).isFalse();
            left.clientLeaves();
            tester.store().release();
            assertThat(asked).isZero();
        }
    }

    @Test
    void waitsForTheSecondAnswerOfRedisOnlyWhatIsLeftOfTheTimeOut() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "x", "Vary", "Accept"));
            tester.get("/").send();
            tester.store().hold();
            TestExchange slow = tester.get("/").send();
            tester.clock().advance(Duration.ofMillis(200));
            tester.store().releaseOne();
            tester.clock().advance(Duration.ofMillis(99));
            assertThat(slow.isAnswered()).isFalse();
            tester.clock().advance(Duration.ofMillis(1));
            assertThat(slow.header(STATUS)).isEqualTo("Bypass");
            tester.store().release();
            assertThat(slow.upstreamRequests()).hasSize(1);
        }
    }

    @Test
    void leavesNoTimerWhenTheSecondAnswerOfRedisIsThere() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "x", "Vary", "Accept"));
            tester.get("/").send();
            tester.store().hold();
            TestExchange hit = tester.get("/").send();
            int before = tester.clock().timers();
            tester.store().releaseOne();
            assertThat(tester.clock().timers()).isEqualTo(before + 1);
            tester.store().release();
            assertThat(hit.header(STATUS)).isEqualTo("Hit");
            assertThat(tester.clock().timers()).isLessThanOrEqualTo(before);
        }
    }

    @Test
    void takesWhatItCannotReadForNothing() {
        try (PluginTester tester = tester("")) {
            counting(tester, "text/plain");
            String key = Objects.requireNonNull(tester.get("/").send().header("X-Cache-Key"));
            tester.store().set(key, Buffer.buffer("garbage"), Duration.ofHours(1));
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
            assertThat(tester.get("/").send().text()).isEqualTo("answer 2");
        }
    }

    @Test
    void putsNothingThatAnotherNodeMayHaveMeantToForget() {
        try (PluginTester tester = tester("")) {
            tester.upstream(request -> {
                tester.store().deleteAll("");
                return answers(200, "text/plain", "old").proceed(request);
            });
            tester.get("/").send();
            assertThat(tester.store().keys()).isEmpty();
        }
    }

    @Test
    void neverFindsAVariantAgainThatWasForgottenThoughItIsStillThere() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "old", "Vary", "Accept"));
            String key = tester.get("/").header("Accept", "a").send().header("X-Cache-Key");
            tester.get("/").header("Accept", "b").send();
            assertThat(tester.store().keys()).hasSize(3);
            assertThat(status(tester, HttpMethod.DELETE, "/" + key)).isEqualTo(204);
            tester.upstream(answers(200, "text/plain", "new", "Vary", "Accept"));
            tester.get("/").header("Accept", "b").send();

            TestExchange asked = tester.get("/").header("Accept", "a").send();
            assertThat(asked.header(STATUS)).isEqualTo("Miss");
            assertThat(asked.text()).isEqualTo("new");
            assertThat(status(tester, HttpMethod.DELETE, "/")).isEqualTo(204);
            assertThat(tester.store().keys()).isEmpty();
        }
    }

    @Test
    void putsNothingThatIsTooLargeOrHalf() {
        try (PluginTester tester = tester("")) {
            tester.upstream(Upstream.streams("x".repeat((int) ProxyCache.MAX_ANSWER), "y")
                    .header("Content-Type", "text/plain"));
            tester.get("/large").send();
            tester.upstream(Upstream.streams("ha", "lf")
                    .header("Content-Type", "text/plain")
                    .thenDies(FailureKind.RESET));
            tester.get("/half").send();
            assertThat(tester.store().keys()).isEmpty();
        }
    }

    @Test
    void passesByWhenTooMuchIsOnItsWayToClientsThatDoNotRead() {
        try (PluginTester tester = tester("")) {
            String large = "x".repeat((int) ProxyCache.MAX_ANSWER);
            tester.upstream(answers(200, "text/plain", large));
            tester.get("/").send();
            List<TestExchange> waiting = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                waiting.add(tester.get("/").pausedClient().send());
            }
            assertThat(waiting.stream().map(one -> one.header(STATUS)))
                    .containsOnly("Hit", "Bypass")
                    .filteredOn("Bypass"::equals)
                    .hasSize(1);
            waiting.forEach(TestExchange::clientLeaves);
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Hit");
        }
    }
}
