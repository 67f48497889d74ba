package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.traffic.redis.RedisConfig;
import io.gatehouse.testkit.PluginTester;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyCacheConfigTest {
    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = PluginTester.ofYaml(new ProxyCacheFactory(), "strategy: memory")) {
            assertThat(tester.config())
                    .isEqualTo(new ProxyCacheConfig(
                            ProxyCacheConfig.Strategy.MEMORY,
                            List.of(200, 301, 404),
                            List.of("GET", "HEAD"),
                            List.of("text/plain", "application/json"),
                            300,
                            null,
                            false,
                            false,
                            List.of(),
                            List.of(),
                            new ProxyCacheConfig.ResponseHeaders(true, true, true),
                            new ProxyCacheConfig.Memory("kong_db_cache"),
                            new RedisConfig(null, 6379, 2000, null, null, 0, false, true, null)));
        }
    }

    @Test
    void mapsEveryField() {
        try (PluginTester tester = PluginTester.ofYaml(new ProxyCacheFactory(), """
                strategy: redis
                response_code: [200]
                request_method: [POST]
                content_type: ["*/json"]
                cache_ttl: 5
                storage_ttl: 6
                cache_control: true
                ignore_uri_case: true
                vary_query_params: [a]
                vary_headers: [b]
                response_headers: {age: false, X-Cache-Status: false, X-Cache-Key: false}
                memory: {dictionary_name: mine}
                redis: {host: r, port: 1, timeout: 2, username: u, password: s3cret, database: 3, ssl: true, ssl_verify: false, server_name: n}
                """)) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config())
                    .isEqualTo(new ProxyCacheConfig(
                            ProxyCacheConfig.Strategy.REDIS,
                            List.of(200),
                            List.of("POST"),
                            List.of("*/json"),
                            5,
                            6,
                            true,
                            true,
                            List.of("a"),
                            List.of("b"),
                            new ProxyCacheConfig.ResponseHeaders(false, false, false),
                            new ProxyCacheConfig.Memory("mine"),
                            new RedisConfig("r", 1, 2, "u", Secret.literal("s3cret"), 3, true, false, "n")));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|strategy",
                "{strategy: cluster}|strategy",
                "{strategy: redis}|redis.host: required field missing",
                "{strategy: redis, redis: {host: r, cloud_authentication: {auth_provider: aws}}}|redis.cloud_authentication",
                "{strategy: redis, redis: {host: r, sentinel_master: m}}|redis.sentinel_master",
                "{strategy: memory, response_code: []}|response_code",
                "{strategy: memory, response_code: [99]}|response_code[0]",
                "{strategy: memory, request_method: [OPTIONS]}|request_method[0]",
                "{strategy: memory, cache_ttl: 0}|cache_ttl",
                "{strategy: memory, content_type: [json]}|content_type[0]: not a media type: json",
            })
    void refusesWhatKongRefuses(String yaml, String problem) {
        try (PluginTester tester = PluginTester.ofYaml(new ProxyCacheFactory(), yaml)) {
            assertThat(tester.problems()).singleElement().asString().startsWith(problem);
        }
    }
}
