package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.ai.LlmProvider;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.PluginTester;
import io.gatehouse.testkit.TestExchange;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/** What the tests of this plugin share. */
final class Ai {
    static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"one two  three\"}]}";
    static final String ANSWER = "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"gpt-4.1-2025-04-14\","
            + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello there\"},"
            + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":4,\"total_tokens\":15,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":3}}}";

    private static final Map<LlmOperation, LlmTarget> TARGETS = new ConcurrentHashMap<>();

    private Ai() {}

    /** ai-proxy-advanced with this config. */
    static PluginTester advanced(String yaml) {
        return with(PluginTester.ofYaml(new AiProxyAdvancedFactory(), yaml));
    }

    /** ai-proxy with this config. */
    static PluginTester single(String yaml) {
        return with(PluginTester.ofYaml(new AiProxyFactory(), yaml));
    }

    static PluginTester with(PluginTester tester) {
        for (LlmProvider provider : ServiceLoader.load(LlmProvider.class)) {
            tester.extension(LlmProvider.class, provider);
        }
        return tester;
    }

    /** One target of this route type with a key, statistics and payloads. */
    static PluginTester openai(String routeType, String more) {
        return single("""
                route_type: %s
                model: {provider: openai, name: gpt-4.1%s}
                auth: {header_name: Authorization, header_value: Bearer sk-upstream}
                logging: {log_statistics: true, log_payloads: true}
                """.formatted(routeType, more));
    }

    /** The record of a call to one target, of an exchange of its own. */
    static CallRecord record(LlmOperation operation) {
        LlmTarget target = TARGETS.computeIfAbsent(operation, Ai::target);
        FakeExchange exchange = new FakeExchange(new FakeClock());
        CallRecord record = new CallRecord(exchange, "id", null, true, true);
        record.attempt(
                new CallRecord.Tried(target.bind(exchange, null), "https", "api.openai.com", 443, "/"),
                null,
                List.of());
        return record;
    }

    private static LlmTarget target(LlmOperation operation) {
        try (PluginTester tester = openai(operation.routeType(), "")) {
            AiProxyConfig config = (AiProxyConfig) tester.config();
            LlmProvider provider = ServiceLoader.load(LlmProvider.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(known -> known.name().equals("openai"))
                    .findFirst()
                    .orElseThrow();
            AiProxyAdvancedConfig advanced = config.advanced();
            return new LlmTarget(0, advanced.targets().get(0), operation, provider, advanced.balancer(), true);
        }
    }

    static AiCall call(TestExchange exchange) {
        List<AiCall> calls = exchange.completion().aiCalls();
        if (calls.size() != 1) {
            throw new AssertionError("calls: " + calls.size() + " (expected: 1)");
        }
        return calls.get(0);
    }
}
