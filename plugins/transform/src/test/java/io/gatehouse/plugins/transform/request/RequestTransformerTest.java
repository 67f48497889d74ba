package io.gatehouse.plugins.transform.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTransformerTest {
    private static final String FORM = "application/x-www-form-urlencoded";

    @Test
    void mapsEveryField() {
        try (PluginTester tester = tester("""
                http_method: POST
                remove: {body: [a], headers: [b], querystring: [c]}
                rename: {body: ["a:b"], headers: ["c:d"], querystring: ["e:f"]}
                replace: {body: ["a:1"], headers: ["b:2"], querystring: ["c:3"], uri: /x}
                add: {body: ["a:4"], headers: ["b:5"], querystring: ["c:6"]}
                append: {body: ["a:7"], headers: ["b:8"], querystring: ["c:9"]}
                """)) {
            assertThat(tester.problems()).isEmpty();
            assertThat(tester.config())
                    .isEqualTo(new RequestTransformerConfig(
                            "POST",
                            new RequestTransformerConfig.Remove(List.of("a"), List.of("b"), List.of("c")),
                            new RequestTransformerConfig.Rename(List.of("a:b"), List.of("c:d"), List.of("e:f")),
                            new RequestTransformerConfig.Replace(List.of("a:1"), List.of("b:2"), List.of("c:3"), "/x"),
                            new RequestTransformerConfig.Add(List.of("a:4"), List.of("b:5"), List.of("c:6")),
                            new RequestTransformerConfig.Append(List.of("a:7"), List.of("b:8"), List.of("c:9"))));
        }
    }

    @Test
    void doesNothingWhenNothingIsConfigured() {
        try (PluginTester tester = tester("")) {
            SentRequest sent =
                    tester.post("/a?b=%2f", "{ }").header("X", "1").send().upstreamRequest();

            assertThat(sent.uri()).isEqualTo("/a?b=%2f");
            assertThat(sent.body()).isEqualTo("{ }");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{http_method: get}|http_method",
                "{add: {headers: [\"a b:1\"]}}|add.headers[0]: 'a b' is not a valid header",
                "{add: {headers: [a]}}|add.headers[0]: invalid value: a",
                "{remove: {headers: [\"a:\", \"\u00e9\"]}}|remove.headers[1]",
                "{rename: {headers: [\"a:b c\"]}}|rename.headers[0]: 'b c' is not a valid header",
                "{rename: {body: [a]}}|rename.body[0]: key 'a' has no value",
                "{add: {querystring: [\"a:\"]}}|add.querystring[0]: key 'a' has no value",
                "{append: {body: [\"a\"]}}|append.body[0]: key 'a' has no value",
                "{replace: {headers: [\"a:b\\nc\"]}}|replace.headers[0]: the value has a control character",
                "{add: {headers: [\"a:$(10 * uri_captures.x)\"]}}|add.headers[0]: value '$(10 * uri_captures.x)' is not in supported format",
                "{replace: {uri: \"/$(require('x'))\"}}|replace.uri: value '$(require('x'))'",
                "{add: {querystring: [\"a:$(shared.x)\"]}}|add.querystring[0]: value '$(shared.x)'",
                "{append: {body: [\"a:$(headers['x'] .. 'y')\"]}}|append.body[0]",
                "{add: {body: [\"a:$(uri_captures[1000])\"]}}|add.body[0]",
            })
    void refusesWhatKongRefusesAndOtherLua(String yaml, String problem) {
        try (PluginTester tester = tester(yaml)) {
            assertThat(tester.problems()).singleElement().asString().startsWith(problem);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // rules, header of the client, what the upstream gets
                "remove: {headers: [X-Toremove]}|x-toremove: yes|x-toremove|-",
                "rename: {headers: ['X-Old:X-New']}|X-Old: yes|X-New|yes",
                "rename: {headers: ['X-Old:X-New']}|X-Old: yes|X-Old|-",
                "rename: {headers: ['X-Old:X-New']}|X-New: kept|X-New|kept",
                "rename: {headers: ['X-Same:x-same']}|X-Same: kept|X-Same|kept",
                "replace: {headers: ['H1:v2']}|h1: v1|h1|v2",
                "replace: {headers: ['H1:v2']}|other: v1|h1|-",
                "replace: {headers: ['Host:other.test']}|a: b|host|other.test",
                "replace: {headers: ['H1:a:b']}|h1: v1|h1|a:b",
                "replace: {headers: ['H1:']}|h1: v1|h1|v1",
                "add: {headers: ['H1:v1']}|a: b|h1|v1",
                "add: {headers: ['H1:v2']}|h1: v1|h1|v1",
                "add: {headers: ['Host:other.test']}|a: b|host|-",
                "append: {headers: ['H1:v2']}|h1: v1|h1|v1,v2",
                "append: {headers: ['H1:v2', 'H1:v3']}|a: b|h1|v2,v3",
                "add: {headers: ['H1:\u00fc']}|a: b|h1|\u00c3\u00bc",
                "add: {headers: ['H1:\u00fc\u65e5']}|a: b|h1|\u00c3\u00bc\u00e6\u0097\u00a5",
                "add: {headers: ['H1:\u00fc$(headers.a)']}|a: \u00c3\u00bc|h1|\u00c3\u00bc\u00c3\u00bc",
                "add: {headers: ['H1:$(headers.a)']}|a: \u00fc|h1|\u00fc",
                "append: {headers: ['Host:other.test']}|a: b|host|-",
                "{remove: {headers: [h1]}, add: {headers: ['h1:v2']}}|h1: v1|h1|v2",
                "{rename: {headers: ['a:h1']}, replace: {headers: ['h1:v2']}}|a: v1|h1|v2",
            })
    void changesHeaders(String rules, String sent, String name, @Nullable String expected) {
        try (PluginTester tester = tester(rules)) {
            String[] header = sent.split(": ", 2);
            SentRequest request =
                    tester.get("/").header(header[0], header[1]).send().upstreamRequest();

            assertThat(String.join(",", request.headers().getAll(name))).isEqualTo(expected == null ? "" : expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "remove: {querystring: [q1]}|/p?q1=v1&q2=v2&q1|/p?q2=v2",
                "remove: {querystring: [q1]}|/p?q1=v1|/p",
                "rename: {querystring: ['q1:q2']}|/p?a=%2f&q1=v%201|/p?a=%2f&q2=v%201",
                "replace: {querystring: ['q1:v2']}|/p?q1=v1&q1=v3|/p?q1=v2",
                "replace: {querystring: ['q1:v2']}|/p?a=b|/p?a=b",
                "add: {querystring: ['q1:\u00fc$(query_params.a)']}|/p?a=%C3%BC|/p?a=%C3%BC&q1=%C3%BC%C3%BC",
                "add: {querystring: ['q1:a b']}|/p|/p?q1=a%20b",
                "add: {querystring: ['q1:x']}|/p?q1=v1|/p?q1=v1",
                "append: {querystring: ['q1:v2']}|/p?q1=v1|/p?q1=v1&q1=v2",
                "append: {querystring: ['q1:v2', 'q1:v3']}|/p|/p?q1=v2&q1=v3",
                "{remove: {querystring: [a]}, add: {querystring: ['a:2']}}|/p?a=1|/p?a=2",
                "replace: {uri: /new/path}|/p?a=1|/new/path?a=1",
                "replace: {uri: /new/path}|/p|/new/path",
                "replace: {uri: '/up?x=1'}|/p|/up?x=1",
                "replace: {uri: '/up?x=1'}|/p?a=%2f|/up?x=1&a=%2f",
                "replace: {uri: '/up?x=1'}|/p?|/up?x=1",
                "replace: {uri: '/up?'}|/p?a=1|/up?a=1",
                "replace: {uri: '/u p?x=a b&y=c?d'}|/p|/u%20p?x=a%20b&y=c%3Fd",
                "{replace: {uri: '/up?x=1'}, add: {querystring: ['x:2', 'y:3']}}|/p?a=1|/up?x=1&a=1&y=3",
            })
    void changesTheQueryAndThePath(String rules, String uri, String expected) {
        try (PluginTester tester = tester(rules)) {
            assertThat(tester.get(uri).send().upstreamRequest().uri()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "remove: {body: [p1]}|{\"p1\":\"v1\", \"p2\":  1e3}|{\"p2\":  1e3}",
                "remove: {body: [p1, p2]}|{\"p1\":\"v1\",\"p2\":2}|{}",
                "rename: {body: ['p1:p2']}|{\"p1\":[1,  2]}|{\"p2\":[1,  2]}",
                "rename: {body: ['p1:p2']}|{\"p1\":1,\"p2\":3}|{\"p2\":1}",
                "rename: {body: ['p1:p2']}|{\"p1\":false}|{\"p1\":false}",
                "replace: {body: ['p1:v2']}|{\"p1\":{\"a\":1}}|{\"p1\":\"v2\"}",
                "replace: {body: ['p1:v2']}|{\"p\":1}|{\"p\":1}",
                "replace: {body: ['p1:v2']}|{\"p1\":null}|{\"p1\":\"v2\"}",
                "add: {body: ['p1:v1', 'p2:v\"2']}|{\"p1\":1}|{\"p1\":1,\"p2\":\"v\\\"2\"}",
                "add: {body: ['p1:v1']}|{\"p1\":false}|{\"p1\":\"v1\"}",
                "add: {body: ['p1:v1']}||{\"p1\":\"v1\"}",
                "append: {body: ['p1:v2']}|{\"p1\":\"v1\"}|{\"p1\":[\"v1\",\"v2\"]}",
                "append: {body: ['p1:v2']}|{\"p1\":[1, {}]}|{\"p1\":[1, {},\"v2\"]}",
                "append: {body: ['p1:v1', 'p1:v2']}|{\"a\":1}|{\"a\":1,\"p1\":[\"v1\",\"v2\"]}",
                "append: {body: ['p1:v1']}||{\"p1\":[\"v1\"]}",
                "remove: {body: [p1]}|||",
                "remove: {body: [p1]}|[\"p1\"]|[\"p1\"]",
                "add: {body: ['p1:v1']}|{no json|{no json",
                "add: {body: ['a/b~c:v1']}|{}|{\"a/b~c\":\"v1\"}",
                "{remove: {body: [a]}, rename: {body: ['b:a']}, replace: {body: ['a:1']}, append: {body: ['a:2']}}|{\"a\":0,\"b\":0}|{\"a\":[\"1\",\"2\"]}",
            })
    void changesJson(String rules, @Nullable String body, @Nullable String expected) {
        try (PluginTester tester = tester(rules)) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "application/json; charset=utf-8")
                    .bodyInPieces(body == null ? "" : body)
                    .send()
                    .upstreamRequest();

            assertThat(sent.body()).isEqualTo(expected == null ? "" : expected.replace("|", ""));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "remove: {body: [p1]}|p1=v1&p2=%20|p2=%20",
                "remove: {body: [p1]}|p1=v1|''",
                "rename: {body: ['p1:p2']}|p1=v+1|p2=v+1",
                "replace: {body: ['p1:v2']}|p1=v1&p1=x|p1=v2",
                "add: {body: ['p1:v 1']}|a=b|a=b&p1=v%201",
                "add: {body: ['p1:v1']}|''|p1=v1",
                "append: {body: ['p1:v2']}|p1=v1|p1=v1&p1=v2",
            })
    void changesForms(String rules, String body, String expected) {
        try (PluginTester tester = tester(rules)) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", FORM)
                    .body(body)
                    .send()
                    .upstreamRequest();

            assertThat(sent.body()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, {}, '{\"c\":\"\u00fc\u65e5\",\"l\":\"\u00fc\"}'",
        FORM + ", k\u00fc=\u00fc, k\u00fc=\u00fc&c=%C3%BC%E6%97%A5&l=%C3%BC",
    })
    void givesBodiesAndQueriesTheTextThatAHeaderHasInUtf8(String type, String body, String expected) {
        try (PluginTester tester = tester("""
                {replace: {uri: "/\u00fc/$(headers.x_h)"},
                 add: {body: ["k\u00fc:absent", "c:$(headers.x_h)", "l:\u00fc"], querystring: ["c:$(headers.x_h)"]}}""".replace(type.equals(FORM) ? "" : "\"k\u00fc:absent\", ", ""))) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", type)
                    .header("X-H", "\u00c3\u00bc\u00e6\u0097\u00a5")
                    .body(Body.of(Buffer.buffer(body)))
                    .send()
                    .upstreamRequest();

            assertThat(sent.bytes()).isEqualTo(Buffer.buffer(expected));
            assertThat(sent.uri()).isEqualTo("/%C3%BC/%C3%BC%E6%97%A5?c=%C3%BC%E6%97%A5");
        }
    }

    @ParameterizedTest
    @CsvSource({"application/json, {}, '{\"c\":\"\u00fc\u00e9\"}'", FORM + ", '', c=%C3%BC%C3%A9"})
    void keepsItsOwnTextBesideAHeaderThatIsNotUtf8(String type, String body, String expected) {
        try (PluginTester tester = tester(
                "add: {body: [\"c:\u00fc$(headers.x_h)\"], querystring: [\"c:$(headers.none or '\u00fc')$(headers.x_h)\"]}")) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", type)
                    .header("X-H", "\u00e9")
                    .body(Body.of(Buffer.buffer(body)))
                    .send()
                    .upstreamRequest();

            assertThat(sent.bytes()).isEqualTo(Buffer.buffer(expected));
            assertThat(sent.uri()).isEqualTo("/?c=%C3%BC%C3%A9");
        }
    }

    @Test
    void changesMultipartFormsAndKeepsTheBytesOfTheRest() {
        String file = part(
                "Content-Disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\nContent-Type: x/y",
                "\u0000\u00ff\r\n--X");
        try (PluginTester tester = tester("""
                {remove: {body: [gone]}, rename: {body: ["old:new"]}, replace: {body: ["r:2", "absent:3"]},
                 add: {body: ["a:\u00e9", "f:no"]}, append: {body: ["ignored:1"]}}""")) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "multipart/form-data; boundary=\"B\"")
                    .body(Body.of(Buffer.buffer(
                            (file + field("gone", "x") + field("old", "o") + field("r", "1") + "--B--\r\n")
                                    .getBytes(StandardCharsets.ISO_8859_1))))
                    .send();

            assertThat(exchange.upstreamRequest().bytes().toString(StandardCharsets.ISO_8859_1))
                    .isEqualTo(file + field("new", "o") + field("r", "2") + field("a", "\u00c3\u00a9") + "--B--\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no form", "--B\r\nno end", "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx"})
    void leavesABrokenMultipartFormAlone(String body) {
        try (PluginTester tester = tester("remove: {body: [a]}")) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "multipart/form-data; boundary=B")
                    .body(body)
                    .send()
                    .upstreamRequest();

            assertThat(sent.body()).isEqualTo(body);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "replace: {headers: ['Content-Type:application/json']}|{\"a\":\"1\"}",
                "remove: {headers: [content-type]}|{}",
                "rename: {headers: ['x-type:content-type']}|{\"a\":\"1\"}",
            })
    void takesTheTypeThatHeaderRulesLeave(String rules, String expected) {
        try (PluginTester tester = tester("{append: {body: []}, " + rules + ", add: {body: ['a:1']}}")) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", rules.startsWith("remove") ? "application/json" : "text/plain")
                    .header("X-Type", "application/json")
                    .body("{}")
                    .send()
                    .upstreamRequest();

            assertThat(sent.body()).isEqualTo(expected);
        }
    }

    @Test
    void leavesOtherBodiesUnread() {
        try (PluginTester tester = tester("add: {body: ['a:1']}")) {
            SentRequest sent = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "video/mp4")
                    .bodyInPieces("x".repeat(9 << 20), "y")
                    .send()
                    .upstreamRequest();

            assertThat(sent.bytes().length()).isEqualTo((9 << 20) + 1);
        }
    }

    @Test
    void readsNoMoreThanItsLimit() {
        try (PluginTester tester = tester("add: {body: ['a:1']}")) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "application/json")
                    .bodyInPieces("\"" + "x".repeat(8 << 20) + "\"")
                    .send();

            assertThat(exchange.status()).isEqualTo(413);
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void readsNoMoreThanItsLimitOfWhatIsCompressed() throws IOException {
        try (PluginTester tester = tester("add: {body: ['a:1']}")) {
            TestExchange exchange =
                    gzipped(tester, gzip("\"" + "x".repeat(8 << 20) + "\"")).send();

            assertThat(exchange.status()).isEqualTo(413);
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void looksIntoCompressedBodiesAndBlamesTheClientForBrokenOnes() throws IOException {
        try (PluginTester tester = tester("add: {body: ['a:1']}")) {
            SentRequest sent = gzipped(tester, gzip("{}")).send().upstreamRequest();
            assertThat(sent.body()).isEqualTo("{\"a\":\"1\"}");
            assertThat(sent.header("Content-Encoding")).isNull();

            assertThat(gzipped(tester, "no gzip".getBytes(StandardCharsets.UTF_8))
                            .send()
                            .status())
                    .isEqualTo(400);
            assertThat(tester.request(HttpMethod.POST, "/")
                            .header("Content-Type", "application/json")
                            .bodyThatBreaksOff("{")
                            .send()
                            .status())
                    .isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, gzip"})
    void letsNothingPassInACodingThatItCannotUndo(String coding) {
        try (PluginTester tester = tester("remove: {body: [secret]}")) {
            TestExchange refused =
                    tester.post("/", "{}").header("Content-Encoding", coding).send();
            assertThat(refused.status()).isEqualTo(415);
            assertThat(refused.header("Accept-Encoding")).isEqualTo("gzip, deflate");
            assertThat(refused.text()).contains("Unsupported content coding (expected: gzip or deflate)");
            assertThat(refused.upstreamRequests()).isEmpty();

            SentRequest other = tester.request(HttpMethod.POST, "/")
                    .header("Content-Type", "text/plain")
                    .header("Content-Encoding", coding)
                    .body("no rule is meant for it")
                    .send()
                    .upstreamRequest();
            assertThat(other.body()).isEqualTo("no rule is meant for it");
            assertThat(other.header("Content-Encoding")).isEqualTo(coding);
        }
    }

    @Test
    void setsTheMethodAndMovesAFormIntoTheQuery() {
        try (PluginTester post = tester("http_method: POST");
                PluginTester get = tester("http_method: GET")) {
            assertThat(post.get("/").send().upstreamRequest().method()).isEqualTo(HttpMethod.POST);

            SentRequest sent = get.request(HttpMethod.POST, "/p?a=1")
                    .header("Content-Type", FORM)
                    .body("hello=w%20d&a=2")
                    .send()
                    .upstreamRequest();
            assertThat(sent.method()).isEqualTo(HttpMethod.GET);
            assertThat(sent.uri()).isEqualTo("/p?a=1&hello=w%20d&a=2");
            assertThat(get.post("/p", "{}").send().upstreamRequest().uri()).isEqualTo("/p");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "$(headers.x)|one",
                "a-$(headers['X-Two'])-b|a-2-b",
                "$(headers.x_two)|2",
                "$(headers.host)|gateway.test",
                "$(query_params.q)|v 1",
                "$(query_params[\"flag\"])|true",
                "$(uri_captures.user)|alice",
                "$(uri_captures[1])|alice",
                "$(uri_captures[0])|/users/alice",
                "$(uri_captures.none)|''",
                "$(uri_captures.none or 'a \\'b\\'')|a 'b'",
                "$(headers.none or query_params.q or 'x')|v 1",
                "$(headers.none or uri_captures['none'])x|x",
                "$('$(uri_captures.user)')|$(uri_captures.user)",
                "$5 $( unclosed|$5 $( unclosed",
                "$(headers.x)$(uri_captures.user)|onealice",
            })
    void fillsInReferences(String template, String expected) {
        try (PluginTester tester = tester("")) {
            AtomicReference<String> rendered = new AtomicReference<>();
            tester.upstream(request -> {
                rendered.set(Template.of(template).render(new Facts(request, true)));
                return Response.done(Response.of(200));
            });
            tester.get("/?q=v%201&flag")
                    .header("X", "one")
                    .header("X-Two", "2")
                    .uriCaptures(Map.of("0", "/users/alice", "user", "alice", "1", "alice"))
                    .send();

            assertThat(rendered).hasValue(expected);
        }
    }

    @Test
    void readsReferencesFromTheRequestAsItCame() {
        try (PluginTester tester = tester("""
                {remove: {headers: [x-gone]}, replace: {uri: "/users/$(uri_captures.id)", headers: ["x-old:new"]},
                 add: {headers: ["x-was:$(headers['x-gone'])"], querystring: ["old:$(headers['x-old'])"]}}""")) {
            SentRequest sent = tester.get("/p?a=1")
                    .header("x-gone", "secret")
                    .header("x-old", "before")
                    .uriCaptures(Map.of("id", "7"))
                    .send()
                    .upstreamRequest();

            assertThat(sent.uri()).isEqualTo("/users/7?a=1&old=before");
            assertThat(sent.header("x-was")).isEqualTo("secret");
            assertThat(sent.header("x-gone")).isNull();
            assertThat(sent.header("x-old")).isEqualTo("new");
        }
    }

    @Test
    void letsNoClientBreakOutOfAPathOrAHeader() {
        try (PluginTester tester = tester("""
                {replace: {uri: "/x/$(query_params.id)"}, add: {headers: ["x-id:$(query_params.id)"]}}""")) {
            SentRequest sent =
                    tester.get("/?id=a%3Fb%23c%0D%0AEvil:%201%20%C3%A9").send().upstreamRequest();

            assertThat(sent.uri()).startsWith("/x/a%3Fb%23c%0D%0AEvil:%201%20%C3%A9?id=");
            assertThat(sent.header("x-id")).isEqualTo("a?b#c  Evil: 1 \u00c3\u00a9");
            assertThat(sent.headers().contains("Evil")).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/up/$(query_params.id)?x=1|/up/a%3Fb?x=1",
                "/up?x=$(query_params.id)|/up?x=a%3Fb",
                "/up/$(query_params.id)|/up/a%3Fb",
                "$('/up?x=')$(uri_captures.id)|/up?x=c%3Fd",
                "/up/$(query_params.none or 'e?x=1')|/up/e?x=1",
            })
    void takesOnlyAQuestionMarkOfTheConfigurationForTheBeginningOfAQuery(String template, String path) {
        try (PluginTester tester = tester("{replace: {uri: \"" + template + "\"}, remove: {querystring: [id]}}")) {
            assertThat(tester.get("/?id=a%3Fb")
                            .uriCaptures(Map.of("id", "c?d"))
                            .send()
                            .upstreamRequest()
                            .uri())
                    .isEqualTo(path);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../admin",
                "%2e%2e/admin",
                "%252e%252e/admin",
                "..%2fadmin",
                "..%5cadmin",
                "x/..;/admin",
                ".",
                "x%00"
            })
    void letsNoClientStepOutOfAPath(String sent) {
        try (PluginTester tester = tester("{replace: {uri: \"/open/$(query_params.p)\"}}")) {
            TestExchange exchange = tester.get("/?p=" + sent).send();
            assertThat(exchange.status()).isEqualTo(400);
            assertThat(exchange.message()).isEqualTo("Bad request");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void answers500WhenAPathDoesNotBeginWithASlash() {
        try (PluginTester tester = tester("replace: {uri: \"$(query_params.path)\"}")) {
            assertThat(tester.get("/?path=/a").send().upstreamRequest().uri()).isEqualTo("/a?path=/a");
            TestExchange exchange = tester.get("/?path=a").send();

            assertThat(exchange.status()).isEqualTo(500);
            assertThat(exchange.message()).isEqualTo("An unexpected error occurred");
        }
    }

    private static String field(String name, String value) {
        return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
    }

    private static String part(String headers, String value) {
        return "--B\r\n" + headers + "\r\n\r\n" + value + "\r\n";
    }

    private static TestRequest gzipped(PluginTester tester, byte[] body) {
        return tester.request(HttpMethod.POST, "/")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", "gzip")
                .body(Body.of(Buffer.buffer(body)));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new RequestTransformerFactory(), yaml);
    }
}
