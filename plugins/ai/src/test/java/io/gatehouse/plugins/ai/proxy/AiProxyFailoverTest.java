package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Next;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked // a null where a value was expected fails the test anyway
class AiProxyFailoverTest {
    private static final String ASK = "{\"messages\":[{\"content\":\"a b\"}],\"stream\":true}";

    private static PluginTester two(String balancer) {
        return Ai.advanced("""
                balancer: {%s}
                targets:
                  - route_type: llm/v1/chat
                    model: {provider: openai, name: gpt-4.1}
                    auth: {header_name: Authorization, header_value: Bearer one}
                    logging: {log_statistics: true}
                  - route_type: llm/v1/chat
                    model: {provider: mistral, name: mistral-tiny, options: {mistral_format: openai}}
                    auth: {header_name: api-key, header_value: two}
                    logging: {log_statistics: true}
                """.formatted(balancer));
    }

    @ParameterizedTest
    @EnumSource(
            value = FailureKind.class,
            names = {"CONNECT", "RESOLVE", "TLS", "OVERLOADED", "CONNECT_TIMEOUT"})
    void triesTheNextTargetWhenNothingWasSent(FailureKind kind) {
        try (PluginTester tester = two("")) {
            tester.upstream(Upstream.inTurn(Upstream.fails(kind), Upstream.json(200, Ai.ANSWER)));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.status()).isEqualTo(200);
            assertThat(exchange.text()).isEqualTo(Ai.ANSWER);
            Set<String> hosts = new HashSet<>();
            for (SentRequest sent : exchange.upstreamRequests()) {
                boolean openai = sent.target().host().equals("api.openai.com");
                hosts.add(sent.target().host());
                assertThat(sent.header("Authorization")).isEqualTo(openai ? "Bearer one" : null);
                assertThat(sent.header("api-key")).isEqualTo(openai ? null : "two");
                assertThat(sent.body()).contains(openai ? "\"gpt-4.1\"" : "\"mistral-tiny\"");
            }
            assertThat(hosts).containsExactlyInAnyOrder("api.openai.com", "api.mistral.ai");
            AiCall call = Ai.call(exchange);
            assertThat(call.triedTargets()).extracting(AiTarget::host).containsExactlyInAnyOrderElementsOf(hosts);
            AiTarget last = call.triedTargets().get(1);
            assertThat(call.provider()).isEqualTo(last.provider());
            assertThat(exchange.header("X-Kong-LLM-Model")).isEqualTo(last.provider() + '/' + last.model());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RESET", "TIMEOUT", "INVALID_RESPONSE"})
    void doesNotRepeatAPostThatMayHaveArrived(String kind) {
        try (PluginTester tester = two("")) {
            tester.upstream(Upstream.fails(FailureKind.valueOf(kind)));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(1);
        }
        try (PluginTester tester = two("failover_criteria: [error, timeout, invalid_header, non_idempotent]")) {
            tester.upstream(Upstream.fails(FailureKind.valueOf(kind)));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(2);
        }
    }

    @Test
    void goesByStatusOnlyWithNonIdempotent() {
        try (PluginTester tester = two("failover_criteria: [http_429]")) {
            tester.upstream(Upstream.answers(429, "slow down"));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(1);
        }
        try (PluginTester tester = two("failover_criteria: [http_429, non_idempotent]")) {
            tester.upstream(Upstream.answers(429, "slow down"));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.upstreamRequests()).hasSize(2);
            assertThat(exchange.status()).isEqualTo(429);
            assertThat(exchange.text()).isEqualTo("slow down");
            tester.upstream(Upstream.answers(401, "who"));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(1);
        }
    }

    @Test
    void stopsAfterTheRetries() {
        try (PluginTester tester = two("retries: 0")) {
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(1);
        }
    }

    @Test
    void holdsAStreamUntilContentWhileAnotherTargetIsLeft() {
        String role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
        String hello = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";
        try (PluginTester tester = two("failover_criteria: [error, non_idempotent]")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", "text/event-stream").write(role);
            assertThat(exchange.isAnswered()).isFalse();
            upstream.call().die(FailureKind.RESET);
            assertThat(upstream.calls()).hasSize(2);
            // no target is left: committed with the first event
            upstream.call().respond(200, "Content-Type", "text/event-stream").write(role);
            assertThat(exchange.text()).isEqualTo(role);
            upstream.call().write(hello);
            upstream.call().die(FailureKind.RESET);
            assertThat(upstream.calls()).hasSize(2);
            assertThat(exchange.text())
                    .startsWith(role + hello + "data: {\"error\"")
                    .doesNotContain("[DONE]");
            assertThat(Ai.call(exchange).triedTargets()).hasSize(2);
        }
        try (PluginTester tester = two("failover_criteria: [error, non_idempotent]")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call()
                    .respond(200, "Content-Type", "text/event-stream")
                    .write(role)
                    .write(hello);
            assertThat(exchange.text()).isEqualTo(role + hello);
            upstream.call().die(FailureKind.RESET);
            assertThat(upstream.calls()).hasSize(1);
        }
    }

    @Test
    void passesTheLastAnswerOnWithBodyAndHeaderWhenNoTargetIsLeft() {
        try (PluginTester tester = two("failover_criteria: [http_429, non_idempotent], max_fails: 1")) {
            tester.upstream(Upstream.streams("{\"error\":{\"message\":\"slow down\"}}")
                    .status(429)
                    .header("Content-Type", "application/json")
                    .header("Retry-After", "7"));
            TestExchange exchange = tester.post("/x", Ai.CHAT).send();
            assertThat(exchange.upstreamRequests()).hasSize(2);
            assertThat(exchange.status()).isEqualTo(429);
            assertThat(exchange.header("Retry-After")).isEqualTo("7");
            assertThat(exchange.text()).isEqualTo("{\"error\":{\"message\":\"slow down\"}}");
            assertThat(exchange.source()).isEqualTo(ResponseSource.UPSTREAM);
        }
    }

    @Test
    void sparesATargetThatAsksForIt() {
        try (PluginTester tester = two("")) {
            String limited = firstHost(tester, Upstream.streams("x").status(429).header("Retry-After", "20"));
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            for (int i = 0; i < 6; i++) {
                assertThat(host(tester)).isNotEqualTo(limited);
            }
            tester.clock().advance(Duration.ofSeconds(20));
            assertThat(List.of(host(tester), host(tester))).contains(limited);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-1", "0", "Wed, 31 Dec 2025 23:59:59 GMT"})
    void sparesNoTargetForAHeaderThatMeansNothing(String header) {
        try (PluginTester tester = two("")) {
            tester.upstream(Upstream.streams("x").status(503).header("Retry-After", header));
            assertThat(new HashSet<>(List.of(host(tester), host(tester), host(tester))))
                    .hasSize(2);
        }
    }

    @Test
    void neverSparesATargetForLongerThanTheCap() {
        try (PluginTester tester = two("")) {
            String limited = firstHost(
                    tester, Upstream.streams("x").status(503).header("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"));
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            tester.clock().advance(Duration.ofMillis(FailoverLimits.MAX_COOL_DOWN - 1));
            assertThat(host(tester)).isNotEqualTo(limited);
            tester.clock().advance(Duration.ofMillis(1));
            assertThat(List.of(host(tester), host(tester))).contains(limited);
        }
    }

    @Test
    void answersFor500WhileAllTargetsRestAndTriesOneAfterwards() {
        try (PluginTester tester = two("max_fails: 1, fail_timeout: 5000")) {
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(502);
            tester.clock().advance(Duration.ofMillis(1500));
            TestExchange refused = tester.post("/x", Ai.CHAT).send();
            assertThat(refused.status()).isEqualTo(500);
            assertThat(refused.text())
                    .isEqualTo("{\"error\":{\"message\":\"no target is available: all of them rest after failures\"}}");
            assertThat(refused.header("Retry-After")).isEqualTo("4");
            assertThat(refused.upstreamRequests()).isEmpty();
            assertThat(Ai.call(refused).provider()).isEqualTo(AiCall.UNSPECIFIED);
            assertThat(Ai.call(refused).triedTargets()).isEmpty();
            tester.clock().advance(Duration.ofMillis(3500));
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"503, true", "404, false", "403, false", "429, true"})
    void countsOnlyStatusesThatAreOutages(int status, boolean rests) {
        try (PluginTester tester =
                two("max_fails: 1, failover_criteria: [http_503, http_404, http_403, http_429, non_idempotent]")) {
            tester.upstream(Upstream.answers(status, "no"));
            assertThat(tester.post("/x", Ai.CHAT).send().upstreamRequests()).hasSize(2);
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(rests ? 500 : status);
        }
        try (PluginTester tester = two("max_fails: 1, failover_criteria: [error]")) {
            tester.upstream(Upstream.answers(status, "not listed"));
            tester.post("/x", Ai.CHAT).send();
            tester.post("/x", Ai.CHAT).send();
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(status);
        }
    }

    @Test
    void countsAnAnswerThatBreaksOffAfterItsBeginning() {
        try (PluginTester tester = two("max_fails: 1")) {
            tester.upstream(Upstream.streams("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
                    .header("Content-Type", "text/event-stream")
                    .thenDies(FailureKind.RESET));
            assertThat(tester.post("/x", ASK).send().status()).isEqualTo(200);
            assertThat(tester.post("/x", ASK).send().status()).isEqualTo(200);
            assertThat(tester.post("/x", ASK).send().status()).isEqualTo(500);
        }
    }

    @Test
    void doesNotBlameATargetForAClientThatLeaves() {
        try (PluginTester tester = two("max_fails: 1, fail_timeout: 1000")) {
            for (int i = 0; i < 4; i++) {
                ManualUpstream upstream = new ManualUpstream();
                tester.upstream(upstream);
                TestExchange exchange = tester.post("/x", ASK).send();
                if (i > 1) {
                    upstream.call()
                            .respond(200, "Content-Type", "text/event-stream")
                            .write("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n");
                }
                exchange.clientLeaves();
                assertThat(upstream.calls()).hasSize(1);
                assertThat(upstream.call().isCancelled()).isTrue();
            }
            // and whoever leaves while trying a target after its rest does not keep the next one from trying
            tester.upstream(Upstream.fails(FailureKind.CONNECT));
            tester.post("/x", Ai.CHAT).send();
            tester.clock().advance(Duration.ofSeconds(1));
            tester.upstream(Upstream.silent());
            tester.post("/x", Ai.CHAT).send().clientLeaves();
            tester.post("/x", Ai.CHAT).send().clientLeaves();
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(200);
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(200);
        }
    }

    @Test
    void commitsAtOnceWhenTheOtherTargetRests() {
        String role = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
        try (PluginTester tester = two("max_fails: 1, failover_criteria: [error, non_idempotent]")) {
            tester.upstream(Upstream.inTurn(Upstream.fails(FailureKind.CONNECT), Upstream.json(200, Ai.ANSWER)));
            assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(200);
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange exchange = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", "text/event-stream").write(role);
            assertThat(exchange.text()).isEqualTo(role);
            exchange.clientLeaves();
        }
    }

    @Test
    void holdsAStreamNoLongerThanTheReadTimeoutNorWithoutLimit() {
        String ping = ": ping\n\n";
        try (PluginTester tester = two("failover_criteria: [error, non_idempotent], read_timeout: 30000")) {
            ManualUpstream upstream = new ManualUpstream();
            tester.upstream(upstream);
            TestExchange slow = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", "text/event-stream").write(ping);
            tester.clock().advance(Duration.ofMillis(29_999));
            upstream.call().write(ping);
            assertThat(slow.isAnswered()).isFalse();
            tester.clock().advance(Duration.ofMillis(1));
            upstream.call().write(ping);
            assertThat(slow.text()).isEqualTo(ping.repeat(3));
            slow.clientLeaves();

            TestExchange large = tester.post("/x", ASK).send();
            upstream.call().respond(200, "Content-Type", "text/event-stream");
            String comment = ": " + "x".repeat(FailoverLimits.MAX_HELD_BYTES / 4) + "\n\n";
            for (int i = 0; i < 3; i++) {
                upstream.call().write(comment);
            }
            assertThat(large.isAnswered()).isFalse();
            upstream.call().write(comment);
            assertThat(large.text()).hasSize(4 * comment.length());
            large.clientLeaves();
        }
    }

    @Test
    void keepsTheCauseWhenTheLastAnswerDiesBeforeItsFirstByte() {
        for (String body : List.of(ASK, Ai.CHAT)) {
            try (PluginTester tester = two("failover_criteria: [error, timeout, non_idempotent]")) {
                ManualUpstream upstream = new ManualUpstream();
                tester.upstream(upstream);
                TestExchange exchange = tester.post("/x", body).send();
                upstream.call().respond(200, "Content-Type", "text/event-stream");
                upstream.call().die(FailureKind.RESET);
                upstream.call().respond(200, "Content-Type", "application/json").write("{\"cho");
                upstream.call().die(FailureKind.TIMEOUT);
                assertThat(exchange.status()).isEqualTo(504);
                assertThat(exchange.message()).isEqualTo("The upstream server is timing out");
                assertThat(exchange.source()).isEqualTo(ResponseSource.GATEWAY);
                assertThat(exchange.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
                assertThat(exchange.outcome()).isEqualTo(new Outcome(Outcome.Kind.SENT, "timeout"));
                assertThat(Ai.call(exchange).triedTargets()).hasSize(2);
                assertThat(exchange.completion().attempts())
                        .extracting(attempt -> attempt.failure().kind())
                        .containsExactly(FailureKind.RESET, FailureKind.TIMEOUT);
            }
        }
    }

    @Test
    void holdsTheHeadOfAnErrorAnswerToo() {
        try (PluginTester tester = two("")) {
            tester.upstream(Upstream.streams().status(500).thenDies(FailureKind.RESET));
            TestExchange dead = tester.post("/x", Ai.CHAT).send();
            assertThat(dead.status()).isEqualTo(502);
            assertThat(Ai.call(dead).usage()).isNull();
        }
        try (PluginTester tester = two("failover_criteria: [error, non_idempotent]")) {
            tester.upstream(Upstream.inTurn(
                    Upstream.streams().status(500).thenDies(FailureKind.RESET), Upstream.json(200, Ai.ANSWER)));
            assertThat(tester.post("/x", Ai.CHAT).send().text()).isEqualTo(Ai.ANSWER);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void doesNotMakeAStormWorse(int failing) {
        try (PluginTester tester = two("failover_criteria: [http_503, non_idempotent]")) {
            Random dice = new Random(5);
            int[] seen = {0};
            tester.upstream(request -> {
                seen[0]++;
                boolean fails = failing == 2 || dice.nextBoolean();
                return (fails ? Upstream.answers(503, "no") : Upstream.json(200, Ai.ANSWER)).proceed(request);
            });
            for (int i = 0; i < 400; i++) {
                tester.post("/x", Ai.CHAT).send();
            }
            assertThat(seen[0]).isBetween(420, 440);
        }
    }

    @Test
    void failsOverEveryTimeWhileTheOtherTargetIsWell() {
        try (PluginTester tester = two("failover_criteria: [http_503, non_idempotent]")) {
            tester.upstream(request -> (request.target().host().equals("api.openai.com")
                            ? Upstream.answers(503, "no")
                            : Upstream.json(200, Ai.ANSWER))
                    .proceed(request));
            for (int i = 0; i < 200; i++) {
                assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void asksAPluginFurtherInOnlyOnceAndNeverTakesItForATarget() {
        try (PluginTester tester = two("max_fails: 1, failover_criteria: [http_503, non_idempotent]")) {
            tester.inside(new Plugin() {
                @Override
                public Future<Response> intercept(Request request, Next next) {
                    return Response.done(Response.error(503, "closed"));
                }
            });
            for (int i = 0; i < 3; i++) {
                assertThat(tester.post("/x", Ai.CHAT).send().status()).isEqualTo(503);
            }
        }
    }

    private static String host(PluginTester tester) {
        return tester.post("/x", Ai.CHAT).send().upstreamRequest().target().host();
    }

    private static String firstHost(PluginTester tester, Next upstream) {
        tester.upstream(upstream);
        return host(tester);
    }

    @Test
    void choosesAmongTheTargetsThatAnswerToTheModel() {
        try (PluginTester tester = two("")) {
            tester.upstream(Upstream.json(200, Ai.ANSWER));
            for (int i = 0; i < 6; i++) {
                SentRequest sent = tester.post("/x", "{\"model\":\"mistral-tiny\",\"messages\":[{}]}")
                        .send()
                        .upstreamRequest();
                assertThat(sent.target().host()).isEqualTo("api.mistral.ai");
            }
        }
    }
}
