package io.gatehouse.plugins.logging.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.support.QueueConfig;
import io.gatehouse.testkit.PluginTester;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HttpLogConfigTest {
    private static final QueueConfig STANDARD = new QueueConfig(1, 1, 10_000, null, 0.01, 60, 60, 1);

    @Test
    void hasTheDefaultsOfKong315() {
        assertThat(bound("http_endpoint: http://sink/"))
                .isEqualTo(new HttpLogConfig(
                        Secret.literal("http://sink/"),
                        "POST",
                        "application/json",
                        10_000,
                        60_000,
                        Map.of(),
                        STANDARD,
                        true,
                        null,
                        null,
                        null,
                        Map.of()));
    }

    @Test
    void mapsEveryField() {
        assertThat(bound("""
                        http_endpoint: https://u:p@sink/x
                        method: PUT
                        content_type: application/json; charset=utf-8
                        timeout: 1500.5
                        keepalive: 0
                        headers: {X-Key: k}
                        queue:
                          max_batch_size: 7
                          max_coalescing_delay: 0.5
                          max_entries: 8
                          max_bytes: 9000
                          initial_retry_delay: 0.2
                          max_retry_delay: 3
                          max_retry_time: -1
                          concurrency_limit: -1
                        ssl_verify: false
                        retry_count: 4
                        queue_size: 5
                        flush_timeout: 6.5
                        custom_fields_by_lua: {a: return nil}
                        """))
                .isEqualTo(new HttpLogConfig(
                        Secret.literal("https://u:p@sink/x"),
                        "PUT",
                        "application/json; charset=utf-8",
                        1500.5,
                        0,
                        Map.of("X-Key", Secret.literal("k")),
                        new QueueConfig(7, 0.5, 8, 9000L, 0.2, 3, -1, -1),
                        false,
                        4,
                        5,
                        6.5,
                        Map.of("a", "return nil")));
    }

    @Test
    void letsDeprecatedFieldsCountUnlessTheySayTheOldDefault() {
        assertThat(queue("queue_size: 20\nflush_timeout: 4"))
                .isEqualTo(new QueueConfig(20, 4, 10_000, null, 0.01, 60, 60, 1));
        assertThat(queue("queue_size: 1\nflush_timeout: 2\nretry_count: 3\nqueue: {max_batch_size: 7}"))
                .isEqualTo(new QueueConfig(7, 1, 10_000, null, 0.01, 60, 60, 1));
        assertThat(queue("")).isEqualTo(STANDARD);
    }

    @Test
    void refusesWhatCannotWork() {
        assertThat(problems("http_endpoint: s3cret"))
                .containsExactly("http_endpoint: not a URL (expected: http:// or https://, a host, a path)");
        assertThat(problems("{}")).singleElement().asString().contains("http_endpoint");
        assertThat(problems("http_endpoint: http://s\nclient_certificate: {id: x}"))
                .singleElement()
                .asString()
                .contains("client_certificate");
        assertThat(problems("http_endpoint: http://s\nmethod: GET\ncontent_type: text/plain"))
                .hasSize(2);
        assertThat(problems("http_endpoint: http://s\nqueue: {concurrency_limit: 0}"))
                .containsExactly("queue.concurrency_limit: expected one of: 1, -1 (got: 0)");
        assertThat(problems("http_endpoint: http://s\ncustom_fields_by_lua: {a: return os.time()}"))
                .singleElement()
                .asString()
                .contains("custom_fields_by_lua.a");
    }

    @Test
    void refusesHeadersThatAreTheGatewaysBusiness() {
        assertThat(problems("""
                        http_endpoint: http://u:s3cret@s
                        headers: {HOST: a, content-type: b, Content-Length: "1", Authorization: c, "a b": d, e: "f\\ng"}
                        """))
                .containsExactlyInAnyOrder(
                        "headers: cannot contain 'HOST' header",
                        "headers: cannot contain 'content-type' header",
                        "headers: cannot contain 'Content-Length' header",
                        "headers: specifying both an 'Authorization' header and user info in 'http_endpoint' is not"
                                + " allowed",
                        "headers: bad header name 'a b' (expected: a name that HTTP allows)",
                        "headers: the value of 'e' has a line end (expected: one line)");
        assertThat(problems("http_endpoint: http://s\nheaders: {Authorization: c}"))
                .isEmpty();
    }

    @Test
    void showsNoSecret() {
        assertThat(bound("http_endpoint: http://u:s3cret@s/s3cret\nheaders: {X-Key: s3cret}")
                        .toString())
                .doesNotContain("s3cret");
    }

    @Test
    void hasTheSchemaOfTheGoldenFile() throws IOException {
        try (PluginTester tester = PluginTester.ofYaml(new HttpLogFactory(), "http_endpoint: http://s");
                InputStream golden = Objects.requireNonNull(
                        getClass().getResourceAsStream("/http-log.schema.json"), "golden file")) {
            assertThat(tester.schema()).isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static QueueConfig queue(String yaml) {
        return ((HttpLogConfig) bound("http_endpoint: http://s\n" + yaml)).effectiveQueue();
    }

    private static List<String> problems(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new HttpLogFactory(), yaml)) {
            return tester.problems();
        }
    }

    private static Record bound(String yaml) {
        try (PluginTester tester = PluginTester.ofYaml(new HttpLogFactory(), yaml)) {
            assertThat(tester.problems()).isEmpty();
            return tester.config();
        }
    }
}
