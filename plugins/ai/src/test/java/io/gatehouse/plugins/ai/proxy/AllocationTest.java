package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.body.Body;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.FakeHead;
import io.gatehouse.testkit.PluginTester;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** OpenAI in and OpenAI out builds no tree: what a large body costs is its copy with the edits, and little more. */
@NullUnmarked // a null where a value was expected fails the test anyway
class AllocationTest {
    private static final int SIZE = 64 * 1024;

    @Test
    void costsAtMostTwiceTheBody() {
        Buffer body = Buffer.buffer("{\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(SIZE - 100)
                + "\"}],\"model\":\"gpt-4.1\"}");
        Buffer answer = Buffer.buffer(Ai.ANSWER);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        AtomicReference<Plugin> made = new AtomicReference<>();
        try (PluginTester tester = Ai.with(PluginTester.ofYaml(capturing(made), """
                route_type: llm/v1/chat
                model: {provider: openai, name: gpt-4.1, options: {max_tokens: 5, temperature: 1}}
                auth: {header_name: Authorization, header_value: Bearer sk-upstream}
                logging: {log_statistics: true}
                """))) {
            tester.create();
            Plugin engine = made.get();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 200; i++) {
                MultiMap headers = MultiMap.caseInsensitiveMultiMap().set("Content-Type", "application/json");
                FakeExchange exchange = new FakeExchange(new FakeClock()).original(FakeHead.of(HttpMethod.POST, "/x"));
                Request request = new Request(exchange, HttpMethod.POST, "/x", headers, Body.of(body));
                long before = threads.getCurrentThreadAllocatedBytes();
                Response response = engine.admit(
                                request,
                                admitted -> engine.intercept(
                                        admitted,
                                        attempt -> Response.done(Response.from(
                                                ResponseSource.UPSTREAM,
                                                200,
                                                MultiMap.caseInsensitiveMultiMap()
                                                        .set("Content-Type", "application/json"),
                                                Body.of(answer),
                                                null))))
                        .result();
                long used = threads.getCurrentThreadAllocatedBytes() - before;
                assertThat(response.status()).isEqualTo(200);
                least = Math.min(least, used);
            }
            assertThat(least).as("bytes allocated for a body of " + SIZE).isLessThan(2L * SIZE);
        }
    }

    private static PluginFactory<AiProxyConfig> capturing(AtomicReference<Plugin> made) {
        AiProxyFactory factory = new AiProxyFactory();
        return new PluginFactory<>() {
            @Override
            public String name() {
                return factory.name();
            }

            @Override
            public int priority() {
                return factory.priority();
            }

            @Override
            public Class<AiProxyConfig> configType() {
                return factory.configType();
            }

            @Override
            public Plugin create(AiProxyConfig config, PluginContext context) {
                made.set(factory.create(config, context));
                return made.get();
            }
        };
    }
}
