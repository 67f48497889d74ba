package io.gatehouse.plugins.transform.response;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseTransformerTest {
    private static final String TYPED =
            "json: ['p1:v1', 'p3:value:3', 'p4:\"v1\"', 'p5:-1', 'p6:false', 'p7:true', 'p8:x'],"
                    + " json_types: [string, string, string, number, boolean, boolean, number]";

    @Test
    void mapsEveryField() {
        try (PluginTester tester = tester("""
                remove: {json: [a], headers: [b]}
                rename: {json: ["a:b"], headers: ["c:d"]}
                replace: {json: ["a:1"], json_types: [number], headers: ["b:2"]}
                add: {json: ["a:3"], json_types: [boolean], headers: ["b:4"]}
                append: {json: ["a:5"], json_types: [string], headers: ["b:6"]}
                """)) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config())
                    .isEqualTo(new ResponseTransformerConfig(
                            new ResponseTransformerConfig.Remove(List.of("a"), List.of("b")),
                            new ResponseTransformerConfig.Rename(List.of("a:b"), List.of("c:d")),
                            new ResponseTransformerConfig.Replace(
                                    List.of("a:1"), List.of(ResponseTransformerConfig.JsonType.NUMBER), List.of("b:2")),
                            new ResponseTransformerConfig.Add(
                                    List.of("a:3"),
                                    List.of(ResponseTransformerConfig.JsonType.BOOLEAN),
                                    List.of("b:4")),
                            new ResponseTransformerConfig.Append(
                                    List.of("a:5"),
                                    List.of(ResponseTransformerConfig.JsonType.STRING),
                                    List.of("b:6"))));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{add: {headers: [a]}}|add.headers[0]",
                "{rename: {headers: ['a:b c']}}|rename.headers[0]: 'b c' is not a valid header",
                "{add: {json: [a]}}|add.json[0]",
                "{replace: {json: ['a:']}}|replace.json[0]: key 'a' has no value",
                "{add: {json: ['a:1'], json_types: [list]}}|add.json_types[0]",
            })
    void refusesWhatKongRefuses(String yaml, String problem) {
        try (PluginTester tester = tester(yaml)) {
            assertThat(tester.problems()).singleElement().asString().startsWith(problem);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "remove: {headers: [H1]}|h1: v1|h1|''",
                "rename: {headers: ['h1:h2']}|h1: v1|h2|v1",
                "rename: {headers: ['h1:h2']}|h1: v1|h1|''",
                "replace: {headers: ['h1:v2']}|h1: v1|h1|v2",
                "replace: {headers: ['h1:v2']}|h2: v1|h1|''",
                "add: {headers: ['h1:v2']}|h1: v1|h1|v1",
                "add: {headers: ['h1:a:b']}|h2: v1|h1|a:b",
                "append: {headers: ['h1:v2', 'h1:v3']}|h1: v1|h1|v1,v2,v3",
                "add: {headers: ['h1:\u00fc']}|h2: v1|h1|\u00c3\u00bc",
                "{replace: {headers: ['h1:\u00fc']}, append: {headers: ['h1:\u65e5']}}|h1: v1|h1|\u00c3\u00bc,\u00e6\u0097\u00a5",
                // what is there is asked before the first rule
                "{remove: {headers: [h1]}, add: {headers: ['h1:v2']}}|h1: v1|h1|''",
                "{remove: {headers: [h1]}, replace: {headers: ['h1:v2']}}|h1: v1|h1|v2",
            })
    void changesHeaders(String rules, String sent, String name, String expected) {
        try (PluginTester tester = tester(rules)) {
            String[] header = sent.split(": ", 2);
            tester.upstream(request -> {
                Response response = Response.of(200);
                response.headers().set(header[0], header[1]);
                return Response.done(response);
            });

            assertThat(String.join(",", tester.get("/").send().headers().getAll(name)))
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "add: {" + TYPED
                        + "}|{\"p2\": 1e3}|{\"p2\": 1e3,\"p1\":\"v1\",\"p3\":\"value:3\",\"p4\":\"\\\"v1\\\"\",\"p5\":-1,\"p6\":false,\"p7\":true}",
                "add: {json: ['p2:v2']}|{\"p2\":\"v1\",\"a\":[]}|{\"p2\":\"v1\",\"a\":[]}",
                "add: {json: ['p2:v2']}|{\"p2\":false}|{\"p2\":\"v2\"}",
                "append: {" + TYPED
                        + "}|{\"p1\":\"v2\",\"p5\":[0],\"p6\":\"x\",\"a\": []}|{\"p1\":[\"v2\",\"v1\"],\"p5\":[0,-1],\"p6\":[\"x\",false],\"a\": [],\"p3\":[\"value:3\"],\"p4\":[\"\\\"v1\\\"\"],\"p7\":[true]}",
                "append: {json: ['p:v']}|{\"p\":7}|{\"p\":[\"v\"]}",
                "remove: {json: [p1, p2]}|{\"p1\" : \"v1\", \"p2\" : \"v1\"}|{}",
                "rename: {json: ['p1:k1', 'p4:k4']}|{\"p1\" : {\"a\": 1.0}, \"p4\" : false}|{\"k1\":{\"a\": 1.0},\"k4\":false}",
                "replace: {" + TYPED
                        + "}|{\"p1\":0,\"p4\":0,\"p5\":0,\"p6\":1,\"p8\":8}|{\"p1\":\"v1\",\"p4\":\"\\\"v1\\\"\",\"p5\":-1,\"p6\":false,\"p8\":8}",
                "{remove: {json: [p1]}, rename: {json: ['p4:p2']}, replace: {json: ['p2:v2']}, add: {json: ['p3:v1']}, append: {json: ['p3:v2']}}|{\"p1\":1,\"p4\":1}|{\"p2\":\"v2\",\"p3\":[\"v1\",\"v2\"]}",
                "remove: {json: [a]}|[\"a\"]|[\"a\"]",
                "remove: {json: [a]}|{no json|{no json",
            })
    void changesJson(String rules, String body, String expected) {
        try (PluginTester tester = tester(rules)) {
            for (String type : List.of("application/json", "text/x, Application/JSON; charset=utf-8")) {
                tester.upstream(Upstream.streams(body.substring(0, 1), body.substring(1))
                        .header("Content-Type", type));

                assertThat(tester.get("/").send().text()).isEqualTo(expected);
            }
        }
    }

    @Test
    void tellsNoLengthOfABodyThatItWouldChange() {
        try (PluginTester tester = tester("add: {json: ['a:1']}")) {
            tester.upstream(Upstream.streams()
                    .header("Content-Type", "application/json")
                    .header("Content-Length", "428"));

            TestExchange exchange = tester.request(HttpMethod.HEAD, "/").send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.header("Content-Length")).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/event-stream", "application/problem+json", "application/jsonp", ""})
    void letsOtherBodiesStreamOn(String type) {
        try (PluginTester tester = tester("{remove: {json: [a]}, add: {headers: ['x:1']}}")) {
            tester.upstream(Upstream.streams("{\"a\":", "1}").header("Content-Type", type));
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.pieces()).containsExactly("{\"a\":", "1}");
            assertThat(exchange.header("x")).isEqualTo("1");
        }
    }

    @Test
    void looksIntoCompressedBodies() {
        try (PluginTester tester = tester("remove: {json: [a]}")) {
            tester.upstream(Upstream.streams("{\"a\":1,\"b\":2}")
                    .header("Content-Type", "application/json")
                    .gzip());
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.text()).isEqualTo("{\"b\":2}");
            assertThat(exchange.header("Content-Encoding")).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip"})
    void letsNothingPassInACodingThatItCannotUndo(String coding) {
        try (PluginTester tester = tester("remove: {json: [secret]}")) {
            tester.upstream(json("{\"secret\":1}", coding));
            TestExchange exchange = tester.get("/").send();
            assertThat(exchange.status()).isEqualTo(502);
            assertThat(exchange.text()).doesNotContain("secret");

            tester.upstream(Upstream.streams("no rule is meant for it")
                    .header("Content-Type", "text/plain")
                    .header("Content-Encoding", coding));
            TestExchange other = tester.get("/").send();
            assertThat(other.text()).isEqualTo("no rule is meant for it");
            assertThat(other.header("Content-Encoding")).isEqualTo(coding);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "- | -",
                "br | identity",
                "gzip, deflate, br, zstd | gzip, deflate",
                "br;q=1.0, GZIP;q=0.8, *;q=0.1 | GZIP;q=0.8",
                "identity;q=0.5,,x-gzip | identity;q=0.5, x-gzip",
            })
    void asksForAnswersThatItCanRead(@Nullable String accepted, @Nullable String asked) {
        try (PluginTester json = tester("remove: {json: [a]}");
                PluginTester headers = tester("remove: {headers: [a]}")) {
            assertThat(accepting(json, accepted)).isEqualTo(asked);
            assertThat(accepting(headers, accepted)).isEqualTo(accepted);
        }
    }

    private static @Nullable String accepting(PluginTester tester, @Nullable String accepted) {
        TestRequest request = tester.upstream(json("{}", null)).get("/");
        return (accepted == null ? request : request.header("Accept-Encoding", accepted))
                .send()
                .upstreamRequest()
                .header("Accept-Encoding");
    }

    @Test
    void leavesAnEmptyAnswerEmpty() {
        try (PluginTester tester = tester("add: {json: ['a:1']}")) {
            tester.upstream(json("", null));
            assertThat(tester.get("/").send().text()).isEmpty();
        }
    }

    @Test
    void neverPassesOnHalfAnAnswerOrOneThatIsTooLong() {
        try (PluginTester tester = tester("{remove: {json: [secret]}, add: {headers: ['x:1']}}")) {
            tester.upstream(Upstream.streams("{\"secret\":1,")
                    .header("Content-Type", "application/json")
                    .thenDies(FailureKind.RESET));
            TestExchange died = tester.get("/").send();
            assertThat(died.status()).isEqualTo(502);
            assertThat(died.text()).doesNotContain("secret");

            tester.upstream(Upstream.streams("{\"secret\":\"", "x".repeat(8 << 20), "\"}")
                    .header("Content-Type", "application/json"));
            TestExchange tooLong = tester.get("/").send();
            assertThat(tooLong.status()).isEqualTo(502);
            assertThat(tooLong.text()).doesNotContain("secret");
        }
    }

    @Test
    void freesTheUpstreamOfAClientThatLeavesWhileItReads() {
        try (PluginTester tester = tester("remove: {json: [a]}")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.get("/").send();
            upstream.call().respond(200, "Content-Type", "application/json").write("{\"a\":");
            exchange.clientLeaves();

            assertThat(upstream.call().isCancelled()).isTrue();
        }
    }

    @Test
    void changesWhatTheGatewayAnswersInsteadOfTheUpstream() {
        try (PluginTester tester = tester("{rename: {json: ['message:error']}, add: {headers: ['x:1']}}")) {
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(502);
            assertThat(exchange.header("x")).isEqualTo("1");
            assertThat(exchange.text())
                    .contains("\"error\":\"An invalid response")
                    .doesNotContain("\"message\"");
        }
    }

    private static Next json(String body, @Nullable String coding) {
        return request -> {
            Response response = Response.of(200).body(Body.of(Buffer.buffer(body)));
            response.headers().set("Content-Type", "application/json");
            if (coding != null) {
                response.headers().set("Content-Encoding", coding);
            }
            return Response.done(response);
        };
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new ResponseTransformerFactory(), yaml);
    }
}
