package io.gatehouse.plugins.logging.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HttpAnswer;
import io.gatehouse.api.HttpCall;
import io.gatehouse.api.config.Secret;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.plugins.support.QueueConfig;
import io.gatehouse.testkit.FakeHttp;
import io.gatehouse.testkit.PluginTester;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HttpLogTest {
    @Test
    void sendsEachEntryByItselfAsAnObject() {
        try (PluginTester tester = tester("http://user:pass@sink:8080/in?x=y", "headers: {X-Key: \u00fc}")) {
            tester.get("/1").send();
            tester.get("/2").send();

            List<HttpCall> calls = tester.http().calls();
            assertThat(calls).hasSize(2);
            HttpCall call = calls.get(0);
            assertThat(call.method()).isEqualTo(HttpMethod.POST);
            assertThat(call.target().toString()).isEqualTo("http://sink:8080");
            assertThat(call.uri()).isEqualTo("/in");
            assertThat(call.timeout()).isEqualTo(Duration.ofSeconds(10));
            assertThat(call.headers().get("content-type")).isEqualTo("application/json");
            assertThat(call.headers().get("x-key")).isEqualTo("\u00c3\u00bc");
            assertThat(call.headers().get("authorization")).isEqualTo("Basic dXNlcjpwYXNz");
            assertThat(uris(calls)).containsExactly("/1", "/2");
            assertThat(body(call).startsWith("{")).isTrue();
        }
    }

    @Test
    void sendsArraysWhenBatchesMayBeLargerEvenOfOneEntry() {
        try (PluginTester tester = tester("http://sink/", "queue: {max_batch_size: 3}")) {
            for (int i = 0; i < 4; i++) {
                tester.get("/" + i).send();
            }
            assertThat(tester.http().calls()).hasSize(1);
            tester.clock().advance(Duration.ofSeconds(1));

            List<HttpCall> calls = tester.http().calls();
            assertThat(calls).hasSize(2).allMatch(call -> body(call).startsWith("[{"));
            assertThat(uris(calls)).containsExactly("/0", "/1", "/2", "/3");
        }
    }

    @Test
    void sendsEntriesByThemselvesAndAtOnceWithoutALimit() {
        try (PluginTester tester = tester("http://sink/", "queue: {concurrency_limit: -1, max_batch_size: 3}")) {
            Promise<HttpAnswer> slow = Promise.promise();
            tester.http().with(call -> slow.future());
            tester.get("/1").send();
            tester.get("/2").send();

            assertThat(tester.http().calls())
                    .hasSize(2)
                    .allMatch(call -> body(call).startsWith("[{"));
            slow.complete(FakeHttp.answer(200, "").result());
        }
    }

    @Test
    void sendsAgainAfterAnyAnswerThatIsNoSuccess() {
        try (PluginTester tester = tester("http://sink/", "")) {
            for (int status : new int[] {300, 302, 400, 404, 500, 503}) {
                tester.http().answers(status);
                tester.get("/" + status).send();
                int before = tester.http().calls().size();
                tester.http().answers(204);
                tester.clock().advance(Duration.ofMillis(10));

                assertThat(tester.http().calls()).hasSize(before + 1);
            }
            assertThat(dropped(tester)).isZero();
            assertThat(tester.log().text()).contains("http://sink answered 300 (expected: below 300)");
        }
    }

    @Test
    void dropsAndCountsAfterTheRetryTime() {
        try (PluginTester tester = tester("http://sink/", "queue: {max_retry_time: 5, max_retry_delay: 1}")) {
            tester.http().fails(FailureKind.CONNECT);
            tester.get("/1").send();
            tester.clock().advance(Duration.ofSeconds(10));

            assertThat(tester.counter("gatehouse_log_entries_dropped_total", "http-log", "retry_time"))
                    .isEqualTo(1);
            assertThat(tester.http().calls()).hasSizeBetween(8, 14);
        }
    }

    @Test
    void dropsAndCountsTheOldestWhenTheSinkIsTooSlow() {
        try (PluginTester tester = tester("http://sink/", "queue: {max_entries: 3}")) {
            Promise<HttpAnswer> slow = Promise.promise();
            tester.http().with(call -> slow.future());
            for (int i = 0; i < 5; i++) {
                tester.get("/" + i).send();
            }
            tester.http().answers(200);
            slow.complete(FakeHttp.answer(200, "").result());

            assertThat(uris(tester.http().calls())).containsExactly("/0", "/3", "/4");
            assertThat(tester.counter("gatehouse_log_entries_dropped_total", "http-log", "queue_full"))
                    .isEqualTo(2);
        }
    }

    @Test
    void dropsAnEntryThatIsLargerThanTheQueue() {
        try (PluginTester tester = tester("http://sink/", "queue: {max_bytes: 100}")) {
            tester.get("/1").send();

            assertThat(tester.counter("gatehouse_log_entries_dropped_total", "http-log", "too_large"))
                    .isEqualTo(1);
            assertThat(tester.http().calls()).isEmpty();
        }
    }

    @Test
    void sendsWhatIsQueuedWhenItIsClosed() {
        FakeHttp sink;
        try (PluginTester tester = tester("http://sink/", "queue: {max_batch_size: 10}")) {
            sink = tester.http();
            tester.get("/1").send();
            tester.get("/2").send();
            assertThat(sink.calls()).isEmpty();
        }

        assertThat(uris(sink.calls())).containsExactly("/1", "/2");
    }

    @Test
    void usesSecretsAsTheyAreNowAndWaitsForOneThatIsMissing() {
        String[] url = {""};
        String[] key = {"k1"};
        HttpLogConfig config = new HttpLogConfig(
                Secret.reference("{vault://v/sink}", () -> url[0]),
                "POST",
                "application/json",
                10_000,
                60_000,
                Map.of("X-Key", Secret.reference("{vault://v/key}", () -> key[0])),
                new QueueConfig(1, 1, 10_000, null, 0.01, 60, 60, 1),
                true,
                null,
                null,
                null,
                Map.of());
        try (PluginTester tester = PluginTester.of(new HttpLogFactory(), config)) {
            tester.get("/1").send();
            assertThat(tester.http().calls()).isEmpty();
            url[0] = "http://u:one@a/";
            tester.clock().advance(Duration.ofSeconds(1));
            url[0] = "http://u:two@b/";
            key[0] = "k2";
            tester.get("/2").send();

            assertThat(tester.http().calls())
                    .extracting(call -> call.target() + " " + call.headers().get("x-key"))
                    .containsExactly("http://a k1", "http://b k2");
        }
    }

    @Test
    void showsNoSecretInTheErrorLog() {
        try (PluginTester tester = tester(
                "http://user:s3cret@sink/s3cret-path?s3cret=1",
                "headers: {X-Token: s3cret}\nqueue: {max_retry_time: -1}")) {
            for (FailureKind kind : List.of(FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.TLS)) {
                tester.http().fails(kind);
                tester.get("/").send();
            }
            tester.http().answers(500);
            tester.get("/").send();

            assertThat(tester.log().text()).contains("cannot be delivered").doesNotContain("s3cret");
        }
    }

    @Test
    void standsWhereKongsDoes() {
        assertThat(new HttpLogFactory().name()).isEqualTo("http-log");
        assertThat(new HttpLogFactory().priority()).isEqualTo(12);
    }

    private static PluginTester tester(String endpoint, String more) {
        return PluginTester.ofYaml(new HttpLogFactory(), "http_endpoint: " + endpoint + '\n' + more);
    }

    private static double dropped(PluginTester tester) {
        double sum = 0;
        for (String reason : List.of("queue_full", "too_large", "retry_time", "closed", "not_serializable")) {
            sum += tester.counter("gatehouse_log_entries_dropped_total", "http-log", reason);
        }
        return sum;
    }

    private static List<String> uris(List<HttpCall> calls) {
        List<String> uris = new ArrayList<>();
        for (HttpCall call : calls) {
            JsonBytes json = JsonBytes.scan(Buffer.buffer(body(call)));
            if (json.exists("/request")) {
                uris.add(json.text("/request/uri"));
            } else {
                json.elements("").forEach(entry -> uris.add(entry.text("/request/uri")));
            }
        }
        return uris;
    }

    private static String body(HttpCall call) {
        return Objects.requireNonNull(call.body()).toString();
    }
}
