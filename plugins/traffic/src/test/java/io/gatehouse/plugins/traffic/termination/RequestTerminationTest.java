package io.gatehouse.plugins.traffic.termination;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.FakeRoute;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTerminationTest {
    private static final String JSON = "application/json; charset=utf-8";

    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("")) {
            assertThat(tester.config()).isEqualTo(new RequestTerminationConfig(503, null, null, null, false, null));
        }
    }

    @Test
    void mapsEveryField() {
        try (PluginTester tester =
                tester("{status_code: 410, body: gone, content_type: text/plain, trigger: X-Gone}")) {
            assertThat(tester.config())
                    .isEqualTo(new RequestTerminationConfig(410, null, "text/plain", "gone", false, "X-Gone"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{message: a, body: b}|message cannot be used with content_type or body",
                "{message: a, body: b, content_type: c}|message cannot be used with content_type or body",
                "{content_type: c}|content_type requires a body",
                "{echo: true, body: b}|echo cannot be used with content_type and body",
                "{status_code: 99}|status_code",
                "{status_code: 101}|status_code",
                "{status_code: 600}|status_code",
                "{trigger: \"a b\"}|bad header name",
                "{body: a, content_type: \"a\\nb\"}|printable ASCII",
            })
    void refusesWhatKongRefuses(String yaml, String problem) {
        try (PluginTester tester = tester(yaml)) {
            assertThat(tester.problems()).anySatisfy(text -> assertThat(text).contains(problem));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{}|503|{\"message\":\"Service unavailable\"}|" + JSON,
                "{status_code: 404}|404|{\"message\":\"Not found\"}|" + JSON,
                "{status_code: 401}|401|{\"message\":\"Unauthorized\"}|" + JSON,
                "{status_code: 405}|405|{\"message\":\"Method not allowed\"}|" + JSON,
                "{status_code: 500}|500|{\"message\":\"An unexpected error occurred\"}|" + JSON,
                "{status_code: 502}|502|{\"message\":\"Bad Gateway\"}|" + JSON,
                "{status_code: 406, message: Invalid}|406|{\"message\":\"Invalid\"}|" + JSON,
                "{message: 'a \"b\"'}|503|{\"message\":\"a \\\"b\\\"\"}|" + JSON,
                "{status_code: 204}|204|''|-",
                "{status_code: 418}|418|''|-",
                "{body: <p>down</p>}|503|<p>down</p>|-",
                "{status_code: 451, body: <p>no</p>, content_type: text/html}|451|<p>no</p>|text/html",
            })
    void answersAsKongDoes(String yaml, int status, String body, String contentType) {
        try (PluginTester tester = tester(yaml)) {
            TestExchange exchange =
                    tester.get("/x").header("Accept", "text/html").send();

            assertThat(exchange.status()).isEqualTo(status);
            assertThat(exchange.text()).isEqualTo(body);
            assertThat(exchange.header("Content-Type")).isEqualTo(contentType);
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?x-stop=1", "/?x-stop", "/?%78-stop=1"})
    void isTriggeredByAQueryArgument(String uri) {
        try (PluginTester tester = tester("trigger: x-stop")) {
            assertThat(tester.get(uri).send().status()).isEqualTo(503);
        }
    }

    @Test
    void isTriggeredByAHeaderAndPassesAllOthers() {
        try (PluginTester tester = tester("trigger: x_stop")) {
            assertThat(tester.get("/").header("X-Stop", "1").send().status()).isEqualTo(503);
            assertThat(tester.get("/?x-stop=1").send().status()).isEqualTo(200);
            assertThat(tester.get("/").send().status()).isEqualTo(200);
        }
    }

    @Test
    void echoesTheRequest() {
        try (PluginTester tester = tester("{echo: true, status_code: 404}")) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/a/200?hello=there&x&x=2")
                    .host("echo.test:8000")
                    .header("Host", "echo.test:8000")
                    .header("Gimme", "a")
                    .header("gimme", "\u00c3\u00bc")
                    .header("Content-Type", "application/json")
                    .body("{\"cool\":true}")
                    .route(FakeRoute.named("r", "/a"))
                    .uriCaptures(Map.of("1", "200", "code", "200"))
                    .send();

            assertThat(exchange.status()).isEqualTo(404);
            JsonBytes json = JsonBytes.scan(exchange.bytes());
            assertThat(json.text("/message")).isEqualTo("Not found");
            assertThat(json.text("/matched_route/name")).isEqualTo("r");
            assertThat(json.exists("/matched_service")).isTrue();
            assertThat(json.toTree())
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .extractingByKey("request")
                    .isEqualTo(Map.ofEntries(
                            Map.entry("scheme", "http"),
                            Map.entry("host", "echo.test"),
                            Map.entry("port", 8000L),
                            Map.entry("method", "POST"),
                            Map.entry("path", "/a/200"),
                            Map.entry(
                                    "headers",
                                    Map.of(
                                            "host",
                                            "echo.test:8000",
                                            "gimme",
                                            List.of("a", "\u00fc"),
                                            "content-type",
                                            "application/json")),
                            Map.entry("query", Map.of("hello", "there", "x", List.of(true, "2"))),
                            Map.entry(
                                    "uri_captures", Map.of("named", Map.of("code", "200"), "unnamed", List.of("200"))),
                            Map.entry("raw_body", "{\"cool\":true}"),
                            Map.entry("body", Map.of("cool", true))));
        }
    }

    @Test
    void refusesToEchoWhatIsTooLong() {
        try (PluginTester tester = tester("echo: true")) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/")
                    .bodyInPieces("x".repeat(1 << 20), "y")
                    .send();

            assertThat(exchange.status()).isEqualTo(413);
        }
    }

    @Test
    void blamesAClientWhoseBodyBreaksOff() {
        try (PluginTester tester = tester("echo: true")) {
            assertThat(tester.request(HttpMethod.POST, "/")
                            .bodyThatBreaksOff("x")
                            .send()
                            .status())
                    .isEqualTo(400);
        }
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new RequestTerminationFactory(), yaml);
    }
}
