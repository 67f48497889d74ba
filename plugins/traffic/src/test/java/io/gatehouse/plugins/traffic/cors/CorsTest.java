package io.gatehouse.plugins.traffic.cors;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Response;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorsTest {
    private static final String ORIGIN = "Access-Control-Allow-Origin";
    private static final String CREDENTIALS = "Access-Control-Allow-Credentials";
    private static final String DEFAULT_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT";

    @Test
    void hasKongsDefaults() {
        try (PluginTester tester = tester("")) {
            assertThat(tester.config())
                    .isEqualTo(new CorsConfig(
                            List.of(),
                            List.of(),
                            List.of(),
                            List.of(DEFAULT_METHODS.split(",", -1)),
                            null,
                            false,
                            false,
                            false,
                            true));
        }
    }

    @Test
    void refusesWhatIsNoExpressionOrMethod() {
        try (PluginTester tester =
                tester("{origins: [\"*\", \"a(b\"], headers: [\"a\\nb\"], exposed_headers: [\"\\t\"]}")) {
            assertThat(tester.problems())
                    .anyMatch(text -> text.startsWith("origins[1]: 'a(b' is not a valid regex"))
                    .anyMatch(text -> text.startsWith("headers[0]"))
                    .anyMatch(text -> text.startsWith("exposed_headers[0]"))
                    .hasSize(3);
        }
        try (PluginTester tester = tester("methods: [GET, FETCH]")) {
            assertThat(tester.problems()).singleElement().asString().startsWith("methods[1]");
        }
        try (PluginTester tester = tester("origins: ['(?!a)b']")) {
            assertThat(tester.problems()).singleElement().asString().contains("expected: RE2 syntax");
        }
    }

    /** What an origin gets: {@code no} for nothing, {@code same} for itself. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // one entry that is no expression: always what is configured
                "[foo.test];http://evil.test;foo.test",
                "[foo.test];http://foo.test:80;foo.test",
                "['https://bar.test:1234'];http://evil.test;https://bar.test:1234",
                // an expression without a colon: the host
                "['foo\\.test'];http://foo.test;same",
                "['foo\\.test'];http://foo.test:80;http://foo.test",
                "['foo\\.test'];https://foo.test:443;https://foo.test",
                "['foo\\.test'];http://foo.test:443;same",
                "['foo\\.test'];https://foo.test:8000;same",
                "['foo\\.test'];http://foo.test.evil.test;no",
                "['foo\\.test'];http://evilfoo.test;no",
                "['foo\\.test'];http://foobtest;no",
                "['(.*[./])?foo\\.test'];http://something.foo.test;same",
                "['(.*[./])?foo\\.test'];http://evilfoo.test;no",
                // with a colon: the whole origin
                "['(.*[./])?foo\\.test:8000'];https://foo.test:8000;same",
                "['(.*[./])?foo\\.test:8000'];http://foo.test;no",
                "['https://(.*[.])?foo\\.test:8000'];http://foo.test:8000;no",
                "['^http://(.*[.])?foo\\.test(:(80|90))?$'];http://foo.test:90;same",
                "['^http://(.*[.])?foo\\.test(:(80|90))?$'];http://foo.test:8000;no",
                "['http://a\\.test|http://b\\.test'];http://a.test.evil.test;no",
                "['.*\\.?example(?:-foo)?.test'];www.example-foo.test;same",
                "['.*\\.?example(?:-foo)?.test'];www.example-fo0.test;no",
                // several
                "[foo.test, bar.test];http://foo.test;no",
                "[foo.test, bar.test];foo.test;same",
                "['http://foo.test', 'https://bar.test:1234'];http://foo.test:80;http://foo.test",
                "['http://foo.test', 'https://bar.test:1234'];https://bar.test:1234;same",
                "['http://foo.test', 'https://bar.test:1234'];https://bar.test;no",
                "['http://foo.test', 'https://bar.test:1234'];https://foo.test;no",
                "[bar.test, 'foo\\.test'];http://foo.test:8000;same",
                "[bar.test, 'https://(.*\\.)?foo\\.test:8000'];https://foo.test:8000;same",
                "[bar.test, 'https://(.*\\.)?foo\\.test:8000'];http://foo.test:8000;no",
                "[foo.bar, '*'];http://www.example.net;*",
                "['*'];null;*",
                "['http://x.test', 'http://y.test'];null;no",
                "['http://x.test', 'http://y.test'];http://u@x.test;http://x.test",
            })
    void allowsWhatKongAllows(String origins, String origin, String expected) {
        try (PluginTester tester = tester("origins: " + origins)) {
            TestExchange preflight = preflight(tester, origin).send();
            TestExchange other = tester.get("/").header("Origin", origin).send();

            String allowed = expected.equals("no") ? null : expected.equals("same") ? origin : expected;
            assertThat(preflight.header(ORIGIN)).isEqualTo(allowed);
            assertThat(other.header(ORIGIN)).isEqualTo(allowed);
            assertThat(preflight.status()).isEqualTo(200);
            assertThat(preflight.header("Vary")).isEqualTo(origins.equals("['*']") ? null : "Origin");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "origins: []", "origins: ['*']"})
    void answersPreflightsWithDefaults(String yaml) {
        try (PluginTester tester = tester(yaml)) {
            TestExchange exchange = preflight(tester, "origin1.test").send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.text()).isEmpty();
            assertThat(exchange.upstreamRequests()).isEmpty();
            assertThat(exchange.header("Access-Control-Allow-Methods")).isEqualTo(DEFAULT_METHODS);
            assertThat(exchange.header(ORIGIN)).isEqualTo("*");
            assertThat(exchange.headers().names())
                    .doesNotContain(
                            "Access-Control-Allow-Headers",
                            "Access-Control-Expose-Headers",
                            CREDENTIALS,
                            "Access-Control-Max-Age",
                            "Vary");
        }
    }

    @Test
    void answersPreflightsWithWhatIsConfigured() {
        try (PluginTester tester = tester("""
            {origins: [example.test], methods: [GET], headers: [origin, type, accepts], exposed_headers: [x-auth-token],
             max_age: 23, credentials: true, private_network: true}\
            """)) {
            TestExchange exchange = preflight(tester, "origin5.test")
                    .header("Access-Control-Request-Headers", "x-other")
                    .header("Access-Control-Request-Private-Network", "true")
                    .send();

            assertThat(exchange.header("Access-Control-Allow-Methods")).isEqualTo("GET");
            assertThat(exchange.header("Access-Control-Allow-Headers")).isEqualTo("origin,type,accepts");
            assertThat(exchange.header("Access-Control-Max-Age")).isEqualTo("23");
            assertThat(exchange.header("Access-Control-Allow-Private-Network")).isEqualTo("true");
            assertThat(exchange.header(ORIGIN)).isEqualTo("example.test");
            assertThat(exchange.header(CREDENTIALS)).isEqualTo("true");
            assertThat(exchange.header("Vary")).isEqualTo("Origin");
            assertThat(exchange.header("Access-Control-Expose-Headers")).isNull();
        }
    }

    @Test
    void repeatsTheHeadersThatAPreflightAsksFor() {
        try (PluginTester tester = tester("{max_age: 1.5}")) {
            TestExchange exchange = preflight(tester, "a.test")
                    .header("Access-Control-Request-Headers", "origin,accepts")
                    .header("Access-Control-Request-Private-Network", "true")
                    .send();

            assertThat(exchange.header("Access-Control-Allow-Headers")).isEqualTo("origin,accepts");
            assertThat(exchange.header("Access-Control-Max-Age")).isEqualTo("1.5");
            assertThat(exchange.header("Access-Control-Allow-Private-Network")).isNull();
        }
    }

    @Test
    void passesPreflightsOnWhenToldToAndLeavesTheirAnswersAlone() {
        try (PluginTester tester = tester("{origins: [example.test], preflight_continue: true}")) {
            tester.upstream(Upstream.answers(201, "own"));
            TestExchange exchange = preflight(tester, "example.test").send();

            assertThat(exchange.status()).isEqualTo(201);
            assertThat(exchange.header(ORIGIN)).isNull();
        }
    }

    @Test
    void takesOptionsWithoutOriginOrMethodForAnyRequest() {
        try (PluginTester tester = tester("")) {
            for (TestRequest request : List.of(
                    tester.request(HttpMethod.OPTIONS, "/"),
                    tester.request(HttpMethod.OPTIONS, "/").header("Origin", "a.test"),
                    tester.request(HttpMethod.OPTIONS, "/")
                            .header("Origin", "")
                            .header("Access-Control-Request-Method", "GET"))) {
                TestExchange exchange = request.send();

                assertThat(exchange.upstreamRequests()).hasSize(1);
                assertThat(exchange.header(ORIGIN)).isEqualTo("*");
                assertThat(exchange.header("Access-Control-Allow-Methods")).isNull();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{origins: ['*'], credentials:"
                        + " true}|http://www.example.net:3000|http://www.example.net:3000|true|Origin",
                "{origins: ['*'], credentials: true}|-|*|-|-",
                "{credentials: false}|http://a.test|*|-|-",
                "{origins: [a.test, b.test], credentials: true}|evil.test|-|true|Origin",
                "{origins: [a.test, b.test], credentials: true}|b.test|b.test|true|Origin",
                "{origins: [foo.bar], credentials: true, exposed_headers: [x]}|-|foo.bar|true|Origin",
                "{origins: [foo.bar], credentials: true, allow_origin_absent: false}|-|-|-|-",
                "{origins: [foo.bar], credentials: true, allow_origin_absent: false}|''|-|-|-",
            })
    void marksAnswers(
            String yaml,
            @Nullable String origin,
            @Nullable String allowed,
            @Nullable String credentials,
            @Nullable String vary) {
        try (PluginTester tester = tester(yaml)) {
            TestRequest request = tester.get("/");
            TestExchange exchange = (origin == null ? request : request.header("Origin", origin)).send();

            assertThat(exchange.header(ORIGIN)).isEqualTo(allowed);
            assertThat(exchange.header(CREDENTIALS)).isEqualTo(credentials);
            assertThat(exchange.header("Vary")).isEqualTo(vary);
            assertThat(exchange.header("Access-Control-Expose-Headers"))
                    .isEqualTo(yaml.contains("exposed") ? "x" : null);
        }
    }

    @Test
    void replacesAnUpstreamsOwnAnswerAndKeepsItsVary() {
        try (PluginTester tester = tester("origins: [a.test, b.test]")) {
            tester.upstream(request -> {
                Response response = Response.of(200);
                response.headers().set(ORIGIN, "*").set("Vary", "Accept-Encoding");
                return Response.done(response);
            });

            assertThat(tester.get("/").header("Origin", "evil.test").send().header(ORIGIN))
                    .isNull();
            assertThat(tester.get("/")
                            .header("Origin", "a.test")
                            .send()
                            .headers()
                            .getAll("Vary"))
                    .containsExactly("Accept-Encoding", "Origin");
        }
    }

    @Test
    void marksRefusalsAndFaultsToo() {
        try (PluginTester tester = tester("origins: [example.test]")) {
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(502);
            assertThat(exchange.header(ORIGIN)).isEqualTo("example.test");
        }
    }

    private static TestRequest preflight(PluginTester tester, String origin) {
        return tester.request(HttpMethod.OPTIONS, "/")
                .header("Origin", origin)
                .header("Access-Control-Request-Method", "GET");
    }

    private static PluginTester tester(String yaml) {
        return PluginTester.ofYaml(new CorsFactory(), yaml);
    }
}
