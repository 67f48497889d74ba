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
import io.gatehouse.api.body.BodyEnd;
import io.gatehouse.api.body.BodyReader;
import io.gatehouse.api.body.Framing;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.FakeHead;
import io.gatehouse.testkit.PluginTester;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
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
        assertThat(least(body, "application/json", Buffer.buffer(Ai.ANSWER), 2L * SIZE))
                .as("bytes allocated for a body of " + SIZE)
                .isLessThan(2L * SIZE);
    }

    /** It passes as it came; what is kept of it is a few figures. */
    @Test
    void costsAFractionOfALargeAnswer() {
        Buffer answer = Buffer.buffer(Ai.ANSWER.replace("Hello there", "word ".repeat(SIZE / 5)));
        assertThat(least(Buffer.buffer(Ai.CHAT), "application/json", answer, SIZE / 2))
                .as("bytes allocated for an answer of " + SIZE)
                .isLessThan(SIZE / 2);
    }

    /** Events leave as slices of what came, and most of them say no more than a word. */
    @Test
    void costsLessThanTheEventsOfAStream() {
        Buffer event = Buffer.buffer(
                "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
                        + "\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}\n\n");
        Buffer events = Buffer.buffer();
        while (events.length() < SIZE) {
            events.appendBuffer(event);
        }
        Buffer ask = Buffer.buffer(Ai.CHAT.replace("}]}", "}],\"stream\":true}"));
        assertThat(least(ask, "text/event-stream", events.appendString("data: [DONE]\n\n"), SIZE * 3 / 2))
                .as("bytes allocated for events of " + SIZE)
                .isLessThan(SIZE * 3 / 2);
    }

    /** The least that one call allocates, once everything is warm: on a busy machine the compiler takes its time. */
    private static long least(Buffer body, String type, Buffer answer, long allowed) {
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
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            for (int i = 0; i < 200 || least >= allowed && System.nanoTime() - end < 0; i++) {
                MultiMap headers = MultiMap.caseInsensitiveMultiMap().set("Content-Type", "application/json");
                FakeExchange exchange = new FakeExchange(new FakeClock()).original(FakeHead.of(HttpMethod.POST, "/x"));
                Request request = new Request(exchange, HttpMethod.POST, "/x", headers, Body.of(body));
                Response upstream = Response.from(
                        ResponseSource.UPSTREAM,
                        200,
                        MultiMap.caseInsensitiveMultiMap().set("Content-Type", type),
                        Body.of(new Pieces(answer), -1),
                        null);
                long before = threads.getCurrentThreadAllocatedBytes();
                Response response = engine.admit(
                                request, admitted -> engine.intercept(admitted, attempt -> Response.done(upstream)))
                        .result();
                BodyReader<Buffer> reader = response.body().open(Framing.BYTES);
                long length = 0;
                for (Buffer next = reader.next().result();
                        next != null;
                        next = reader.next().result()) {
                    length += next.length();
                }
                long used = threads.getCurrentThreadAllocatedBytes() - before;
                assertThat(response.status()).isEqualTo(200);
                assertThat(length).isEqualTo(answer.length());
                assertThat(exchange.aiCalls()).hasSize(1);
                least = Math.min(least, used);
            }
            return least;
        }
    }

    /** An answer as it comes from a socket. */
    private static final class Pieces implements BodyReader<Buffer> {
        private static final int PIECE = 8192;
        private final Deque<Buffer> left = new ArrayDeque<>();

        Pieces(Buffer whole) {
            for (int at = 0; at < whole.length(); at += PIECE) {
                left.add(whole.slice(at, Math.min(at + PIECE, whole.length())));
            }
        }

        @Override
        public Future<Buffer> next() {
            return Future.succeededFuture(left.poll());
        }

        @Override
        public BodyEnd end() {
            return BodyEnd.ok();
        }

        @Override
        public void cancel() {
            left.clear();
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
