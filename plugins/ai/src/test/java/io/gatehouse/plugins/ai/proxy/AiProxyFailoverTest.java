package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.FailureKind;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.testkit.ManualUpstream;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.SentRequest;
import io.gatehouse.testkit.TestExchange;
import io.gatehouse.testkit.Upstream;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
