package io.gatehouse.plugins.traffic.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.AdminPage;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Response;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.FakeRoute;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.TestRequest;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** With answers in memory; {@link RedisCacheTest} runs the same with Redis. */
class ProxyCacheTest {
    static final String STATUS = "X-Cache-Status";
    int asked;

    @Test
    void answersWithWhatIsKeptUntilItIsNoLongerGood() {
        try (PluginTester tester = tester("cache_ttl: 2")) {
            counting(tester, "text/plain");
            TestExchange miss = tester.get("/a?b=1").send();
            tester.clock().advance(Duration.ofSeconds(1));
            TestExchange hit = tester.get("/a?b=1").send();

            assertThat(miss.header(STATUS)).isEqualTo("Miss");
            assertThat(miss.header("Age")).isNull();
            assertThat(hit.header(STATUS)).isEqualTo("Hit");
            assertThat(hit.header("Age")).isEqualTo("1");
            assertThat(hit.header("X-Cache-Key"))
                    .isEqualTo(miss.header("X-Cache-Key"))
                    .hasSize(64);
            assertThat(hit.text()).isEqualTo(miss.text()).isEqualTo("answer 1");
            assertThat(hit.header("Content-Type")).isEqualTo("text/plain");
            assertThat(hit.header("X-Own")).isEqualTo("yes");
            assertThat(hit.upstreamRequests()).isEmpty();

            tester.clock().advance(Duration.ofSeconds(2));
            assertThat(tester.get("/a?b=1").send().header(STATUS)).isEqualTo("Miss");
            assertThat(asked).isEqualTo(2);
        }
    }

    @Test
    void passesAWebSocketOn() {
        try (PluginTester tester = tester("")) {
            counting(tester, "text/plain");
            tester.get("/").send();
            assertThat(tester.get("/").header("Upgrade", "websocket").send().header(STATUS))
                    .isEqualTo("Bypass");
            assertThat(asked).isEqualTo(2);
        }
    }

    @Test
    void asksAgainForWhatIsKeptLongerThanItIsGood() {
        try (PluginTester tester = tester("{cache_ttl: 2, storage_ttl: 60}")) {
            counting(tester, "text/plain");
            tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(3));
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Refresh");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Hit");
            assertThat(asked).isEqualTo(2);
        }
    }

    @Test
    void keepsUnderKongsKey() throws Exception {
        try (PluginTester tester = tester("{vary_headers: [x-b, X-A]}")) {
            counting(tester, "text/plain");
            FakeRoute route = FakeRoute.named("r");
            TestExchange plain = tester.get("/p").route(route).send();
            TestExchange full = tester.get("/p?z=2&a=b%20c&z=1&flag&\u00c3\u00bc=%C3%A9")
                    .route(route)
                    .consumer(new Consumer("c-id", "alice", null, List.of()))
                    .header("X-A", "\u00c3\u00bc")
                    .send();

            assertThat(plain.header("X-Cache-Key")).isEqualTo(sha256(route.id() + "|GET|GET /p HTTP/1.1||"));
            assertThat(full.header("X-Cache-Key"))
                    .isEqualTo(sha256("c-id:" + route.id() + "|GET|GET /p|a=b c:flag:z=1,2:\u00fc=\u00e9|X-A=\u00fc"));
        }
    }

    @Test
    void variesByAHyphenatedHeaderNamedWithUnderscores() {
        try (PluginTester tester = tester("vary_headers: [x_team]")) {
            counting(tester, "text/plain");
            tester.get("/a").header("X-Team", "a").send();

            assertThat(tester.get("/a").header("X-Team", "b").send().header(STATUS))
                    .isEqualTo("Miss");
            assertThat(tester.get("/a").header("X-Team", "a").send().header(STATUS))
                    .isEqualTo("Hit");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|GET /a?x=1&y=2|GET /a?y=2&x=1|Hit",
                "{}|GET /a?x=1|GET /a?x=2|Miss",
                "{}|GET /a?x=%C3%A9|GET /a?x=%E9|Miss",
                "{}|GET /a?%C3%A9=1|GET /a?%E9=1|Miss",
                "{}|GET /a?x=%C3%A9|GET /a?x=%c3%a9|Hit",
                "{}|GET /a|GET /A|Miss",
                "{ignore_uri_case: true}|GET /a|GET /A|Hit",
                "{}|GET /a|HEAD /a|Miss",
                "{vary_query_params: [x]}|GET /a?x=1&y=2|GET /a?x=1&y=3|Hit",
                "{vary_query_params: [x]}|GET /a?x=1|GET /a?x=2|Miss",
                "{vary_query_params: [\u00e9]}|GET /a?%C3%A9=1|GET /a?%C3%A9=2|Miss",
                "{vary_query_params: [\u00e9]}|GET /a?%C3%A9=1&y=2|GET /a?%C3%A9=1&y=3|Hit",
                "{}|POST /a|POST /a|Bypass",
                "{request_method: [POST]}|POST /a|POST /a|Hit",
                "{request_method: [POST]}|GET /a|GET /a|Bypass",
            })
    void knowsWhatIsTheSame(String yaml, String first, String second, String status) {
        try (PluginTester tester = tester(yaml.equals("{}") ? "" : yaml)) {
            counting(tester, "text/plain");
            request(tester, first).send();

            assertThat(request(tester, second).send().header(STATUS)).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{}|200|text/plain|Hit",
                "{}|301|text/plain|Hit",
                "{}|404|application/json|Hit",
                "{}|500|text/plain|Bypass",
                "{}|200|-|Bypass",
                "{}|200|image/png|Bypass",
                "{}|200|application/json; charset=utf-8|Bypass",
                "{content_type: ['application/json; charset=utf-8']}|200|Application/JSON;charset=\"utf-8\"|Hit",
                "{content_type: ['application/json; charset=utf-8']}|200|application/json|Bypass",
                "{content_type: ['image/*']}|200|image/png|Hit",
                "{content_type: ['*/*']}|200|image/png|Hit",
                "{response_code: [500]}|500|text/plain|Hit",
            })
    void keepsWhatItIsToldTo(String yaml, int status, @Nullable String type, String second) {
        try (PluginTester tester = tester(yaml.equals("{}") ? "" : yaml)) {
            tester.upstream(answers(status, type, "x"));
            TestExchange first = tester.get("/").send();

            assertThat(first.header(STATUS)).isEqualTo(second.equals("Hit") ? "Miss" : "Bypass");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo(second);
            assertThat(tester.get("/").send().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // what the answer says, seconds later, what the second request says, what it gets
                "max-age=5|4|-|Hit",
                "max-age=5|6|-|Miss",
                "max-age=5, s-maxage=2|3|-|Miss",
                "public, max-age=\"5\"|4|-|Hit",
                "max-age=0|0|-|Bypass",
                "max-age=x|0|-|Bypass",
                "private, max-age=5|0|-|Bypass",
                "no-store|0|-|Bypass",
                "no-cache, max-age=5|0|-|Bypass",
                "-|0|-|Bypass",
                "max-age=5|0|no-cache|Bypass",
                "max-age=5|0|No-Store|Bypass",
                "max-age=5|2|max-age=1|Refresh",
                "max-age=5|2|max-age=2|Hit",
                "max-age=5, must-revalidate|4|max-stale|Hit",
                "max-age=5|2|min-fresh=4|Refresh",
                "max-age=5|2|min-fresh=3|Hit",
                "max-age=99999999999999999999|0|-|Bypass",
                "max-age=9999999999|9|-|Hit",
            })
    void followsCacheControl(@Nullable String answer, int later, @Nullable String request, String status) {
        try (PluginTester tester = tester("cache_control: true")) {
            tester.upstream(answers(200, "text/plain", "x", "Cache-Control", answer));
            tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(later));
            TestRequest second = tester.get("/");

            assertThat((request == null ? second : second.header("Cache-Control", request))
                            .send()
                            .header(STATUS))
                    .isEqualTo(status);
        }
    }

    @Test
    void givesWhatIsNoLongerGoodToWhoTakesIt() {
        try (PluginTester tester = tester("{cache_control: true, storage_ttl: 100}")) {
            tester.upstream(answers(200, "text/plain", "x", "Cache-Control", "max-age=5"));
            tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(8));

            assertThat(tester.get("/")
                            .header("Cache-Control", "max-stale=3")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Hit");
            assertThat(tester.get("/")
                            .header("Cache-Control", "max-stale")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Hit");
            assertThat(tester.get("/")
                            .header("Cache-Control", "max-stale=2")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Refresh");
            tester.clock().advance(Duration.ofSeconds(6));
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Refresh");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"max-age=5, must-revalidate", "max-age=5, proxy-revalidate", "s-maxage=5"})
    void givesWhatIsNoLongerGoodToNobodyWhereTheAnswerForbidsIt(String control) {
        try (PluginTester tester = tester("{cache_control: true, storage_ttl: 100}")) {
            tester.upstream(answers(200, "text/plain", "x", "Cache-Control", control));
            tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(8));
            assertThat(tester.get("/")
                            .header("Cache-Control", "max-stale")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Refresh");
        }
    }

    @Test
    void countsTheAgeThatAnAnswerHasAlready() {
        try (PluginTester tester = tester("cache_control: true")) {
            tester.upstream(request -> {
                Response response = Response.of(200).body(Body.of(Buffer.buffer("x")));
                response.headers()
                        .set("Content-Type", "text/plain")
                        .set("Cache-Control", "max-age=100")
                        .set("Age", request.path().substring(1));
                return Response.done(response);
            });
            assertThat(tester.get("/150").send().header(STATUS)).isEqualTo("Bypass");
            assertThat(tester.get("/40").send().header(STATUS)).isEqualTo("Miss");
            assertThat(tester.get("/nonsense").send().header(STATUS)).isEqualTo("Miss");
            tester.clock().advance(Duration.ofSeconds(59));
            TestExchange hit = tester.get("/40").send();
            assertThat(hit.header(STATUS)).isEqualTo("Hit");
            assertThat(hit.header("Age")).isEqualTo("99");
            tester.clock().advance(Duration.ofSeconds(2));
            assertThat(tester.get("/40").send().header(STATUS)).isEqualTo("Miss");
            assertThat(tester.get("/nonsense").send().header("Age")).isEqualTo("61");
        }
    }

    @Test
    void readsWhenAnAnswerExpires() {
        try (PluginTester tester = tester("cache_control: true")) {
            tester.upstream(answers(200, "text/plain", "x", "Expires", "Thu, 1 Jan 2026 00:00:10 GMT"));
            tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(9));
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Hit");
            tester.clock().advance(Duration.ofSeconds(2));
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Bypass");
            tester.upstream(answers(200, "text/plain", "x", "Expires", "0"));
            assertThat(tester.get("/other").send().header(STATUS)).isEqualTo("Bypass");
        }
    }

    @Test
    void passesRequestsWithCredentialsByAndAsksNobodyForWhoWantsOnlyTheCache() {
        try (PluginTester tester = tester("cache_control: true")) {
            tester.upstream(answers(200, "text/plain", "x", "Cache-Control", "max-age=5"));
            assertThat(tester.get("/").header("Authorization", "Basic x").send().header(STATUS))
                    .isEqualTo("Bypass");
            TestExchange nothing =
                    tester.get("/").header("Cache-Control", "only-if-cached").send();
            assertThat(nothing.status()).isEqualTo(504);
            assertThat(nothing.header(STATUS)).isNull();
            assertThat(nothing.header("X-Cache-Key")).hasSize(64);
            assertThat(nothing.text()).isEmpty();
            assertThat(nothing.upstreamRequests()).isEmpty();
            tester.get("/").send();
            assertThat(tester.get("/")
                            .header("Cache-Control", "only-if-cached")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Hit");
        }
    }

    @Test
    void followsVary() {
        try (PluginTester tester = tester("")) {
            tester.upstream(request -> {
                asked++;
                Response response = Response.of(200)
                        .body(Body.of(Buffer.buffer("in " + request.headers().get("Accept-Language"))));
                response.headers().set("Content-Type", "text/plain").set("Vary", "Accept-Language, X-Other");
                return Response.done(response);
            });
            for (String language : List.of("de", "en", "de", "en")) {
                assertThat(tester.get("/")
                                .header("Accept-Language", language)
                                .send()
                                .text())
                        .isEqualTo("in " + language);
            }
            assertThat(asked).isEqualTo(2);
            assertThat(tester.get("/")
                            .header("Accept-Language", "de")
                            .header("X-Other", "1")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Miss");
        }
    }

    @Test
    void followsVaryOnWhatTheUpstreamSees() {
        try (PluginTester tester = tester("{vary_headers: [X-Own]}")) {
            tester.upstream(request -> answers(
                            200,
                            "text/plain",
                            "for " + request.headers().get("X-Tenant")
                                    + request.headers().get("X-Own"),
                            "Vary",
                            "X-Tenant")
                    .proceed(request));
            for (String both : List.of("ab", "ba", "bb", "ab")) {
                TestExchange answered = tester.get("/")
                        .upstreamHeader("X-Tenant", both.substring(0, 1))
                        .upstreamHeader("X-Own", both.substring(1))
                        .send();
                assertThat(answered.text()).isEqualTo("for " + both);
            }
            assertThat(tester.get("/")
                            .header("X-Tenant", "c")
                            .upstreamHeader("X-Tenant", "b")
                            .upstreamHeader("X-Own", "b")
                            .send()
                            .header(STATUS))
                    .isEqualTo("Hit");
        }
    }

    @Test
    void keepsNothingThatVariesByEverything() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "x", "Vary", "*"));
            tester.get("/").send();
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Bypass");
        }
    }

    @Test
    void givesCompressedAnswersOnlyToWhoAskedAlike() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "zipped", "Content-Encoding", "gzip"));
            tester.get("/").header("Accept-Encoding", "gzip").send();
            assertThat(tester.get("/").header("Accept-Encoding", "gzip").send().header(STATUS))
                    .isEqualTo("Hit");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
        }
    }

    @Test
    void keepsNoPartOfAnAnswer() {
        try (PluginTester tester = tester("{response_code: [200, 206]}")) {
            tester.upstream(answers(206, "text/plain", "pa", "Content-Range", "bytes 0-1/4"));
            assertThat(tester.get("/").header("Range", "bytes=0-1").send().header(STATUS))
                    .isEqualTo("Bypass");
            counting(tester, "text/plain");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
            assertThat(tester.get("/").header("Range", "bytes=0-1").send().text())
                    .isEqualTo("answer 1");
        }
    }

    @ParameterizedTest
    @CsvSource({"If-None-Match,304", "If-Modified-Since,304", "If-Match,412", "Range,206", "X-Any,401", "X-Any,500"})
    void asksOnceForManyThoughOneGotAnAnswerOfItsOwn(String header, int status) {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            tester.get("/").header(header, "x").send();
            upstream.call().respond(status, "Content-Type", "text/plain").end();
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                exchanges.add(tester.get("/").send());
            }
            assertThat(upstream.calls()).hasSize(2);
            upstream.call()
                    .respond(200, "Content-Type", "text/plain")
                    .write("whole")
                    .end();
            assertThat(exchanges).allSatisfy(one -> assertThat(one.text()).isEqualTo("whole"));
            assertThat(upstream.calls()).hasSize(2);
        }
    }

    @Test
    void letsNobodyWaitForWhoAsksForItself() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            tester.get("/").header("If-None-Match", "x").send();
            tester.get("/").send();
            tester.get("/").header("Range", "bytes=0-1").send();
            assertThat(upstream.calls()).hasSize(3);
            upstream.calls().forEach(call -> call.respond(304).end());
        }
    }

    @Test
    void letsOneAfterTheOtherAskWhereAClientMayBeAtFault() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                exchanges.add(tester.get("/").send());
            }
            upstream.call().respond(403, "Content-Type", "text/plain").end();
            assertThat(exchanges.get(0).status()).isEqualTo(403);
            assertThat(upstream.calls()).hasSize(2);
            upstream.call()
                    .respond(200, "Content-Type", "text/plain")
                    .write("whole")
                    .end();
            assertThat(exchanges.get(2).text()).isEqualTo("whole");
            assertThat(upstream.calls()).hasSize(2);
        }
    }

    @Test
    void keepsTheLengthThatAnAnswerWithoutItsBodyTells() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "", "Content-Length", "5"));
            for (String status : List.of("Miss", "Hit")) {
                TestExchange head = tester.request(HttpMethod.HEAD, "/").send();
                assertThat(head.header(STATUS)).isEqualTo(status);
                assertThat(head.header("Content-Length")).isEqualTo("5");
            }
        }
    }

    @Test
    void keepsNoHalfAnswer() {
        try (PluginTester tester = tester("")) {
            tester.upstream(Upstream.streams("ha", "lf")
                    .header("Content-Type", "text/plain")
                    .thenDies(FailureKind.RESET));
            TestExchange half = tester.get("/").send();
            assertThat(half.bodyEnd()).isNotNull();
            assertThat(half.bodyEnd().complete()).isFalse();

            counting(tester, "text/plain");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Hit");
        }
    }

    @Test
    void keepsNoAnswerWhoseClientLeft() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange left = tester.get("/").send();
            upstream.call().respond(200, "Content-Type", "text/plain").write("ha");
            left.clientLeaves();
            assertThat(upstream.call().isCancelled()).isTrue();

            counting(tester, "text/plain");
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
        }
    }

    @Test
    void asksOnceForManyAndGivesAllTheWholeAnswer() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            List<TestExchange> exchanges = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                exchanges.add(tester.get("/").send());
            }
            assertThat(upstream.calls()).hasSize(1);
            upstream.call().respond(200, "Content-Type", "text/plain").write("whole ");
            assertThat(exchanges.stream().filter(TestExchange::isAnswered)).hasSize(1);
            upstream.call().write("answer");
            upstream.call().end();

            assertThat(upstream.calls()).hasSize(1);
            assertThat(exchanges)
                    .allSatisfy(exchange -> assertThat(exchange.text()).isEqualTo("whole answer"));
            assertThat(exchanges.stream().filter(exchange -> "Hit".equals(exchange.header(STATUS))))
                    .hasSize(9);
        }
    }

    @Test
    void letsAllAskOnceAnAnswerCannotBeKeptAndNobodyWaitsForTheNext() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            for (int i = 0; i < 3; i++) {
                tester.get("/").send();
            }
            upstream.calls().get(0).respond(200, "Content-Type", "text/event-stream");
            assertThat(upstream.calls()).hasSize(3);
            tester.get("/").send();
            assertThat(upstream.calls()).hasSize(4);
            upstream.calls().get(0).end();
            for (ManualUpstream.Call call : upstream.calls().subList(1, 4)) {
                call.respond(200, "Content-Type", "text/event-stream").end();
            }
        }
    }

    @Test
    void letsAnotherAskWhenTheFirstClientLeaves() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange first = tester.get("/").send();
            TestExchange second = tester.get("/").send();
            TestExchange third = tester.get("/").send();
            first.clientLeaves();
            assertThat(upstream.calls()).hasSize(2);
            upstream.calls()
                    .get(1)
                    .respond(200, "Content-Type", "text/plain")
                    .write("x")
                    .end();

            assertThat(second.text()).isEqualTo("x");
            assertThat(third.text()).isEqualTo("x");
            assertThat(third.header(STATUS)).isEqualTo("Hit");
        }
    }

    @Test
    void waitsForNobodyLongerThanItsPatience() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange first = tester.get("/").send();
            TestExchange second = tester.get("/").send();
            tester.clock().advance(ProxyCache.PATIENCE);
            assertThat(upstream.calls()).hasSize(2);
            upstream.calls()
                    .get(1)
                    .respond(200, "Content-Type", "text/plain")
                    .write("x")
                    .end();
            assertThat(second.text()).isEqualTo("x");
            first.clientLeaves();
        }
    }

    @Test
    void forgetsAClientThatLeavesWhileItWaits() {
        try (PluginTester tester = tester("")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange first = tester.get("/").send();
            TestExchange second = tester.get("/").send();
            second.clientLeaves();
            upstream.call()
                    .respond(200, "Content-Type", "text/plain")
                    .write("x")
                    .end();

            assertThat(first.text()).isEqualTo("x");
            assertThat(upstream.calls()).hasSize(1);
        }
    }

    @Test
    void keepsNothingThatIsTooLargeAndStillPassesItOn() {
        try (PluginTester tester = tester("")) {
            String large = "x".repeat((int) ProxyCache.MAX_ANSWER + 1);
            tester.upstream(Upstream.streams(large.substring(1), "y").header("Content-Type", "text/plain"));
            assertThat(tester.get("/").send().text()).hasSize(large.length());
            assertThat(tester.get("/").send().header(STATUS)).isEqualTo("Miss");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tellsTheClientWhatItIsToldTo(boolean debug) {
        try (PluginTester tester =
                tester("response_headers: {age: false, X-Cache-Status: false, X-Cache-Key: false}")) {
            counting(tester, "text/plain");
            for (TestRequest request : List.of(tester.get("/"), tester.get("/"), tester.request(HttpMethod.PUT, "/"))) {
                TestExchange exchange = (debug ? request.header("Kong-Debug", "1") : request).send();

                assertThat(exchange.headers().contains(STATUS)).isEqualTo(debug);
            }
            assertThat(asked).isEqualTo(2);
        }
    }

    @Test
    void givesAConsumerNobodyElsesAnswer() {
        try (PluginTester tester = tester("")) {
            counting(tester, "text/plain");
            tester.get("/")
                    .consumer(new Consumer("a", "alice", null, List.of()))
                    .send();
            TestExchange other = tester.get("/")
                    .consumer(new Consumer("b", "bob", null, List.of()))
                    .send();

            assertThat(other.header(STATUS)).isEqualTo("Miss");
        }
    }

    @Test
    void showsAndForgetsWhatItKeepsOverTheAdminApi() {
        try (PluginTester tester = tester("").pluginId("7f2f0e3a-0000-4000-8000-000000000001")) {
            counting(tester, "text/plain");
            String key = tester.get("/a").send().header("X-Cache-Key");
            String other = tester.get("/b").send().header("X-Cache-Key");
            String mine = "/7f2f0e3a-0000-4000-8000-000000000001/caches/" + key;

            AdminPage.Answer shown = tester.admin(HttpMethod.GET, mine).result();
            assertThat(shown.status()).isEqualTo(200);
            assertThat(new JsonObject(shown.json()).getString("body")).isEqualTo("answer 1");
            assertThat(new JsonObject(shown.json()).getInteger("status")).isEqualTo(200);
            assertThat(new JsonObject(shown.json()).getInteger("body_len")).isEqualTo(8);
            assertThat(new JsonObject(shown.json()).getJsonObject("headers").getString("X-Own"))
                    .isEqualTo("yes");

            assertThat(status(tester, HttpMethod.DELETE, "/" + key)).isEqualTo(204);
            assertThat(status(tester, HttpMethod.DELETE, "/" + key)).isEqualTo(404);
            assertThat(status(tester, HttpMethod.GET, mine)).isEqualTo(404);
            assertThat(tester.get("/a").send().header(STATUS)).isEqualTo("Miss");
            assertThat(status(tester, HttpMethod.GET, "/" + other)).isEqualTo(200);

            assertThat(status(tester, HttpMethod.DELETE, "/")).isEqualTo(204);
            assertThat(status(tester, HttpMethod.GET, "/" + other)).isEqualTo(404);
            assertThat(tester.get("/b").send().header(STATUS)).isEqualTo("Miss");
        }
    }

    @Test
    void showsABodyThatIsNoTextInBase64() {
        try (PluginTester tester = tester("")) {
            tester.upstream(request -> {
                Response response = Response.of(200).body(Body.of(Buffer.buffer(new byte[] {(byte) 0xff, 0})));
                response.headers().set("Content-Type", "text/plain");
                return Response.done(response);
            });
            String key = tester.get("/").send().header("X-Cache-Key");

            JsonObject shown = new JsonObject(
                    tester.admin(HttpMethod.GET, "/" + key).result().json());
            assertThat(shown.getString("body_base64")).isEqualTo("/wA=");
            assertThat(shown.containsKey("body")).isFalse();
        }
    }

    @Test
    void forgetsAllVariantsOfAKey() {
        try (PluginTester tester = tester("")) {
            tester.upstream(answers(200, "text/plain", "x", "Vary", "Accept-Language"));
            String key = tester.get("/").header("Accept-Language", "de").send().header("X-Cache-Key");
            tester.get("/").header("Accept-Language", "fr").send();

            assertThat(status(tester, HttpMethod.GET, "/" + key)).isEqualTo(200);
            assertThat(status(tester, HttpMethod.DELETE, "/" + key)).isEqualTo(204);
            assertThat(tester.get("/").header("Accept-Language", "de").send().header(STATUS))
                    .isEqualTo("Miss");
            assertThat(tester.get("/").header("Accept-Language", "fr").send().header(STATUS))
                    .isEqualTo("Miss");
        }
    }

    @Test
    void doesNotKeepAnAnswerThatWasOnItsWayAtAPurge() {
        try (PluginTester tester = tester("")) {
            tester.upstream(request -> {
                assertThat(status(tester, HttpMethod.DELETE, "/")).isEqualTo(204);
                return answers(200, "text/plain", "old").proceed(request);
            });
            String key = tester.get("/").send().header("X-Cache-Key");

            assertThat(status(tester, HttpMethod.GET, "/" + key)).isEqualTo(404);
        }
    }

    static int status(PluginTester tester, HttpMethod method, String path) {
        return tester.admin(method, path).result().status();
    }

    private static TestRequest request(PluginTester tester, String line) {
        String[] words = line.split(" ", 2);
        return tester.request(HttpMethod.valueOf(words[0]), words[1]);
    }

    final void counting(PluginTester tester, String type) {
        tester.upstream(request ->
                answers(200, type, "answer " + ++asked, "X-Own", "yes").proceed(request));
    }

    static Next answers(int status, @Nullable String type, String text, @Nullable String... header) {
        return request -> {
            Response response = Response.of(status).body(Body.of(Buffer.buffer(text)));
            if (type != null) {
                response.headers().set("Content-Type", type);
            }
            if (header.length == 2 && header[0] != null && header[1] != null) {
                response.headers().set(header[0], header[1]);
            }
            return Response.done(response);
        };
    }

    private static String sha256(String text) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Where answers are kept, as the beginning of a flow mapping. */
    String strategy() {
        return "strategy: memory";
    }

    final PluginTester tester(String yaml) {
        String rest = yaml.startsWith("{") ? yaml.substring(1) : yaml.isEmpty() ? "}" : yaml + '}';
        return PluginTester.ofYaml(new ProxyCacheFactory(), '{' + strategy() + ", " + rest);
    }
}
