package io.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.api.Completion;
import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyTransform;
import io.gatehouse.api.body.Framing;
import io.gatehouse.api.body.Out;
import io.gatehouse.api.config.Problems;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PluginTesterTest {
    private final List<String> calls = new ArrayList<>();

    @Test
    void sendsARequestThroughAndShowsBothSides() {
        try (PluginTester tester = tester(context -> passing())) {
            tester.upstream(Upstream.json(201, "{}"));

            TestExchange exchange =
                    tester.post("/path?a=b", "{\"x\":1}").header("A", "1").send();

            assertThat(exchange.status()).isEqualTo(201);
            assertThat(exchange.text()).isEqualTo("{}");
            assertThat(exchange.source()).isEqualTo(ResponseSource.UPSTREAM);
            assertThat(exchange.outcome().kind()).isEqualTo(Outcome.Kind.SENT);
            assertThat(exchange.upstreamRequest().uri()).isEqualTo("/path?a=b");
            assertThat(exchange.upstreamRequest().header("A")).isEqualTo("1");
            assertThat(exchange.upstreamRequest().body()).isEqualTo("{\"x\":1}");
            assertThat(exchange.completion().attempts()).hasSize(1);
            assertThat(exchange.completion().attempts().get(0).status()).isEqualTo(201);
        }
    }

    @Test
    void readsAStreamedRequestBodyAsTheUpstreamWould() {
        try (PluginTester tester = tester(context -> passing())) {
            TestExchange exchange = tester.request(HttpMethod.POST, "/")
                    .bodyInPieces("one ", "two")
                    .send();

            assertThat(exchange.upstreamRequest().body()).isEqualTo("one two");
            assertThat(exchange.upstreamRequest().isWhole()).isTrue();
        }
    }

    @Test
    void callsEverythingInTheGatewaysOrder() {
        ManualUpstream upstream = new ManualUpstream();
        PluginTester tester = PluginTester.of(new Recorder(), new Config());
        tester.upstream(upstream);

        TestExchange exchange = tester.get("/").send();
        upstream.call().respond(200).write("x");
        exchange.clientLeaves();
        tester.close();

        assertThat(calls)
                .containsExactly(
                        "validate",
                        "start",
                        "create",
                        "admit",
                        "intercept",
                        "head",
                        "admit head",
                        "item",
                        "closed",
                        "onEnd 2",
                        "onEnd 1",
                        "log",
                        "close",
                        "stop");
        assertThat(upstream.call().isCancelled()).isTrue();
        assertThat(exchange.outcome().kind()).isEqualTo(Outcome.Kind.CLIENT_GONE);
        assertThat(exchange.completion().status()).isEqualTo(200);
    }

    @Test
    void showsAClientThatLeavesBeforeTheHeadAs499() {
        ManualUpstream upstream = new ManualUpstream();
        try (PluginTester tester = tester(context -> passing()).upstream(upstream)) {
            TestExchange exchange = tester.get("/").send();
            assertThat(exchange.isAnswered()).isFalse();

            exchange.clientLeaves();

            assertThat(exchange.completion().status()).isEqualTo(499);
            assertThat(exchange.upstreamRequest().isCancelled()).isTrue();
            assertThat(upstream.call().isCancelled()).isTrue();
        }
    }

    @Test
    void tellsAnUpstreamThatDiesMidStreamFromAWholeAnswer() {
        try (PluginTester tester = tester(context -> passing())) {
            tester.upstream(Upstream.streams("a", "b").thenDies(FailureKind.RESET));

            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.pieces()).containsExactly("a", "b");
            assertThat(exchange.bodyEnd()).extracting(BodyEnd::complete).isEqualTo(false);
            assertThat(exchange.outcome()).isEqualTo(new Outcome(Outcome.Kind.UPSTREAM_FAILED, "reset"));
            assertThat(exchange.completion().attempts().get(0).failure())
                    .extracting(Failure::kind)
                    .isEqualTo(FailureKind.RESET);
        }
    }

    @Test
    void mapsAnUpstreamThatGivesNothingToKongsStatuses() {
        try (PluginTester tester = tester(context -> passing())) {
            assertThat(tester.upstream(Upstream.fails(FailureKind.CONNECT))
                            .get("/")
                            .send()
                            .status())
                    .isEqualTo(502);
            assertThat(tester.upstream(Upstream.fails(FailureKind.TIMEOUT))
                            .get("/")
                            .send()
                            .status())
                    .isEqualTo(504);
            assertThat(tester.upstream(Upstream.fails(FailureKind.RESOLVE))
                            .get("/")
                            .send()
                            .status())
                    .isEqualTo(503);
        }
    }

    @Test
    void letsAPausedClientHoldTheUpstreamBack() {
        ManualUpstream upstream = new ManualUpstream();
        try (PluginTester tester = tester(context -> passing()).upstream(upstream)) {
            TestExchange exchange = tester.get("/").pausedClient().send();
            upstream.call().respond(200).write("1").write("2");
            assertThat(exchange.pieces()).isEmpty();

            assertThat(exchange.read().pieces()).containsExactly("1");

            assertThat(upstream.call().isAskedForMore()).isFalse();
            upstream.call().end();
            assertThat(exchange.readAll().pieces()).containsExactly("1", "2");
            assertThat(exchange.outcome().kind()).isEqualTo(Outcome.Kind.SENT);
        }
    }

    @Test
    void failsTheTestWhenThePluginThrows() {
        PluginTester tester = tester(context -> intercepting((request, next) -> {
            throw new IllegalArgumentException("planted");
        }));

        assertThatThrownBy(() -> tester.get("/").send())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("broke in intercept")
                .hasRootCauseMessage("planted");
        tester.close();
    }

    @Test
    void answersForABrokenPluginWhenFaultsAreExpected() {
        List<Interceptor> breaks = List.of(
                (request, next) -> {
                    throw new IllegalArgumentException("planted");
                },
                (request, next) -> null,
                (request, next) -> Future.failedFuture("planted"),
                (request, next) -> Future.succeededFuture());
        for (Interceptor broken : breaks) {
            try (PluginTester tester = tester(context -> intercepting(broken)).expectFaults()) {
                TestExchange exchange = tester.get("/").send();

                assertThat(exchange.status()).isEqualTo(500);
                assertThat(exchange.failure()).extracting(Failure::kind).isEqualTo(FailureKind.PLUGIN);
                assertThat(tester.faults()).hasSize(1);
            }
        }
    }

    @Test
    void limitsThePluginsOwnTimeButNotTheUpstreams() {
        ManualUpstream upstream = new ManualUpstream();
        Promise<Response> never = Promise.promise();
        try (PluginTester tester = tester(context ->
                        intercepting((request, next) -> next.proceed(request).compose(r -> never.future())))
                .upstream(upstream)
                .timeLimit(Duration.ofSeconds(5))
                .expectFaults()) {
            TestExchange exchange = tester.get("/").send();
            tester.clock().advance(Duration.ofSeconds(60));
            assertThat(exchange.isAnswered()).isFalse();

            upstream.call().respond(200);
            tester.clock().advance(Duration.ofSeconds(5));

            assertThat(exchange.status()).isEqualTo(500);
            assertThat(upstream.call().isCancelled()).isTrue();
        }
    }

    @Test
    void cancelsWhatALinkStartedAndDidNotReturn() {
        ManualUpstream upstream = new ManualUpstream();
        try (PluginTester tester = tester(context -> intercepting((request, next) -> {
                    next.proceed(request.copy());
                    return Response.done(Response.of(204));
                }))
                .upstream(upstream)) {
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(204);
            assertThat(exchange.source()).isEqualTo(ResponseSource.PLUGIN);
            assertThat(upstream.call().isCancelled()).isTrue();
        }
    }

    @Test
    void refusesOneRequestSentTwice() {
        PluginTester tester = tester(
                context -> intercepting((request, next) -> next.proceed(request).compose(r -> next.proceed(request))));

        assertThatThrownBy(() -> tester.get("/").send()).hasMessageContaining("request.copy()");
        tester.close();
    }

    @Test
    void namesTheMethodOfATransformThatThrows() {
        try (PluginTester tester = tester(context -> intercepting((request, next) -> next.proceed(request)
                        .map(r -> r.body(r.body().transform(Framing.BYTES, new BodyTransform<>() {
                            @Override
                            public void item(Buffer item, Out<Buffer> out) {
                                throw new IllegalStateException("planted");
                            }
                        })))))
                .expectFaults()) {
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.outcome()).isEqualTo(new Outcome(Outcome.Kind.UPSTREAM_FAILED, "plugin"));
            assertThat(tester.faults()).extracting(PluginTester.Fault::phase).containsExactly("transform.item");
        }
    }

    @Test
    void runsTimersOfTransformsOnItsOwnClock() {
        ManualUpstream upstream = new ManualUpstream();
        try (PluginTester tester = tester(context -> intercepting((request, next) -> next.proceed(request)
                        .map(r -> r.body(r.body().transform(Framing.BYTES, new BodyTransform<>() {
                            @Override
                            public void item(Buffer item, Out<Buffer> out) {
                                out.wake(Duration.ofSeconds(1));
                            }

                            @Override
                            public void tick(Out<Buffer> out) {
                                out.emit(Buffer.buffer("tick"));
                            }
                        })))))
                .upstream(upstream)) {
            TestExchange exchange = tester.get("/").send();
            upstream.call().respond(200).write("x");
            assertThat(exchange.text()).isEmpty();

            tester.clock().advance(Duration.ofSeconds(1));

            assertThat(exchange.text()).isEqualTo("tick");
        }
    }

    @Test
    void rendersAPluginsErrorAndKeepsItsMessage() {
        try (PluginTester tester =
                tester(context -> intercepting((request, next) -> Response.done(Response.error(403, "no entry"))))) {
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.message()).isEqualTo("no entry");
            assertThat(exchange.text())
                    .isEqualTo("{\n  \"message\":\"no entry\",\n  \"request_id\":\""
                            + exchange.exchange().id() + "\"\n}");
            assertThat(exchange.upstreamRequests()).isEmpty();
        }
    }

    @Test
    void writesAFailureThatAPluginFoundAsTheGatewayWritesItsOwn() {
        Failure late = Failure.of(FailureKind.TIMEOUT, "planted");
        try (PluginTester tester = tester(context -> intercepting((request, next) -> {
            Response failed = Response.failed(late);
            failed.headers().set("X-Mine", "1");
            return Response.done(failed);
        }))) {
            TestExchange exchange = tester.get("/").send();

            assertThat(exchange.status()).isEqualTo(504);
            assertThat(exchange.message()).isEqualTo("The upstream server is timing out");
            assertThat(exchange.text()).contains(exchange.message());
            assertThat(exchange.header("X-Mine")).isEqualTo("1");
            assertThat(exchange.source()).isEqualTo(ResponseSource.GATEWAY);
            assertThat(exchange.failure()).isSameAs(late);
            assertThat(exchange.outcome()).isEqualTo(new Outcome(Outcome.Kind.SENT, "timeout"));
        }
    }

    @Test
    void doesNotCountTheWaitForAnUpstreamsBodyAsThePluginsTime() {
        try (PluginTester tester = tester(context -> intercepting((request, next) -> next.proceed(request)
                .compose(response -> response.body().buffer(100).map(whole -> response))))) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream).timeLimit(Duration.ofSeconds(1));
            TestExchange exchange = tester.get("/").send();
            upstream.call().respond(200).write("o");
            tester.clock().advance(Duration.ofSeconds(10));
            assertThat(exchange.isAnswered()).isFalse();
            upstream.call().write("k").end();
            assertThat(exchange.text()).isEqualTo("ok");
        }
    }

    @Test
    void reportsAThrowInLogAndClose() {
        PluginTester tester = tester(context -> new Plugin() {
            @Override
            public void log(Completion completion) {
                throw new IllegalStateException("planted log");
            }

            @Override
            public void close() {
                throw new IllegalStateException("planted close");
            }
        });

        assertThatThrownBy(() -> tester.get("/").send()).hasMessageContaining("broke in log");
        assertThatThrownBy(tester::close).hasMessageContaining("broke in close");
    }

    @Test
    void runsPeriodicWorkUntilItIsClosed() {
        int[] runs = new int[1];
        PluginTester tester = tester(context -> {
            context.every(Duration.ofSeconds(10), () -> runs[0]++);
            return passing();
        });
        tester.create();

        tester.clock().advance(Duration.ofSeconds(35));
        tester.close();
        tester.clock().advance(Duration.ofSeconds(35));

        assertThat(runs[0]).isEqualTo(3);
    }

    @Test
    void blamesTheClientForABodyThatBreaksOffWhileThePluginReadsIt() {
        try (PluginTester tester = tester(context -> new Plugin() {
            @Override
            public Future<Response> intercept(Request request, Next next) {
                return request.body().buffer(10).map(fits -> Response.of(200));
            }
        })) {
            TestExchange exchange =
                    tester.request(HttpMethod.POST, "/").bodyThatBreaksOff("x").send();

            assertThat(exchange.status()).isEqualTo(400);
            assertThat(exchange.failure()).isNotNull();
            assertThat(exchange.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
        }
    }

    @Test
    void readsWhatAPluginCountsAndHowItIsWrong() {
        try (PluginTester tester = tester(context -> {
            context.metrics().counter("hits_total", "Hits.", "route").with("r").add(2);
            return passing();
        })) {
            tester.create();

            assertThat(tester.counter("hits_total", "r")).isEqualTo(2);
            assertThat(tester.metrics().series()).containsExactly("hits_total{route=\"r\"} 2.0");
            assertThatThrownBy(() -> tester.counter("hit_total", "r")).hasMessageContaining("hits_total");
            assertThatThrownBy(() -> tester.metrics().gauge("hits_total", "Hits.", "route"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static PluginTester tester(Function<PluginContext, Plugin> maker) {
        return PluginTester.of(new Simple(maker), new Config());
    }

    private static Plugin passing() {
        return new Plugin() {};
    }

    private static Plugin intercepting(Interceptor interceptor) {
        return new Plugin() {
            @Override
            public Future<Response> intercept(Request request, Next next) {
                return broken(interceptor.intercept(request, next));
            }
        };
    }

    /** Plugins must not return null; these do. */
    @SuppressWarnings("NullAway")
    private static Future<Response> broken(@Nullable Future<Response> answer) {
        return answer;
    }

    private interface Interceptor {
        @org.jspecify.annotations.Nullable
        Future<Response> intercept(Request request, Next next);
    }

    private record Config() {}

    private record Simple(Function<PluginContext, Plugin> maker) implements PluginFactory<Config> {
        @Override
        public String name() {
            return "simple";
        }

        @Override
        public int priority() {
            return 1;
        }

        @Override
        public Class<Config> configType() {
            return Config.class;
        }

        @Override
        public Plugin create(Config config, PluginContext context) {
            return maker.apply(context);
        }
    }

    /** Writes down every call. */
    private final class Recorder implements PluginFactory<Config>, Plugin {
        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public int priority() {
            return 1;
        }

        @Override
        public OptionalInt outerPriority() {
            return OptionalInt.of(2);
        }

        @Override
        public Class<Config> configType() {
            return Config.class;
        }

        @Override
        public void validate(Config config, Problems problems) {
            calls.add("validate");
        }

        @Override
        public void start(FactoryContext context) {
            calls.add("start");
        }

        @Override
        public Plugin create(Config config, PluginContext context) {
            calls.add("create");
            return this;
        }

        @Override
        public Future<Response> admit(Request request, Next next) {
            calls.add("admit");
            return next.proceed(request).onSuccess(r -> calls.add("admit head"));
        }

        @Override
        public Future<Response> intercept(Request request, Next next) {
            calls.add("intercept");
            request.exchange().onEnd(() -> calls.add("onEnd 1"));
            request.exchange().onEnd(() -> calls.add("onEnd 2"));
            return next.proceed(request).map(r -> {
                calls.add("head");
                return r.body(r.body().transform(Framing.BYTES, new BodyTransform<>() {
                    @Override
                    public void item(Buffer item, Out<Buffer> out) {
                        calls.add("item");
                        out.emit(item);
                    }

                    @Override
                    public void closed(BodyEnd end) {
                        calls.add("closed");
                    }
                }));
            });
        }

        @Override
        public void log(Completion completion) {
            calls.add("log");
        }

        @Override
        public void close() {
            calls.add("close");
        }

        @Override
        public void stop() {
            calls.add("stop");
        }
    }
}
