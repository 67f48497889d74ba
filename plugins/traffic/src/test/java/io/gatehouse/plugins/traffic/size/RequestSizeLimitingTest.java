package io.gatehouse.plugins.traffic.size;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.body.BodyException;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestSizeLimitingTest {
    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("")) {
            assertThat(tester.config())
                    .isEqualTo(new RequestSizeLimitingConfig(128, RequestSizeLimitingConfig.Unit.MEGABYTES, false));
            assertThat(((RequestSizeLimitingConfig) tester.config()).maxBytes()).isEqualTo(134_217_728);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{allowed_payload_size: 2, size_unit: bytes}|2",
                "{allowed_payload_size: 2, size_unit: kilobytes}|2048",
                "{allowed_payload_size: 1}|1048576",
                "{allowed_payload_size: 0}|0",
            })
    void letsExactlyTheLimitPass(String yaml, int limit) {
        try (PluginTester tester = tester(yaml)) {
            tester.upstream(RequestSizeLimitingTest::readAndEcho);
            for (String expect : new String[] {null, "100-continue", " 100-Continue "}) {
                String fits = "x".repeat(limit);
                int refused = expect == null ? 413 : 417;

                assertThat(post(tester, expect).body(fits).send().text()).isEqualTo(fits);
                assertThat(post(tester, expect).bodyInPieces(fits, "").send().text())
                        .isEqualTo(fits);
                for (TestRequest request : new TestRequest[] {
                    post(tester, expect).body(fits + "x"), post(tester, expect).bodyInPieces(fits, "x")
                }) {
                    TestExchange exchange = request.send();
                    assertThat(exchange.status()).isEqualTo(refused);
                    assertThat(exchange.message()).isEqualTo("Request size limit exceeded");
                    assertThat(exchange.upstreamRequests()).noneMatch(sent -> sent.isWhole());
                }
            }
        }
    }

    @Test
    void asksForALengthWhenToldTo() {
        try (PluginTester tester =
                tester("{require_content_length: true, allowed_payload_size: 1, size_unit: bytes}")) {
            TestExchange without = post(tester, null).body("x").send();
            assertThat(without.status()).isEqualTo(411);
            assertThat(without.message()).isEqualTo("A valid Content-Length header is required");

            assertThat(post(tester, null)
                            .header("Content-Length", "1")
                            .body("x")
                            .send()
                            .status())
                    .isEqualTo(200);
            assertThat(post(tester, null)
                            .header("Transfer-Encoding", "chunked")
                            .bodyInPieces("x")
                            .send()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void leavesABodyThatBreaksOffToTheGateway() {
        try (PluginTester tester = tester("{allowed_payload_size: 5, size_unit: bytes}")) {
            tester.upstream(RequestSizeLimitingTest::readAndEcho);

            assertThat(post(tester, null).bodyThatBreaksOff("abc").send().status())
                    .isEqualTo(400);
        }
    }

    /** Reads all of the request before it answers, and answers as the gateway does when it breaks off. */
    private static Future<Response> readAndEcho(Request request) {
        return request.body().buffer(Long.MAX_VALUE).transform(read -> {
            if (read.cause() instanceof BodyException broken) {
                return Response.done(Response.failed(broken.failure()));
            }
            return Response.done(Response.of(200).body(Body.of(request.body().bytes())));
        });
    }

    private static TestRequest post(PluginTester tester, @Nullable String expect) {
        TestRequest request = tester.request(HttpMethod.POST, "/");
        return expect == null ? request : request.header("Expect", expect);
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new RequestSizeLimitingFactory(), yaml);
    }
}
