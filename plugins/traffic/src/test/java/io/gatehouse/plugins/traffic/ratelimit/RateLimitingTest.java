package io.gatehouse.plugins.traffic.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.traffic.redis.RedisConfig;
import io.gatehouse.testkit.FakeService;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimitingTest {
    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("minute: 6")) {
            assertThat(tester.config())
                    .isEqualTo(new RateLimitingConfig(
                            null,
                            6L,
                            null,
                            null,
                            null,
                            null,
                            RateLimitingConfig.LimitBy.CONSUMER,
                            null,
                            null,
                            RateLimitingConfig.Policy.LOCAL,
                            new RedisConfig(null, 6379, 2000, null, null, 0, false, true, null),
                            true,
                            false,
                            429,
                            "API rate limit exceeded",
                            -1));
        }
    }

    @Test
    void mapsEveryField() {
        try (PluginTester tester = tester("""
            {second: 1, minute: 2, hour: 3, day: 4, month: 5, year: 6, limit_by: header, header_name: X-Client, path: /a/b,
             policy: redis, redis: {host: r, port: 1, timeout: 2, username: u, password: s3cret, database: 3,
                 ssl: true, ssl_verify: false, server_name: n}, fault_tolerant: false, hide_client_headers: true, error_code: 503, error_message: slower,
             sync_rate: -1}\
            """)) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config())
                    .isEqualTo(new RateLimitingConfig(
                            1L,
                            2L,
                            3L,
                            4L,
                            5L,
                            6L,
                            RateLimitingConfig.LimitBy.HEADER,
                            "X-Client",
                            "/a/b",
                            RateLimitingConfig.Policy.REDIS,
                            new RedisConfig("r", 1, 2, "u", Secret.literal("s3cret"), 3, true, false, "n"),
                            false,
                            true,
                            503,
                            "slower",
                            -1));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|must be non-empty: 'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'",
                "{minute: 10, hour: 5}|hour: The limit for hour(5.0) cannot be lower than the limit for minute(10.0)",
                "{second: 10, year: 9}|year: The limit for year(9.0) cannot be lower than the limit for second(10.0)",
                "{minute: 0}|minute",
                "{minute: -1}|minute",
                "{minute: 1.5}|minute",
                "{minute: 1, limit_by: header}|header_name: required field missing",
                "{minute: 1, limit_by: path}|path: required field missing",
                "{minute: 1, limit_by: path, path: a}|path: expected: starts with /",
                "{minute: 1, limit_by: path, path: /a//b}|path: expected: starts with /",
                "{minute: 1, sync_rate: 5}|sync_rate: sync_rate can only be used with the redis policy",
                "{minute: 1, policy: redis}|redis.host: required field missing",
                "{minute: 1, policy: redis, redis: {host: a}, sync_rate: 5}|sync_rate: 5.0 is not built",
                "{minute: 1, redis: {cloud_authentication: {auth_provider: aws}}}|cloud_authentication",
                "{minute: 1, policy: cluster}|cluster",
                "{minute: 1, redis_port: 0}|redis_port: value should be between 1 and 65535",
                "{minute: 1, redis_nodes: 1}|redis_nodes: unknown field",
                "{minute: 1, error_code: 99}|error_code",
            })
    void refusesWhatKongRefusesAndWhatIsNotBuilt(String yaml, String problem) {
        try (PluginTester tester = tester(yaml)) {
            assertThat(tester.problems()).singleElement().asString().contains(problem);
        }
    }

    @Test
    void takesTheOldNamesOfTheRedisFields() {
        try (PluginTester tester = tester("""
            {minute: 1, redis_host: r, redis_port: 1, redis_timeout: 2, redis_username: u, redis_password: s3cret,
             redis_database: 3, redis_ssl: true, redis_ssl_verify: false, redis_server_name: n}""")) {
            assertThat(tester.problems()).isEmpty();
            assertThat(((RateLimitingConfig) tester.config()).redis())
                    .isEqualTo(new RedisConfig("r", 1, 2, "u", Secret.literal("s3cret"), 3, true, false, "n"));
        }
        try (PluginTester tester = tester("{minute: 1, redis_host: same, redis_port: 7, redis: {host: same}}")) {
            assertThat(((RateLimitingConfig) tester.config()).redis())
                    .isEqualTo(new RedisConfig("same", 7, 2000, null, null, 0, false, true, null));
        }
        try (PluginTester tester = tester("{minute: 1, redis_host: old, redis: {host: new}}")) {
            assertThat(tester.problems())
                    .singleElement()
                    .asString()
                    .contains("their values mismatch: redis_host = old vs redis.host = new");
        }
    }

    @Test
    void takesTheDefaultsOfWhatIsNotBuilt() {
        try (PluginTester tester =
                tester("{minute: 1, redis: {cloud_authentication: {auth_provider: null, aws_is_serverless: true}}}")) {
            assertThat(tester.problems()).isEmpty();
        }
    }

    @Test
    void letsExactlySoManyPassAndTellsHowManyAreLeft() {
        try (PluginTester tester = tester("minute: 6")) {
            tester.clock().advance(Duration.ofSeconds(13));
            for (int i = 5; i >= 0; i--) {
                TestExchange exchange = tester.get("/").send();
                assertThat(exchange.status()).isEqualTo(200);
                told(exchange, "X-RateLimit-Limit-Minute", 6, "X-RateLimit-Remaining-Minute", i);
                told(exchange, "RateLimit-Limit", 6, "RateLimit-Remaining", i);
                told(exchange, "RateLimit-Reset", 47);
                assertThat(exchange.header("Retry-After")).isNull();
            }
            for (int i = 0; i < 3; i++) {
                TestExchange refused = tester.get("/").send();
                assertThat(refused.status()).isEqualTo(429);
                assertThat(refused.message()).isEqualTo("API rate limit exceeded");
                told(refused, "X-RateLimit-Limit-Minute", 6, "X-RateLimit-Remaining-Minute", 0);
                told(refused, "RateLimit-Reset", 47, "Retry-After", 47);
                assertThat(refused.upstreamRequests()).isEmpty();
            }
            tester.clock().advance(Duration.ofSeconds(47));
            told(tester.get("/").send(), "X-RateLimit-Remaining-Minute", 5, "RateLimit-Reset", 60);
        }
    }

    @Test
    void limitsAllWindowsAndNamesTheTightest() {
        try (PluginTester tester = tester("{minute: 3, hour: 5}")) {
            told(
                    tester.get("/").send(),
                    "X-RateLimit-Remaining-Minute",
                    2,
                    "X-RateLimit-Remaining-Hour",
                    4,
                    "RateLimit-Limit",
                    3,
                    "RateLimit-Remaining",
                    2);
            tester.get("/").send();
            tester.get("/").send();
            TestExchange byMinute = tester.get("/").send();
            assertThat(byMinute.status()).isEqualTo(429);
            // Kong counts only the window that stops the request down
            told(byMinute, "X-RateLimit-Remaining-Minute", 0, "X-RateLimit-Remaining-Hour", 2, "Retry-After", 60);

            tester.clock().advance(Duration.ofMinutes(1));
            told(tester.get("/").send(), "RateLimit-Limit", 5, "RateLimit-Remaining", 1);
            tester.get("/").send();
            TestExchange byHour = tester.get("/").send();
            assertThat(byHour.status()).isEqualTo(429);
            told(byHour, "X-RateLimit-Remaining-Minute", 1, "X-RateLimit-Remaining-Hour", 0, "Retry-After", 3540);
        }
    }

    @Test
    void namesTheLongerOfTwoThatAreEquallyTight() {
        try (PluginTester tester = tester("{second: 4, day: 4}")) {
            told(tester.get("/").send(), "RateLimit-Remaining", 3, "RateLimit-Reset", 86_400);
        }
    }

    @Test
    void followsTheCalendar() {
        try (PluginTester tester = tester("{month: 2, year: 3}")) {
            tester.get("/").send();
            tester.get("/").send();
            TestExchange refused = tester.get("/").send();
            assertThat(refused.status()).isEqualTo(429);
            told(refused, "Retry-After", 2_592_000);

            tester.clock().advance(Duration.ofDays(31)); // 1 February 2026
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            assertThat(tester.get("/").send().status()).isEqualTo(429);
            tester.clock().advance(Duration.ofDays(334)); // 1 January 2027
            assertThat(tester.get("/").send().status()).isEqualTo(200);
        }
    }

    @Test
    void neitherFreesNorBlocksAnybodyWhenTheClockJumps() {
        try (PluginTester tester = tester("minute: 1")) {
            tester.get("/").send();
            tester.clock().jump(Duration.ofHours(-1));
            assertThat(tester.get("/").send().status()).isEqualTo(429);
            tester.clock().advance(Duration.ofMinutes(1));
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            tester.clock().jump(Duration.ofDays(1000));
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            tester.clock().jump(Duration.ofDays(-1000));
            assertThat(tester.get("/").send().status()).isEqualTo(429);
            tester.clock().advance(Duration.ofMinutes(1));
            assertThat(tester.get("/").send().status()).isEqualTo(200);
        }
    }

    @Test
    void tellsTheClientNothingWhenToldTo() {
        try (PluginTester tester =
                tester("{minute: 1, hide_client_headers: true, error_code: 503, error_message: slower}")) {
            assertThat(tester.get("/").send().headers().names()).noneMatch(name -> name.contains("RateLimit"));
            TestExchange refused = tester.get("/").send();

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.message()).isEqualTo("slower");
            assertThat(refused.headers().names())
                    .noneMatch(name -> name.contains("RateLimit") || name.equals("Retry-After"));
        }
    }

    private static final Consumer ALICE = new Consumer("id-a", "alice", null, List.of());
    private static final Consumer BOB = new Consumer("id-b", "bob", null, List.of());

    private record Clients(Function<TestRequest, TestRequest> one, Function<TestRequest, TestRequest> other) {}

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "consumer|CONSUMERS",
                "consumer|CREDENTIALS_OF_TWO",
                "consumer|ADDRESSES",
                "credential|CREDENTIALS_OF_ONE",
                "credential|ADDRESSES",
                "ip|ADDRESSES",
                "service|SERVICES",
                "header, header_name: X-Client|HEADERS",
                "header, header_name: X_Client|HEADERS",
                "header, header_name: X-Client|LONG_HEADERS",
                "header, header_name: X-Client|ADDRESSES",
            })
    void countsEachClientByItself(String limitBy, String kind) {
        try (PluginTester tester = tester("{minute: 2, limit_by: " + limitBy + "}")) {
            Clients clients = clients(kind);
            for (int i = 0; i < 2; i++) {
                assertThat(clients.one.apply(tester.get("/")).send().status()).isEqualTo(200);
                assertThat(clients.other.apply(tester.get("/")).send().status()).isEqualTo(200);
            }
            assertThat(clients.one.apply(tester.get("/")).send().status()).isEqualTo(429);
            assertThat(clients.other.apply(tester.get("/")).send().status()).isEqualTo(429);
        }
    }

    private static Clients clients(String kind) {
        return switch (kind) {
            case "CONSUMERS" -> new Clients(r -> r.consumer(ALICE), r -> r.consumer(BOB));
            case "CREDENTIALS_OF_TWO" ->
                new Clients(r -> r.credential(key("1", ALICE)), r -> r.credential(key("2", BOB)));
            case "CREDENTIALS_OF_ONE" ->
                new Clients(r -> r.credential(key("1", ALICE)), r -> r.credential(key("2", ALICE)));
            case "SERVICES" ->
                new Clients(r -> r.service(FakeService.named("a")), r -> r.service(FakeService.named("b")));
            case "HEADERS" -> new Clients(r -> r.header("X-Client", "1"), r -> r.header("x-client", "2"));
            case "LONG_HEADERS" ->
                new Clients(
                        r -> r.header("X-Client", "x".repeat(5000)), r -> r.header("X-Client", "x".repeat(5000) + "y"));
            default -> new Clients(r -> r.clientAddress("192.0.2.1"), r -> r.clientAddress("192.0.2.2"));
        };
    }

    private static Credential key(String id, Consumer consumer) {
        return new Credential(id, "keyauth_credentials", consumer, Map.of());
    }

    @Test
    void countsOneConsumerByWhateverKeyAndAddress() {
        try (PluginTester tester = tester("minute: 1")) {
            assertThat(tester.get("/")
                            .credential(key("1", ALICE))
                            .clientAddress("192.0.2.1")
                            .send()
                            .status())
                    .isEqualTo(200);
            assertThat(tester.get("/")
                            .credential(key("2", ALICE))
                            .clientAddress("192.0.2.2")
                            .send()
                            .status())
                    .isEqualTo(429);
        }
    }

    @Test
    void countsAllConsumersOfAGroupAsOneAndOthersByAddress() {
        try (PluginTester tester = tester("{minute: 2, limit_by: consumer-group}")) {
            for (Consumer consumer : List.of(ALICE, BOB)) {
                tester.directory().addToGroup(consumer, "silver");
                tester.directory().addToGroup(consumer, "gold-" + consumer.displayName());
                tester.directory().addToGroup(consumer, "a-team");
            }
            assertThat(tester.get("/").consumer(ALICE).send().status()).isEqualTo(200);
            assertThat(tester.get("/").consumer(BOB).send().status()).isEqualTo(200);
            assertThat(tester.get("/").consumer(BOB).send().status()).isEqualTo(429);
            assertThat(tester.get("/").send().status()).isEqualTo(200);
        }
    }

    @Test
    void countsAPathAsOneAndAllElseByAddress() {
        try (PluginTester tester = tester("{minute: 1, limit_by: path, path: /heavy}")) {
            assertThat(tester.get("/heavy?a").clientAddress("192.0.2.1").send().status())
                    .isEqualTo(200);
            assertThat(tester.get("/heavy?b").clientAddress("192.0.2.2").send().status())
                    .isEqualTo(429);
            assertThat(tester.get("/heavy/x").clientAddress("192.0.2.2").send().status())
                    .isEqualTo(200);
            assertThat(tester.get("/light").clientAddress("192.0.2.2").send().status())
                    .isEqualTo(429);
        }
    }

    @Test
    void countsInRedisWhenToldTo() {
        try (PluginTester tester =
                tester("{minute: 1, policy: redis, redis: {host: cache, database: 2, timeout: 50}}")) {
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            assertThat(tester.get("/").send().status()).isEqualTo(429);
            assertThat(tester.counters().redis()).hasToString("redis://cache:6379/2");
        }
    }

    @ParameterizedTest
    @CsvSource({"true, 200", "false, 500"})
    void decidesAsToldWhileRedisCannotBeReached(boolean tolerant, int status) {
        try (PluginTester tester =
                tester("{minute: 1, policy: redis, redis: {host: cache}, fault_tolerant: " + tolerant + "}")) {
            tester.counters().failShared("no route to host");
            for (int i = 0; i < 3; i++) {
                TestExchange exchange = tester.get("/").send();
                assertThat(exchange.status()).isEqualTo(status);
                assertThat(exchange.headers().names()).noneMatch(name -> name.contains("RateLimit"));
            }
            tester.counters().failShared(null);
            assertThat(tester.get("/").send().status()).isEqualTo(200);
            assertThat(tester.get("/").send().status()).isEqualTo(429);
        }
    }

    private static void told(TestExchange exchange, Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            assertThat(exchange.header((String) namesAndValues[i]))
                    .as((String) namesAndValues[i])
                    .isEqualTo(namesAndValues[i + 1].toString());
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new RateLimitingFactory(), yaml);
    }
}
