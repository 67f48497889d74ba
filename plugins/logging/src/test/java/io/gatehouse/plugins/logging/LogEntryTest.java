package io.gatehouse.plugins.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Target;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.testkit.FakeAttempt;
import io.gatehouse.testkit.FakeClock;
import io.gatehouse.testkit.FakeCompletion;
import io.gatehouse.testkit.FakeExchange;
import io.gatehouse.testkit.FakeHead;
import io.gatehouse.testkit.FakeRoute;
import io.gatehouse.testkit.FakeService;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LogEntryTest {
    private static final Target UPSTREAM =
            Target.to("https", "api.openai.com", 443).build();
    private final FakeExchange exchange = new FakeExchange(new FakeClock());
    private final LogEntry entries = new LogEntry(CustomFields.of(Map.of()));

    @Test
    void hasKongsFieldsForAProxiedRequest() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap()
                .add("Accept", "text/plain")
                .add("X-Several", "1")
                .add("X-Several", "2");
        Consumer consumer = new Consumer("c-1", "alice", "a-7", List.of("gold"));
        exchange.original(new FakeHead(
                        HttpMethod.POST, "http", "localhost:8000", "/anything/x?a=1&b&a=2", "HTTP/1.1", headers))
                .clientAddress("10.1.2.3")
                .route(new FakeRoute("r-1", "http-route", List.of("/"), Map.of("id", "r-1")))
                .service(new FakeService("s-1", "mock", UPSTREAM, Map.of("id", "s-1")))
                .consumer(consumer)
                .credential(new Credential("k-1", "keyauth_credentials", consumer, Map.of()))
                .attempt(FakeAttempt.to(UPSTREAM)
                        .address("1.2.3.4")
                        .request("POST", "/v1/x?c=3")
                        .status(200)
                        .started(1_767_225_600_007L, 7_000_000)
                        .connectNanos(3_500_000));
        Completion completion = FakeCompletion.of(exchange)
                .bytes(120, 340)
                .responseHeader("Content-Type", "application/json")
                .timings(new Timings(119_000_000, 7_000_000, 90_000_000, 10_000_000, 5_000_000, 12_000_000))
                .tls(new Completion.TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384"))
                .build();

        assertThat(json(completion))
                .isEqualTo(JsonBytes.scan(Buffer.buffer("""
                                        {"request": {"id": "0123456789abcdef0123456789abcdef", "method": "POST",
                                           "uri": "/anything/x?a=1&b&a=2",
                                           "url": "http://localhost:8000/anything/x?a=1&b&a=2",
                                           "querystring": {"a": ["1", "2"], "b": true},
                                           "headers": {"accept": "text/plain", "x-several": ["1", "2"]}, "size": 120,
                                           "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384",
                                             "client_verify": "NONE"}},
                                         "response": {"status": 200, "headers": {"content-type": "application/json"},
                                           "size": 340},
                                         "latencies": {"request": 119, "kong": 7, "proxy": 90, "receive": 10,
                                           "client": 5, "internal": 12, "third_party": {"total": 2}},
                                         "tries": [{"ip": "1.2.3.4", "port": 443, "balancer_start": 1767225600007,
                                           "balancer_start_ns": 1767225600007000000, "balancer_latency": 3,
                                           "balancer_latency_ns": 3500000}],
                                         "upstream_uri": "/v1/x?c=3", "upstream_status": "200",
                                         "route": {"id": "r-1"}, "service": {"id": "s-1"},
                                         "consumer": {"id": "c-1", "username": "alice", "custom_id": "a-7",
                                           "tags": ["gold"]},
                                         "authenticated_entity": {"id": "k-1", "consumer_id": "c-1"},
                                         "client_ip": "10.1.2.3", "started_at": 1767225600000, "source": "upstream",
                                         "workspace": "0dc6f45b-8f8d-40d2-a504-473544ee190b",
                                         "workspace_name": "default",
                                         "gatehouse": {"end": "sent", "reason": "ok"}}
                                        """)).toTree());
    }

    @Test
    void saysThatNothingWasProxied() {
        Map<?, ?> entry = json(FakeCompletion.of(exchange)
                .status(401)
                .source(ResponseSource.PLUGIN)
                .timings(new Timings(2_000_000, 2_000_000, -1, 0, 0, 2_000_000))
                .build());

        assertThat(entry.get("source")).isEqualTo("kong");
        assertThat(entry.get("upstream_status")).isEqualTo("");
        assertThat(entry.get("upstream_uri")).isEqualTo("");
        assertThat(text(entry, "latencies", "proxy")).isEqualTo("-1");
        assertThat(text(entry, "latencies", "kong")).isEqualTo("2");
        assertThat(entry.containsKey("tries")).isFalse();
        assertThat(entry.containsKey("route")).isFalse();
        assertThat(entry.containsKey("service")).isFalse();
        assertThat(entry.containsKey("consumer")).isFalse();
        assertThat(entry.containsKey("authenticated_entity")).isFalse();
        assertThat(entry.containsKey("ai")).isFalse();
        assertThat(text(entry, "request")).doesNotContain("tls");
        assertThat(text(entry, "request", "url")).isEqualTo("http://gateway.test:80/");
    }

    @Test
    void listsTheStatusesOfAllAttempts() {
        exchange.attempt(FakeAttempt.to(UPSTREAM).address(null).failure(Failure.of(FailureKind.CONNECT, "refused")))
                .attempt(FakeAttempt.to(UPSTREAM).failure(Failure.of(FailureKind.TIMEOUT, "read")))
                .attempt(FakeAttempt.to(UPSTREAM).status(500))
                .attempt(FakeAttempt.to(UPSTREAM).status(200));
        Map<?, ?> entry = json(FakeCompletion.of(exchange).build());

        assertThat(entry.get("upstream_status")).isEqualTo("502, 504, 500, 200");
        assertThat(text(entry, "tries"))
                .contains("state=failed, code=502", "state=failed, code=504", "state=next, code=500");
        assertThat(((List<?>) at(entry, "tries")).get(3).toString()).doesNotContain("state");
    }

    @Test
    void saysHowAnExchangeEnded() {
        Map<?, ?> entry = json(FakeCompletion.of(exchange)
                .outcome(Outcome.Kind.CLIENT_GONE, "closed")
                .status(499)
                .build());

        assertThat(text(entry, "gatehouse")).isEqualTo("{end=client_gone, reason=closed}");
        assertThat(text(entry, "response", "status")).isEqualTo("499");
    }

    @Test
    void hidesWhatUpstreamsTakeForCredentialsWhereverTheQueryStands() {
        String uri = "/plain?token=s3cret-1&a=shown&Key=s3cret-2&signature=s3cret-3&access%5Ftoken=s3cret-4";
        exchange.original(new FakeHead(
                HttpMethod.GET, "http", "gateway.test", uri, "HTTP/1.1", MultiMap.caseInsensitiveMultiMap()));
        exchange.attempt(FakeAttempt.to(UPSTREAM).request("GET", uri));
        String entry = written(FakeCompletion.of(exchange).build());

        String shown = "/plain?token=REDACTED&a=shown&Key=REDACTED&signature=REDACTED&access%5Ftoken=REDACTED";
        assertThat(entry)
                .doesNotContain("s3cret")
                .contains(
                        "\"uri\":\"" + shown,
                        "\"url\":\"http://gateway.test:80" + shown,
                        "\"upstream_uri\":\"" + shown,
                        "\"querystring\":{\"token\":\"REDACTED\",\"a\":\"shown\",\"Key\":\"REDACTED\","
                                + "\"signature\":\"REDACTED\",\"access_token\":\"REDACTED\"}");
    }

    @Test
    void showsNoCredentialOfTheRequest() {
        exchange.original(new FakeHead(
                HttpMethod.GET,
                "https",
                "gateway.test",
                "/a?apikey=s3cret-1&b=2&%41pikey=s3cret-2",
                "HTTP/1.1",
                MultiMap.caseInsensitiveMultiMap()
                        .add("Authorization", "Bearer s3cret-3")
                        .add("X-Api-Key", "s3cret-4")
                        .add("Cookie", "s3cret-5")
                        .add("Apikey", "s3cret-6")
                        .add("Other", "shown")));
        Set<String> headers = Set.of("authorization", "x-api-key", "cookie", "set-cookie", "apikey");
        exchange.attempt(FakeAttempt.to(UPSTREAM).request("GET", "/v1?key=s3cret-7&apikey=s3cret-8&alt=sse"));
        String entry = written(FakeCompletion.of(exchange)
                .responseHeader("Set-Cookie", "s3cret-9")
                .redaction(new Redaction(headers, Set.of("apikey"), Set.of()))
                .build());

        assertThat(entry)
                .doesNotContain("s3cret")
                .contains(
                        "\"uri\":\"/a?apikey=REDACTED&b=2&%41pikey=REDACTED\"",
                        "\"url\":\"https://gateway.test:443/a?apikey=REDACTED&b=2&%41pikey=REDACTED\"",
                        "\"querystring\":{\"apikey\":\"REDACTED\",\"b\":\"2\",\"Apikey\":\"REDACTED\"}",
                        "\"authorization\":\"REDACTED\"",
                        "\"other\":\"shown\"",
                        "\"set-cookie\":\"REDACTED\"",
                        "\"upstream_uri\":\"/v1?key=REDACTED&apikey=REDACTED&alt=sse\"");
    }

    @Test
    void describesAnLlmCall() {
        exchange.add(AiCall.builder("proxy", "p-1", "openai", "gpt-4o")
                .statistics(true)
                .responseModel("gpt-4o-2024-08-06")
                .mode("stream")
                .latencyMillis(2670)
                .timeToFirstTokenMillis(631)
                .cost(0.00037)
                .usage(new TokenUsage(
                        14, 21, 35, TokenUsage.Provenance.REPORTED, Map.of("cached_tokens", 3L), Map.of(), false))
                .payload("{\"model\":\"gpt-4o\"}", "{}", false)
                .triedTargets(List.of(new AiTarget(
                        "openai",
                        "gpt-4o",
                        "llm/v1/chat",
                        "api.openai.com",
                        "1.2.3.4",
                        443,
                        "https",
                        "/v1/chat/completions?api_key=s3cret")))
                .build());
        Map<?, ?> entry = json(FakeCompletion.of(exchange).build());

        assertThat(entry.get("ai")).isEqualTo(JsonBytes.scan(Buffer.buffer("""
                                {"proxy": {
                                  "meta": {"plugin_id": "p-1", "provider_name": "openai", "request_model": "gpt-4o",
                                    "response_model": "gpt-4o-2024-08-06", "request_mode": "stream",
                                    "llm_latency": 2670},
                                  "usage": {"prompt_tokens": 14, "completion_tokens": 21, "total_tokens": 35,
                                    "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {},
                                    "cost": 3.7E-4, "time_per_token": 127.14285714285714,
                                    "time_to_first_token": 631, "provenance": "reported"},
                                  "payload": {"request": "{\\"model\\":\\"gpt-4o\\"}", "response": "{}"},
                                  "tried_targets": [{"provider": "openai", "model": "gpt-4o",
                                    "route_type": "llm/v1/chat", "host": "api.openai.com", "ip": "1.2.3.4",
                                    "port": 443, "upstream_scheme": "https",
                                    "upstream_uri": "/v1/chat/completions?api_key=REDACTED"}]}}
                                """)).toTree());
    }

    @Test
    void showsInputAndOutputTokensWhereTheDialectCallsThemSo() {
        exchange.add(AiCall.builder("proxy", "p-1", "openai", "gpt-4o")
                .statistics(true)
                .usage(new TokenUsage(
                        14, 21, 35, TokenUsage.Provenance.PARTIAL, Map.of(), Map.of("reasoning_tokens", 5L), true))
                .build());
        Map<?, ?> usage = ai(json(FakeCompletion.of(exchange).build()), "usage");

        assertThat(usage.get("input_tokens")).isEqualTo(usage.get("prompt_tokens"));
        assertThat(usage.get("output_tokens")).isEqualTo(usage.get("completion_tokens"));
        assertThat(text(usage, "output_tokens_details")).isEqualTo("{reasoning_tokens=5}");
        assertThat(usage.get("provenance")).isEqualTo("partial");
        assertThat(text(usage, "cost")).isEqualTo("0");
        assertThat(usage.containsKey("time_to_first_token")).isFalse();
    }

    @Test
    void showsPayloadsWithoutStatisticsAndNothingWithoutBoth() {
        exchange.add(AiCall.builder("proxy", "p-1", "openai", "gpt-4o").build());
        assertThat(json(FakeCompletion.of(exchange).build()).containsKey("ai")).isFalse();

        exchange.add(AiCall.builder("proxy", "p-1", "openai", "gpt-4o")
                .payload("{}", null, true)
                .build());
        assertThat(text(json(FakeCompletion.of(exchange).build()), "ai"))
                .isEqualTo("{proxy={payload={request={}, truncated=true}}}");
    }

    @Test
    void keepsEarlierCallsOfOneNamespace() {
        for (String model : List.of("a", "b", "c")) {
            exchange.add(AiCall.builder("proxy", "p-1", "openai", model)
                    .statistics(true)
                    .build());
        }
        Map<?, ?> proxy = (Map<?, ?>) at(json(FakeCompletion.of(exchange).build()), "ai", "proxy");

        assertThat(text(proxy, "meta", "request_model")).isEqualTo("c");
        assertThat((List<?>) at(proxy, "earlier_calls"))
                .extracting(call -> text((Map<?, ?>) call, "meta", "request_model"))
                .containsExactly("a", "b");
    }

    @Test
    void addsAndDeletesTheFieldsThatPluginsSet() {
        exchange.service(new FakeService("s-1", "mock", UPSTREAM, Map.of("id", "s-1", "name", "mock")));
        exchange.logField("trace_id.w3c", "abc");
        exchange.logField("with\\.dot", 7);
        exchange.logField("service.name", null);
        exchange.logField("client_ip", null);
        exchange.logField("odd", Instant.EPOCH);
        exchange.logField("nan", Double.NaN);
        exchange.logField("started_at.inner", 1);
        Map<?, ?> entry = json(FakeCompletion.of(exchange).build());

        assertThat(text(entry, "trace_id")).isEqualTo("{w3c=abc}");
        assertThat(text(entry, "with.dot")).isEqualTo("7");
        assertThat(text(entry, "service")).isEqualTo("{id=s-1}");
        assertThat(entry.containsKey("client_ip")).isFalse();
        assertThat(entry.get("odd")).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(entry.get("nan")).isEqualTo("NaN");
        assertThat(text(entry, "started_at")).isEqualTo("1767225600000");
    }

    @Test
    void isWrittenOnceForAllLogPlugins() {
        Completion completion = FakeCompletion.of(exchange).build();

        LogEntry other = new LogEntry(CustomFields.of(Map.of()));

        assertThat(other.json(completion)).isSameAs(entries.json(completion));
    }

    @Test
    void changesFieldsForOneLogPluginOnly() {
        Completion completion = FakeCompletion.of(exchange).build();
        CustomFields custom = CustomFields.of(Map.of("team", "return 'x'", "request.headers", "return nil"));

        String changed = new String(new LogEntry(custom).json(completion), UTF_8);
        assertThat(changed).contains("\"team\":\"x\"").contains("\"querystring\":{},\"size\":0}");
        assertThat(written(completion)).doesNotContain("team");
    }

    @Test
    void addsCustomFieldsToThoseOfPlugins() {
        exchange.logField("trace_id.w3c", "abc");
        Completion completion = FakeCompletion.of(exchange).build();

        Map<?, ?> apart = changed(completion, Map.of("team", "return 'x'", "desk.floor", "return 3"));
        assertThat(text(apart, "trace_id")).isEqualTo("{w3c=abc}");
        assertThat(text(apart, "team")).isEqualTo("x");
        assertThat(text(apart, "desk")).isEqualTo("{floor=3}");
        Map<?, ?> together = changed(completion, Map.of("trace_id.own", "return 'x'"));
        assertThat(text(together, "trace_id")).isEqualTo("{w3c=abc, own=x}");
        assertThat(changed(completion, Map.of("trace_id", "return nil")).containsKey("trace_id"))
                .isFalse();
        assertThat(text(changed(completion, Map.of("client_ip.inner", "return 1")), "client_ip"))
                .isEqualTo("127.0.0.1");
    }

    @Test
    void groupsHeadersAndArgumentsByNameHoweverManyThereAre() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        StringBuilder query = new StringBuilder();
        Map<String, Object> expected = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            headers.add("X-" + i % 120, "v" + i);
            query.append("&x-").append(i % 120).append("=v").append(i);
        }
        for (int i = 0; i < 120; i++) {
            expected.put("x-" + i, i < 80 ? List.of("v" + i, "v" + (i + 120)) : "v" + i);
        }
        exchange.original(
                new FakeHead(HttpMethod.GET, "http", "gateway.test", "/?" + query.substring(1), "HTTP/1.1", headers));
        Map<?, ?> entry = json(FakeCompletion.of(exchange).build());

        assertThat(at(entry, "request", "headers")).isEqualTo(expected);
        assertThat(at(entry, "request", "querystring")).isEqualTo(expected);
        assertThat(text(
                        json(FakeCompletion.of(new FakeExchange(new FakeClock()))
                                .build()),
                        "request",
                        "headers"))
                .isEqualTo("{}");
    }

    @Test
    void showsHeadersAsTheTextThatTheyAreInUtf8() {
        exchange.original(new FakeHead(
                HttpMethod.GET,
                "http",
                "gateway.test",
                "/",
                "HTTP/1.1",
                MultiMap.caseInsensitiveMultiMap()
                        .add("X", "\u00c3\u00bc\u00e6\u0097\u00a5")
                        .add("Y", "\u00fc")));
        Map<?, ?> entry = json(
                FakeCompletion.of(exchange).responseHeader("Z", "\u00c3\u00bc").build());

        assertThat(at(entry, "request", "headers")).isEqualTo(Map.of("x", "\u00fc\u65e5", "y", "\u00fc"));
        assertThat(at(entry, "response", "headers")).isEqualTo(Map.of("z", "\u00fc"));
    }

    @Test
    void tellsEntitiesApartThatLookAlike() {
        exchange.service(new FakeService("s-1", "mock", UPSTREAM, Map.of("id", "s-1", "port", 1)));
        assertThat(text(json(FakeCompletion.of(exchange).build()), "service", "port"))
                .isEqualTo("1");

        exchange.service(new FakeService("s-1", "mock", UPSTREAM, Map.of("id", "s-1", "port", 2)));
        assertThat(text(json(FakeCompletion.of(exchange).build()), "service", "port"))
                .isEqualTo("2");
    }

    private static Map<?, ?> changed(Completion completion, Map<String, String> fields) {
        return tree(new LogEntry(CustomFields.of(fields)).json(completion));
    }

    private Map<?, ?> json(Completion completion) {
        return tree(entries.json(completion));
    }

    private String written(Completion completion) {
        return new String(entries.json(completion), UTF_8);
    }

    private static Map<?, ?> tree(byte[] json) {
        return (Map<?, ?>)
                Objects.requireNonNull(JsonBytes.scan(Buffer.buffer(json)).toTree());
    }

    private static Map<?, ?> ai(Map<?, ?> entry, String block) {
        return (Map<?, ?>) at(entry, "ai", "proxy", block);
    }

    private static Object at(Map<?, ?> entry, String... path) {
        Object value = entry;
        for (String name : path) {
            value = Objects.requireNonNull(((Map<?, ?>) value).get(name), name);
        }
        return value;
    }

    private static String text(Map<?, ?> entry, String... path) {
        return at(entry, path).toString();
    }
}
