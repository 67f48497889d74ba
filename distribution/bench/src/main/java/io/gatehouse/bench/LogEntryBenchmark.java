package io.gatehouse.bench;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.LogEntry;
import io.gatehouse.testkit.FakeAttempt;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.FakeHead;
import io.gatehouse.testkit.FakeRoute;
import io.gatehouse.testkit.FakeService;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The log entry of one LLM request, as file-log writes it with {@code log_statistics} on: key-auth's consumer, one attempt,
 * usage. Run it with {@code -prof gc}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LogEntryBenchmark {
    private final LogEntry entries = new LogEntry(CustomFields.of(Map.of()));
    private final Completion completion = new LlmRequest();

    /** From the completion to the bytes of a line. */
    @Benchmark
    public Object entry() {
        return entries.json(completion);
    }

    /** Always the same request; attributes are new ones each time, so that nothing is kept from call to call. */
    private static final class LlmRequest implements Completion {
        private final Exchange exchange;
        private final MultiMap responseHeaders = HttpHeaders.headers()
                .add("Content-Type", "application/json")
                .add("x-request-id", "req_0123456789abcdef")
                .add("openai-processing-ms", "631")
                .add("X-Kong-LLM-Model", "openai/gpt-4.1")
                .add("X-Kong-Upstream-Latency", "640")
                .add("X-Kong-Proxy-Latency", "1")
                .add("Via", "1.1 gatehouse/0.1.0")
                .add("Server", "openai")
                .add("X-Kong-Request-Id", "0123456789abcdef0123456789abcdef");
        private final Outcome outcome = new Outcome(Outcome.Kind.SENT, "ok");
        private final Timings timings = new Timings(642_000_000, 1_000_000, 640_000_000, 1_000_000, 0, 1_000_000);
        private final Redaction redaction = new Redaction(
                Set.of("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "apikey"),
                Set.of("apikey"),
                Set.of());
        private final List<Attempt> attempts;
        private final List<AiCall> calls;

        LlmRequest() {
            Target target = Target.to("https", "api.openai.com", 443).build();
            Consumer consumer = new Consumer("5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0001", "hello_world", null, List.of());
            FakeExchange fake = new FakeExchange(new FakeClock());
            fake.original(new FakeHead(
                            HttpMethod.POST,
                            "http",
                            "localhost:8000",
                            "/anything",
                            "HTTP/1.1",
                            HttpHeaders.headers()
                                    .add("Host", "localhost:8000")
                                    .add("User-Agent", "OpenAI/Python 1.99.0")
                                    .add("Accept", "application/json")
                                    .add("Accept-Encoding", "gzip, deflate")
                                    .add("Content-Type", "application/json")
                                    .add("apikey", "secret")
                                    .add("X-Stainless-Lang", "python")
                                    .add("Content-Length", "181")))
                    .route(new FakeRoute("5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0002", "openai-chat", List.of(), route()))
                    .service(new FakeService("5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0003", "llm-service", target, service()))
                    .consumer(consumer)
                    .credential(new Credential(
                            "5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0004", "keyauth_credentials", consumer, Map.of()));
            exchange = fake;
            attempts = List.of(FakeAttempt.to(target)
                    .address("104.18.7.192")
                    .request("POST", "/v1/chat/completions")
                    .status(200)
                    .started(1_767_225_600_007L, 1_000_000)
                    .connectNanos(43_210));
            calls = List.of(AiCall.builder("proxy", "5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0005", "openai", "gpt-4.1")
                    .statistics(true)
                    .responseModel("gpt-4.1-2025-04-14")
                    .latencyMillis(640)
                    .timeToFirstTokenMillis(640)
                    .cost(0.00037)
                    .usage(new TokenUsage(
                            25,
                            12,
                            37,
                            TokenUsage.Provenance.REPORTED,
                            Map.of("cached_tokens", 0L),
                            Map.of("reasoning_tokens", 0L),
                            false))
                    .triedTargets(List.of(new AiTarget(
                            "openai",
                            "gpt-4.1",
                            "llm/v1/chat",
                            "api.openai.com",
                            "104.18.7.192",
                            443,
                            "https",
                            "/v1/chat/completions")))
                    .build());
        }

        private static Map<String, Object> route() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", "5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0002");
            fields.put("name", "openai-chat");
            fields.put("protocols", List.of("http", "https"));
            fields.put("paths", List.of("/anything"));
            fields.put("regex_priority", 0);
            fields.put("strip_path", true);
            fields.put("path_handling", "v0");
            fields.put("preserve_host", false);
            fields.put("https_redirect_status_code", 426);
            fields.put("request_buffering", true);
            fields.put("response_buffering", true);
            fields.put("service", Map.of("id", "5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0003"));
            return fields;
        }

        private static Map<String, Object> service() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", "5f1d7e66-55a4-4a0e-9d9a-0d8b7a5f0003");
            fields.put("name", "llm-service");
            fields.put("protocol", "http");
            fields.put("host", "localhost");
            fields.put("port", 32000);
            fields.put("retries", 5);
            fields.put("connect_timeout", 60000);
            fields.put("write_timeout", 60000);
            fields.put("read_timeout", 60000);
            fields.put("enabled", true);
            return fields;
        }

        @Override
        public Exchange exchange() {
            return exchange;
        }

        @Override
        public Outcome outcome() {
            return outcome;
        }

        @Override
        public int status() {
            return 200;
        }

        @Override
        public ResponseSource source() {
            return ResponseSource.UPSTREAM;
        }

        @Override
        public MultiMap responseHeaders() {
            return responseHeaders;
        }

        @Override
        public long requestBytes() {
            return 512;
        }

        @Override
        public long responseBytes() {
            return 1206;
        }

        @Override
        public Timings timings() {
            return timings;
        }

        @Override
        public List<Attempt> attempts() {
            return attempts;
        }

        @Override
        public List<AiCall> aiCalls() {
            return calls;
        }

        @Override
        public Map<String, Object> logFields() {
            return Map.of();
        }

        @Override
        public Redaction redaction() {
            return redaction;
        }

        @Override
        public Attributes attributes() {
            return new Attributes();
        }

        @Override
        public TlsFacts tls() {
            return null;
        }
    }
}
