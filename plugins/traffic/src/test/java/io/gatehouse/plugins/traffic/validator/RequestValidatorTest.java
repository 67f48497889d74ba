package io.gatehouse.plugins.traffic.validator;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestValidatorTest {
    private static final String NAME_IN_KONGS_LANGUAGE =
            "{body_schema: '[{\"name\":{\"type\":\"string\",\"required\":true}}]'}";
    private static final String NAME =
            "body_schema: '{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}},"
                    + "\"required\":[\"name\"]}'";
    private static final String WRONG_BODY = "{\"message\":\"request body doesn't conform to schema\"}";
    private static final String WRONG_PARAMETER = "{\"message\":\"request param doesn't conform to schema\"}";

    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("{body_schema: '[]'}")) {
            assertThat(tester.config())
                    .isEqualTo(new RequestValidatorConfig(
                            "[]",
                            List.of(),
                            List.of("application/json"),
                            true,
                            false,
                            RequestValidatorConfig.Version.KONG,
                            true));
        }
    }

    @Test
    void checksABodyInKongsLanguage() {
        try (PluginTester tester = tester(NAME_IN_KONGS_LANGUAGE)) {
            assertThat(tester.post("/", "{\"name\":\"x\"}").send().status()).isEqualTo(200);
            TestExchange refused = tester.post("/", "{\"nom\":\"x\"}").send();
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.text()).isEqualTo(WRONG_BODY);
            assertThat(refused.upstreamRequests()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "draft4|{'name':'x'}|200",
                "draft6|{'name':'x'}|200",
                "draft7|{'name':'x'}|200",
                "draft201909|{'name':'x'}|200",
                "draft202012|{'name':'x'}|200",
                "draft4|{'name':1}|400",
                "draft202012|{}|400",
                "draft7|[]|400",
                "draft4|{'name':'x'} x|400",
                "draft4|{'name':'x','name':1}|400",
                "draft4|{'name':|400",
                "draft4|``|400",
            })
    void checksABodyAsJsonSchema(String version, String body, int status) {
        try (PluginTester tester = tester("{version: " + version + ", " + NAME + "}")) {
            TestExchange exchange = tester.post("/", body.replace('\'', '"')).send();

            assertThat(exchange.status()).isEqualTo(status);
            if (status == 400) {
                assertThat(exchange.text()).isEqualTo(WRONG_BODY);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[application/json]|true|application/json|200",
                "[application/json]|true|Application/JSON|200",
                "[application/json]|true|application/json; charset=utf-8|400",
                "[application/json]|false|application/json; charset=utf-8|200",
                "['application/json; charset=UTF-8']|true|application/json;CHARSET=utf-8|200",
                "['application/json; v=a']|true|application/json; v=A|400",
                "['application/json; charset=UTF-8']|true|application/json|400",
                "[application/json]|true|text/plain|400",
                "[application/json]|true||400",
                "[application/json]|true|nonsense|400",
                "['application/*']|true|application/xml|200",
            })
    void letsInWhatItsTypeAllows(String allowed, boolean parameters, @Nullable String type, int status) {
        try (PluginTester tester = tester("{version: draft4, body_schema: '{}', allowed_content_types: " + allowed
                + ", content_type_parameter_validation: " + parameters + "}")) {
            TestRequest request = tester.request(HttpMethod.POST, "/").body("{}");
            TestExchange exchange = (type == null ? request : request.header("Content-Type", type)).send();

            assertThat(exchange.status()).isEqualTo(status);
            if (status == 400) {
                assertThat(exchange.text()).isEqualTo("{\"message\":\"specified Content-Type is not allowed\"}");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"application/merge-patch+json,400", "text/plain,200"})
    void checksOnlyWhatIsJson(String type, int status) {
        try (PluginTester tester = tester("{version: draft4, " + NAME + ", allowed_content_types: ['*/*']}")) {
            assertThat(tester.request(HttpMethod.POST, "/")
                            .header("Content-Type", type)
                            .body("[]")
                            .send()
                            .status())
                    .isEqualTo(status);
        }
    }

    @Test
    void saysWhatIsWrongWhenToldTo() {
        try (PluginTester tester = tester("{verbose_response: true, version: draft7, " + NAME + "}")) {
            TestExchange refused = tester.post("/", "{\"name\":1}").send();

            assertThat(refused.header("Content-Type")).startsWith("application/json");
            assertThat(refused.text())
                    .startsWith(
                            "{\"message\":\"request body doesn't conform to schema\",\"errors\":[{\"path\":\"/name\",")
                    .contains("integer found, string expected");
        }
    }

    @Test
    void sendsACompressedBodyAsItCame() {
        try (PluginTester tester = tester("{version: draft4, " + NAME + "}")) {
            Buffer good = gzip("{\"name\":\"x\"}");
            TestExchange passed = compressed(tester, "gzip", good);
            assertThat(passed.status()).isEqualTo(200);
            assertThat(passed.upstreamRequest().bytes()).isEqualTo(good);

            assertThat(compressed(tester, "gzip", gzip("{}")).status()).isEqualTo(400);
            assertThat(compressed(tester, "gzip", Buffer.buffer("{\"name\":\"x\"}"))
                            .status())
                    .isEqualTo(400);
            for (String coding : List.of("br", "zstd", "gzip, gzip", "zipped")) {
                TestExchange unknown = compressed(tester, coding, good);
                assertThat(unknown.status()).isEqualTo(415);
                assertThat(unknown.header("Accept-Encoding")).isEqualTo("gzip, deflate");
            }
            assertThat(compressed(tester, "gzip", gzip(" ".repeat(9 << 20) + "{\"name\":\"x\"}"))
                            .status())
                    .isEqualTo(413);
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "{\"n\":1e999999999}",
                "{\"n\":[-2E+309]}",
                "{\"n\":\"\\ud800\"}",
                "{\"\\udc00\":1}",
                "{\"n\":1,\"\\u006e\":2}",
                "{\"a\":{\"n\":1,\"n\":2}}",
                "{\"n\":\"\u00e9\"}", // as one byte
                "{\"n\":\"\u00ed\u00a0\u0080\"}", // a surrogate's three
                "{\"n\":\"\u00c1\u00a1\"}", // two where one is enough
            })
    void takesForWrongWhatIsNotReadAlikeByAll(String json) {
        Buffer body = Buffer.buffer(json.getBytes(StandardCharsets.ISO_8859_1));
        String schema = "{\"properties\":{\"n\":{\"multipleOf\":0.5,\"maximum\":7}}}";
        for (String version : List.of("draft4", "draft7")) {
            try (PluginTester tester = tester("{version: " + version + ", body_schema: '" + schema + "'}")) {
                assertThat(compressed(tester, "identity", body).status()).isEqualTo(400);
                assertThat(tester.post("/", "{\"n\":1e0,\"N\":[1e-999999999]}")
                                .send()
                                .status())
                        .isEqualTo(200);
                assertThat(tester.post("/", "{\"n\":1e-999999999}").send().status())
                        .isEqualTo(400);
            }
        }
    }

    @Test
    void takesBodiesUpToALimit() {
        try (PluginTester tester = tester("{version: draft4, " + NAME + "}")) {
            String large = "{\"name\":\"" + "x".repeat(1 << 20) + "\"}";
            assertThat(tester.post("/", large).send().status()).isEqualTo(200);
            assertThat(tester.post("/", " ".repeat(8 << 20) + large).send().status())
                    .isEqualTo(413);
            assertThat(tester.post("/", "{\"name\":" + "[".repeat(1000) + "]".repeat(1000) + "}")
                            .send()
                            .status())
                    .isEqualTo(400);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                // where, style, exploded, schema, captured or query or header, status
                "path|simple|false|{'type':'number'}|123|200",
                "path|simple|false|{'type':'number'}|abc|400",
                "path|simple|false|{'type':'integer'}|1.5|400",
                "path|simple|false|{'type':'integer'}|1e400|400",
                "path|simple|false|{'type':'boolean'}|true|200",
                "path|simple|false|{'type':'string','maxLength':2}|abc|400",
                "path|simple|false|{'type':'array','items':{'type':'integer'}}|1,2|200",
                "path|simple|false|{'type':'array','items':{'type':'integer'}}|1,x|400",
                "path|simple|false|{'type':'array','maxLength':2}|1,2,3|400",
                "path|simple|false|{'type':'object','properties':{'a':{'type':'integer'}}}|a,1|200",
                "path|simple|false|{'type':'object','properties':{'a':{'type':'integer'}}}|a,x|400",
                "path|simple|false|{'type':'object'}|a,1,b|400",
                "path|simple|true|{'type':'object','properties':{'a':{'type':'integer'}}}|a=1,b=x|200",
                "path|simple|true|{'type':'object'}|a,1|400",
                "path|label|false|{'type':'array','items':{'type':'integer'}}|.1,2|200",
                "path|label|true|{'type':'array','items':{'type':'integer'}}|.1.2|200",
                "path|label|true|{'type':'array','items':{'type':'integer'}}|1.2|400",
                "path|label|true|{'type':'object','properties':{'a':{'type':'integer'}}}|.a=1.b=2|200",
                "path|matrix|false|{'type':'array','items':{'type':'integer'}}|;p=1,2|200",
                "path|matrix|true|{'type':'array','items':{'type':'integer'}}|;p=1;p=2|200",
                "path|matrix|true|{'type':'array','items':{'type':'integer'}}|;q=1|400",
                "path|matrix|true|{'type':'object','properties':{'a':{'type':'integer'}}}|;a=1;b=2|200",
                "path|matrix|false|{'type':'object','properties':{'a':{'type':'integer'}}}|;p=a,1|200",
                "path|matrix|false|{'type':'integer'}|;p=5|200",
                "header|simple|false|{'type':'array','items':{'type':'integer'}}|1,2|200",
                "header|simple|false|{'type':'array','items':{'type':'integer'}}|1,a|400",
                "header|simple|false|{'type':'integer'}|-|200",
                "header|simple|false|{'type':'string','maxLength':1}|\u00c3\u00bc|200",
                "query|form|true|{'type':'array','items':{'type':'integer'}}|p=1&p=2|200",
                "query|form|true|{'type':'array','items':{'type':'integer'}}|p=1&p=x|400",
                "query|form|false|{'type':'array','items':{'type':'integer'}}|p=1,2|200",
                "query|form|false|{'type':'array','items':{'type':'integer'}}|p=1%2C2|200",
                "query|form|true|{'type':'integer'}|p=1&p=2|400",
                "query|form|true|{'type':'integer'}|p|400",
                "query|form|true|{'type':'object','properties':{'a':{'type':'integer'}}}|a=1&b=x|200",
                "query|form|true|{'type':'object','properties':{'a':{'type':'integer'}}}|a=x|400",
                "query|form|false|{'type':'object','properties':{'a':{'type':'integer'}}}|p=a,1|200",
                "query|spaceDelimited|false|{'type':'array','items':{'type':'integer'}}|p=1%202+3|200",
                "query|pipeDelimited|false|{'type':'array','items':{'type':'integer'}}|p=1%7C2|200",
                "query|pipeDelimited|false|{'type':'array','items':{'type':'integer'}}|p=1|200",
                "query|deepObject|true|{'type':'object','properties':{'a':{'type':'integer'}}}|p[a]=1|200",
                "query|deepObject|true|{'type':'object','properties':{'a':{'type':'integer'}}}|p%5Ba%5D=x|400",
                "query|deepObject|true|{'type':'object','required':['b']}|p[a]=1|400",
            })
    void readsParametersAsTheirStyleSays(
            String in, String style, boolean explode, String schema, @Nullable String given, int status) {
        String yaml = "{parameter_schema: [{in: " + in + ", name: p, required: false, style: " + style + ", explode: "
                + explode + ", schema: '" + schema.replace('\'', '"') + "'}]}";
        try (PluginTester tester = tester(yaml)) {
            TestRequest request = tester.get(in.equals("query") ? "/?" + given : "/");
            if (in.equals("path") && given != null) {
                request.uriCaptures(Map.of("p", given));
            } else if (in.equals("header") && given != null) {
                request.header("P", given);
            }
            TestExchange exchange = request.send();

            assertThat(exchange.status()).isEqualTo(status);
            if (status == 400) {
                assertThat(exchange.text()).isEqualTo(WRONG_PARAMETER);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"query,/?p=,200", "query,/?q=1,400", "path,/,400", "header,/,400"})
    void asksForWhatIsRequired(String in, String uri, int status) {
        try (PluginTester tester = tester("{parameter_schema: [{in: " + in + ", name: p, required: true}]}")) {
            assertThat(tester.get(uri).send().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|at least one of these fields must be non-empty: 'config.body_schema', 'config.parameter_schema'",
                "{body_schema: '{'}|body_schema: no valid JSON",
                "{body_schema: '{}'}|body_schema: expected: a list of fields",
                "{version: draft4, body_schema: '[]'}|body_schema: expected: a JSON Schema",
                "{version: draft4, body_schema: '{\"type\":\"object\",\"$ref\":\"#\"}'}|it refers to itself without end",
                "{version: draft4, body_schema: '{\"$ref\":\"http://127.0.0.1:1/x\"}'}|body_schema: no valid JSON Schema",
                "{version: draft4, body_schema: '{\"pattern\":\"(?=a)\"}'}|(expected: RE2 syntax",
                "{parameter_schema: [{in: query, name: p, required: true, style: form}]}|all or none of these fields must be set",
                "{parameter_schema: [{in: path, name: p, required: true, style: form, explode: true, schema: '{\"type\":\"string\"}'}]}|style: not for parameters in path",
                "{parameter_schema: [{in: query, name: p, required: true, style: deepObject, explode: true, schema: '{\"type\":\"string\"}'}]}|style: not for a parameter of type string",
                "{parameter_schema: [{in: query, name: p, required: true, style: form, explode: true, schema: '{}'}]}|schema: needs a 'type'",
                "{body_schema: '[]', allowed_content_types: [json]}|allowed_content_types[0]: got json (expected: type/subtype)",
            })
    void refusesAConfigurationAndNamesThePlace(String yaml, String problem) {
        try (PluginTester tester = tester(yaml)) {
            assertThat(tester.problems()).hasSize(1).first().asString().contains(problem);
        }
    }

    private static TestExchange compressed(PluginTester tester, String coding, Buffer body) {
        return tester.request(HttpMethod.POST, "/")
                .header("Content-Type", "application/json")
                .header("Content-Encoding", coding)
                .body(Body.of(body))
                .send();
    }

    private static Buffer gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return Buffer.buffer(bytes.toByteArray());
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new RequestValidatorFactory(), yaml)
                .upstream(request ->
                        request.body().buffer(Long.MAX_VALUE).compose(read -> Response.done(Response.of(200))));
    }
}
