package io.gatehouse.plugins.ai.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.Completion;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.ai.AiCall;
import io.gatehouse.api.ai.AiTarget;
import io.gatehouse.api.ai.TokenUsage;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.Scope;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Failover over sockets: what the client saw, what the targets saw, what is logged. */
@NullUnmarked
@SuppressWarnings("AddressSelection") // an address is an address
class AiProxyFailoverIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String ALL =
            "error, timeout, invalid_header, non_idempotent, http_403, http_404, http_429, http_500, http_502, http_503, http_504";
    private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]%s}";
    private static final String STREAM = CHAT.formatted(",\"stream\":true");
    private static final String ASK = CHAT.formatted("");

    /** After which a silent target is given up: long enough for the one that answers. */
    private static final int HASTY_MILLIS = 3000;

    private static final FaultServer faults = FaultServer.start(ServerScript.silent());

    @RegisterExtension
    static final GatewayExtension gateway = GatewayExtension.of(config(100_000))
            .simulate("https://one.example")
            .simulate("https://two.example")
            .simulate("https://three.example")
            .connect("https://four.example", faults.baseUrl())
            .connect("https://five.example", faults.baseUrl());

    /** @param bodySize another one is another configuration, whose plugins begin with a clean sheet */
    private static String config(int bodySize) {
        return """
                _format_version: "3.0"
                services:
                - name: llm
                  url: https://unused.example
                  routes:
                  - name: chat
                    paths: [/chat]
                    plugins:
                    - name: ai-proxy-advanced
                      config:
                        max_request_body_size: SIZE
                        balancer: {failover_criteria: [ALL]}
                        targets:
                        - route_type: llm/v1/chat
                          auth: {header_name: Authorization, header_value: Bearer key-of-one}
                          logging: {log_statistics: true}
                          model:
                            provider: openai
                            name: model-of-one
                            options: {upstream_url: "https://one.example/v1/chat/completions", max_tokens: 11}
                        - route_type: llm/v1/chat
                          auth: {param_name: secret, param_value: key-of-two, param_location: body}
                          logging: {log_statistics: true}
                          model:
                            provider: openai
                            name: model-of-two-$(headers.tier)
                            options: {upstream_url: "https://two.example/v1/chat/completions", temperature: 0.25}
                        - route_type: llm/v1/chat
                          auth: {param_name: key, param_value: key-of-three, param_location: query}
                          logging: {log_statistics: true}
                          model:
                            provider: mistral
                            name: model-of-three
                            options: {upstream_url: "https://three.example/v1/chat/completions", mistral_format: openai}
                  - name: responses
                    paths: [/v1/responses]
                    strip_path: false
                    plugins:
                    - name: ai-proxy-advanced
                      config:
                        max_request_body_size: SIZE
                        balancer: {failover_criteria: [ALL]}
                        targets:
                        - {route_type: llm/v1/responses, model: {provider: openai, name: a, options: {upstream_url: "https://one.example/v1/responses"}}, logging: {log_statistics: true}}
                        - {route_type: llm/v1/responses, model: {provider: openai, name: b, options: {upstream_url: "https://two.example/v1/responses"}}, logging: {log_statistics: true}}
                  - name: weighted
                    paths: [/weighted]
                    plugins:
                    - name: ai-proxy-advanced
                      config:
                        max_request_body_size: SIZE
                        targets:
                        - {route_type: llm/v1/chat, weight: 70, model: {provider: openai, name: a, options: {upstream_url: "https://one.example/v1/chat/completions"}}}
                        - {route_type: llm/v1/chat, weight: 25, model: {provider: openai, name: b, options: {upstream_url: "https://two.example/v1/chat/completions"}}}
                        - {route_type: llm/v1/chat, weight: 5, model: {provider: openai, name: c, options: {upstream_url: "https://three.example/v1/chat/completions"}}}
                PAIRS
                plugins:
                - name: recorder
                """.replace("PAIRS\n", pairs())
                .replace("ALL", ALL)
                .replace("SIZE", Integer.toString(bodySize))
                .replace("HASTY", Integer.toString(HASTY_MILLIS))
                .replace("SIM_ONE", target("one", "a"))
                .replace("SIM_TWO", target("two", "b"))
                .replace("FOUR", target("four", "d"))
                .replace("FIVE", target("five", "e"));
    }

    private static String pairs() {
        return route("pair", "{failover_criteria: [ALL]}", "SIM_ONE, SIM_TWO")
                + route("hasty-pair", "{failover_criteria: [ALL], read_timeout: HASTY}", "SIM_ONE, SIM_TWO")
                + route("faulty", "{failover_criteria: [ALL]}", "FOUR, FIVE")
                + route("hasty-faulty", "{failover_criteria: [ALL], read_timeout: HASTY}", "FOUR, FIVE")
                + route("careful", "{}", "FOUR, FIVE")
                + route("hasty-careful", "{read_timeout: HASTY}", "FOUR, FIVE")
                + route(
                        "breaking",
                        "{failover_criteria: [ALL], max_fails: 1, fail_timeout: 600000}",
                        "SIM_ONE, SIM_TWO");
    }

    /** A route to two targets. */
    private static String route(String name, String balancer, String targets) {
        return """
                  - name: %1$s
                    paths: [/%1$s]
                    plugins:
                    - name: ai-proxy-advanced
                      config:
                        max_request_body_size: SIZE
                        balancer: %2$s
                        targets: [%3$s]
                """.formatted(name, balancer, targets);
    }

    private static String target(String host, String model) {
        return "{route_type: llm/v1/chat, logging: {log_statistics: true}, model: {provider: openai, name: " + model
                + ", options: {upstream_url: \"https://" + host + ".example/v1/chat/completions\"}}}";
    }

    private static int bodySize = 100_000;

    @BeforeEach
    void forget() {
        RecorderFactory.SEEN.clear();
        bodySize++;
        assertThat(gateway.reload(config(bodySize))).isEmpty();
    }

    @AfterAll
    static void close() {
        faults.close();
    }

    private static void behave(Scope scope, Behaviour.Builder behaviour) {
        gateway.simulator().behaviour(scope, behaviour.build());
    }

    private static List<LedgerRecord> ledger(int count) throws Exception {
        return gateway.simulator()
                .ledger()
                .awaitEnded(count, SOON)
                .toCompletionStage()
                .toCompletableFuture()
                .get();
    }

    private static Completion logged() {
        gateway.awaitIdle();
        assertThat(RecorderFactory.SEEN).hasSize(1);
        return RecorderFactory.SEEN.get(0);
    }

    private static AiCall call(Completion completion) {
        assertThat(completion.aiCalls()).hasSize(1);
        return completion.aiCalls().get(0);
    }

    // ---- re-targeting

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noTargetSeesWhatBelongsToAnother(boolean stream) throws Exception {
        Map<String, List<String>> own = Map.of(
                "one.example", List.of("key-of-one", "model-of-one", "\"max_tokens\":11"),
                "two.example", List.of("key-of-two", "model-of-two-gold", "\"temperature\":0.25"),
                "three.example", List.of("key-of-three", "model-of-three", "key=key-of-three"));
        Set<String> first = new HashSet<>();
        // as Mistral does
        behave(Scope.all().host("three.example"), Behaviour.builder().usage(Behaviour.Usage.LAST_CHUNK));
        for (int i = 0; i < 3; i++) {
            gateway.simulator().ledger().clear();
            behave(Scope.all().next(2), Behaviour.builder().status(503).error("{\"error\":{\"message\":\"full\"}}"));
            HttpResponse<String> answer = gateway.post("/chat?a=b", stream ? STREAM : ASK, "tier", "gold");
            assertThat(answer.statusCode()).isEqualTo(200);
            List<LedgerRecord> records = ledger(3);
            assertThat(records).extracting(LedgerRecord::status).containsExactly(503, 503, 200);
            assertThat(records).extracting(LedgerRecord::host).containsExactlyInAnyOrderElementsOf(own.keySet());
            first.add(records.get(0).host());
            for (LedgerRecord record : records) {
                String everything = record.path() + '?' + record.query() + record.headers() + record.bodyText();
                assertThat(everything).contains("one two three").contains("a=b");
                own.forEach((host, words) -> {
                    for (String word : words) {
                        if (host.equals(record.host())) {
                            assertThat(everything).contains(word);
                        } else {
                            assertThat(everything).doesNotContain(word);
                        }
                    }
                });
            }
            LedgerRecord last = records.get(2);
            assertThat(answer.headers().firstValue("X-Kong-LLM-Model"))
                    .contains((last.host().startsWith("three") ? "mistral/" : "openai/") + last.model());
        }
        assertThat(first).hasSize(3);
        gateway.awaitIdle();
        for (Completion completion : RecorderFactory.SEEN) {
            AiCall call = call(completion);
            assertThat(completion.attempts()).extracting("status").containsExactly(503, 503, 200);
            assertThat(call.triedTargets()).hasSize(3).allSatisfy(tried -> {
                assertThat(tried.ip()).isEqualTo("127.0.0.1");
                assertThat(tried.port()).isEqualTo(443);
                assertThat(tried.scheme()).isEqualTo("https");
                assertThat(tried.uri()).isEqualTo("/v1/chat/completions");
                assertThat(tried.routeType()).isEqualTo("llm/v1/chat");
                assertThat(tried.model()).startsWith("model-of-" + tried.host().replace(".example", ""));
            });
            AiTarget served = call.triedTargets().get(2);
            assertThat(call.provider()).isEqualTo(served.provider());
            assertThat(call.requestModel()).isEqualTo(served.model());
            assertThat(call.usage().provenance()).isEqualTo(TokenUsage.Provenance.REPORTED);
        }
    }

    // ---- the commit contract

    @ParameterizedTest
    @EnumSource(Behaviour.Cut.class)
    void hidesAStreamThatDiesBeforeItHasContent(Behaviour.Cut cut) throws Exception {
        for (int events = -1; events <= 1; events++) {
            gateway.simulator().ledger().clear();
            RecorderFactory.SEEN.clear();
            behave(Scope.all().next(1), Behaviour.builder().cutAfter(events).cut(cut));
            HttpResponse<String> answer = gateway.post("/pair", STREAM);
            assertThat(answer.statusCode()).as("cut after %s", events).isEqualTo(200);
            assertThat(answer.body())
                    .contains("one two three".split(" ", -1))
                    .doesNotContain("\"error\"")
                    .endsWith("data: [DONE]\n\n");
            List<LedgerRecord> records = ledger(2);
            assertThat(records)
                    .extracting(LedgerRecord::end)
                    .containsExactly(LedgerRecord.End.CUT, LedgerRecord.End.SENT);
            Completion completion = logged();
            assertThat(completion.outcome()).isEqualTo(new Outcome(Outcome.Kind.SENT, "ok"));
            assertThat(completion.attempts().get(0).failure()).isNotNull();
            assertThat(completion.attempts().get(1).failure()).isNull();
            AiCall call = call(completion);
            assertThat(call.usage().completion()).isEqualTo(records.get(1).completionTokens());
            assertThat(call.triedTargets()).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"RESET, /pair", "CLOSE, /pair", "RESET, /v1/responses", "CLOSE, /v1/responses"})
    void endsAStreamThatDiesAfterContentWithAnErrorAndNeverCleanly(Behaviour.Cut cut, String path) throws Exception {
        boolean responses = path.equals("/v1/responses");
        String ask = responses ? "{\"input\":\"one two three\",\"stream\":true}" : STREAM;
        behave(
                Scope.all(),
                Behaviour.builder().events(20).eventDelayMs(5).cutAfter(8).cut(cut));
        String raw = raw(path, ask, null);
        assertThat(raw).startsWith("HTTP/1.1 200 ");
        assertThat(raw.toLowerCase(Locale.ROOT)).contains("transfer-encoding: chunked\r\n");
        // closed by the gateway, without a last chunk: no client can take it for whole
        assertThat(raw).endsWith("\r\n<closed>").doesNotContain("\r\n0\r\n").doesNotContain("[DONE]");
        List<String> events = events(raw);
        String last = events.get(events.size() - 1);
        if (responses) {
            assertThat(last)
                    .startsWith("event: error\ndata: {\"type\":\"error\",\"code\":\"upstream_error\",")
                    .contains("\"sequence_number\":8");
            assertThat(raw).doesNotContain("response.completed");
        } else {
            assertThat(last).startsWith("data: {\"error\":{\"message\":\"The upstream server broke off");
        }
        assertThat(ledger(1)).hasSize(1);
        Completion completion = logged();
        assertThat(completion.status()).isEqualTo(200);
        assertThat(completion.outcome().kind()).isEqualTo(Outcome.Kind.UPSTREAM_FAILED);
        assertThat(completion.attempts()).hasSize(1);
        AiCall call = call(completion);
        assertThat(call.usage().provenance()).isEqualTo(TokenUsage.Provenance.PARTIAL);
        assertThat(call.usage().completion())
                .isPositive()
                .isLessThanOrEqualTo(ledger(1).get(0).completionTokens());
        assertThat(call.triedTargets()).hasSize(1);
    }

    @Test
    void movesOnWhenAHeldStreamFallsSilent() throws Exception {
        behave(Scope.all().next(1), Behaviour.builder().stallAfter(1));
        HttpResponse<String> answer = gateway.post("/hasty-pair", STREAM);
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        assertThat(ledger(2)).extracting(LedgerRecord::stalled).containsExactly(true, false);
        assertThat(logged().attempts().get(0).failure().kind()).isEqualTo(FailureKind.TIMEOUT);
    }

    @Test
    void cutsAStreamThatFallsSilentAfterContent() throws Exception {
        behave(Scope.all(), Behaviour.builder().events(20).stallAfter(5));
        String raw = raw("/hasty-pair", STREAM, null);
        assertThat(raw)
                .contains("\"code\":\"upstream_timeout\"")
                .endsWith("<closed>")
                .doesNotContain("[DONE]");
        assertThat(ledger(1)).hasSize(1);
        assertThat(logged().outcome()).isEqualTo(new Outcome(Outcome.Kind.UPSTREAM_FAILED, "timeout"));
    }

    @Test
    void hidesHalfAnAnswerThatIsNotStreamed() throws Exception {
        behave(Scope.all().next(1), Behaviour.builder().cutAfter(1));
        HttpResponse<String> answer = gateway.post("/pair", ASK);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("one two three").endsWith("}");
        assertThat(ledger(2)).hasSize(2);
    }

    // ---- faults below HTTP

    private static ServerScript.Builder read() {
        return ServerScript.builder().readRequest();
    }

    private static final String WHOLE = "{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}";

    private static ServerScript good() {
        return read().head(200, "Content-Type: application/json", "Connection: close")
                .send(WHOLE)
                .build();
    }

    private static ServerScript script(String fault) {
        return switch (fault) {
            case "reset at once" -> ServerScript.resetting();
            case "reset" -> read().reset().build();
            case "close" -> read().close().build();
            case "silence" -> read().stall().build();
            case "head, then reset" ->
                read().head(200, "Content-Type: application/json", "Content-Length: 50")
                        .reset()
                        .build();
            case "stream head, then close" -> read().eventStreamHead().close().build();
            case "stream head, then silence" -> read().eventStreamHead().stall().build();
            case "half an answer" ->
                read().head(200, "Content-Type: application/json", "Content-Length: 50")
                        .send("{\"choices\"")
                        .close()
                        .build();
            case "no HTTP" -> read().send("what do you want?\r\n\r\n").close().build();
            case "status 999" ->
                read().send("HTTP/1.1 999 Odd\r\nContent-Length: 5\r\n\r\nhello")
                        .stall()
                        .build();
            default -> throw new IllegalArgumentException(fault);
        };
    }

    private static final String FAULTS = """
            reset                     | RESET            | 502
            close                     | RESET            | 502
            silence                   | TIMEOUT          | 504
            head, then reset          | RESET            | 502
            stream head, then close   | RESET            | 502
            stream head, then silence | TIMEOUT          | 504
            half an answer            | RESET            | 502
            no HTTP                   | INVALID_RESPONSE | 502
            status 999                | INVALID_RESPONSE | 502
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = FAULTS)
    void movesOnAfterEveryFault(String fault, FailureKind kind, int status) throws Exception {
        faults.script(script(fault), good());
        int before = faults.connections().size();
        HttpResponse<String> answer = gateway.post(kind == FailureKind.TIMEOUT ? "/hasty-faulty" : "/faulty", ASK);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(WHOLE);
        assertThat(faults.connections().subList(before, before + 2))
                .extracting(ConnectionRecord::requests)
                .last()
                .isEqualTo(1);
        Completion completion = logged();
        assertThat(completion.attempts()).hasSize(2);
        assertThat(completion.attempts().get(0).failure().kind()).isEqualTo(kind);
        assertThat(call(completion).triedTargets())
                .extracting(AiTarget::host)
                .containsExactlyInAnyOrder("four.example", "five.example");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = FAULTS)
    void repeatsNoPostWithoutBeingToldAndSaysWhatHappened(String fault, FailureKind kind, int status) throws Exception {
        faults.script(script(fault));
        HttpResponse<String> answer = gateway.post(kind == FailureKind.TIMEOUT ? "/hasty-careful" : "/careful", ASK);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.body())
                .contains(
                        status == 504
                                ? "\"message\":\"The upstream server is timing out\""
                                : "\"message\":\"An invalid response was received from the upstream server\"")
                .contains("\"request_id\":\""
                        + answer.headers().firstValue("X-Kong-Request-Id").orElseThrow());
        Completion completion = logged();
        assertThat(completion.attempts()).hasSize(1);
        assertThat(completion.source()).isEqualTo(ResponseSource.GATEWAY);
        assertThat(completion.outcome())
                .isEqualTo(new Outcome(Outcome.Kind.SENT, kind.name().toLowerCase(Locale.ROOT)));
        assertThat(completion.attempts().get(0).failure().kind()).isEqualTo(kind);
    }

    @Test
    void movesOnAfterAConnectionThatIsResetAtOnce() throws Exception {
        faults.script(script("reset at once"), good());
        // whether the reset is seen while connecting or while sending is up to the operating system
        assertThat(gateway.post("/faulty", ASK).body()).isEqualTo(WHOLE);
        assertThat(logged().attempts()).hasSize(2);
    }

    @Test
    void triesTheNextTargetWhenOneRefusesAndSaysSoWhenAllDo() throws Exception {
        faults.refuse();
        try {
            HttpResponse<String> answer = gateway.post("/careful", ASK);
            assertThat(answer.statusCode()).isEqualTo(502);
            Completion completion = logged();
            assertThat(completion.attempts())
                    .extracting(attempt -> attempt.failure().kind())
                    .containsExactly(FailureKind.CONNECT, FailureKind.CONNECT);
            assertThat(call(completion).triedTargets()).hasSize(2).allMatch(tried -> "127.0.0.1".equals(tried.ip()));
        } finally {
            faults.listen();
        }
    }

    // ---- the client leaves

    @ParameterizedTest
    @ValueSource(ints = {1, 6})
    void freesTheUpstreamAndTriesNoOtherWhenTheClientLeaves(int eventsBefore) throws Exception {
        behave(Scope.all(), Behaviour.builder().events(20).stallAfter(eventsBefore));
        try (Socket socket = new Socket("127.0.0.1", gateway.gateway().proxyPort())) {
            socket.getOutputStream().write(request("/chat", STREAM, "tier: gold\r\n"));
            gateway.simulator()
                    .ledger()
                    .await(record -> record.eventsSent() >= eventsBefore, SOON)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
            if (eventsBefore > 1) {
                assertThat(socket.getInputStream().read()).isEqualTo('H');
            }
        }
        LedgerRecord record = ledger(1).get(0);
        assertThat(record.end()).isEqualTo(LedgerRecord.End.STALLED);
        assertThat(record.peerClosedMs()).isPresent();
        Completion completion = logged();
        assertThat(completion.outcome().kind()).isEqualTo(Outcome.Kind.CLIENT_GONE);
        assertThat(completion.attempts()).hasSize(1);
        assertThat(gateway.simulator().ledger().seen()).isEqualTo(1);
    }

    @Test
    void freesTheSecondUpstreamWhenTheClientLeavesAfterAFailover() throws Exception {
        behave(Scope.all(), Behaviour.builder().events(20).stallAfter(6));
        behave(Scope.all().next(1), Behaviour.builder().status(500));
        try (Socket socket = new Socket("127.0.0.1", gateway.gateway().proxyPort())) {
            socket.getOutputStream().write(request("/chat", STREAM, "tier: gold\r\n"));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }
        assertThat(ledger(2).get(1).end()).isEqualTo(LedgerRecord.End.STALLED);
        Completion completion = logged();
        assertThat(completion.outcome().kind()).isEqualTo(Outcome.Kind.CLIENT_GONE);
        assertThat(call(completion).usage().provenance()).isEqualTo(TokenUsage.Provenance.PARTIAL);
    }

    // ---- limits, breaker, storms

    @Test
    void passesThe429OnWithBodyAndHeaderWhenAllTargetsAreLimited() throws Exception {
        behave(
                Scope.all(),
                Behaviour.builder().status(429).retryAfter("3").error("{\"error\":{\"message\":\"slow down\"}}"));
        HttpResponse<String> answer = gateway.post("/pair", ASK);
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).isEqualTo("{\"error\":{\"message\":\"slow down\"}}");
        assertThat(answer.headers().firstValue("Retry-After")).contains("3");
        assertThat(ledger(2)).hasSize(2);
        Completion completion = logged();
        assertThat(completion.source()).isEqualTo(ResponseSource.UPSTREAM);
        assertThat(completion.attempts()).extracting("status").containsExactly(429, 429);
    }

    @Test
    void remembersWhoRestsAcrossAReloadThatChangesNothing() throws Exception {
        behave(Scope.all().host("one.example"), Behaviour.builder().cutAfter(-1));
        for (int i = 0; i < 4; i++) {
            assertThat(gateway.post("/breaking", ASK).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.simulator().ledger().host("one.example")).hasSize(1);
        assertThat(gateway.log().lines())
                .anyMatch(line -> line.toString().contains("target rests")
                        && line.toString().contains("openai/a"));
        assertThat(gateway.reload(config(bodySize))).isEmpty();
        for (int i = 0; i < 4; i++) {
            assertThat(gateway.post("/breaking", ASK).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.simulator().ledger().host("one.example")).hasSize(1);

        behave(Scope.all(), Behaviour.builder().cutAfter(-1));
        gateway.post("/breaking", ASK);
        HttpResponse<String> none = gateway.post("/breaking", ASK);
        assertThat(none.statusCode()).isEqualTo(500);
        assertThat(none.body())
                .isEqualTo("{\"error\":{\"message\":\"no target is available: all of them rest after failures\"}}");
        assertThat(Long.parseLong(none.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1L, 600L);

        // another configuration begins with a clean sheet
        gateway.simulator().clearBehaviours();
        assertThat(gateway.reload(config(++bodySize))).isEmpty();
        for (int i = 0; i < 4; i++) {
            assertThat(gateway.post("/breaking", ASK).statusCode()).isEqualTo(200);
        }
        assertThat(gateway.simulator().ledger().host("one.example")).hasSizeGreaterThan(2);
    }

    @Test
    void doesNotMakeAStormWorse() throws Exception {
        assertThat(gateway.reload(config(bodySize).replace("max_fails: 1,", "")))
                .isEmpty();
        behave(Scope.all(), Behaviour.builder().status(503));
        long start = System.nanoTime();
        List<HttpResponse<String>> answers = inParallel(8, 200, () -> gateway.post("/breaking", ASK));
        long windowsMore = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) / FailoverLimits.RETRY_WINDOW;
        assertThat(answers).allMatch(answer -> answer.statusCode() == 503);
        assertThat(gateway.simulator().ledger().seen())
                .isBetween(215L, 220L + FailoverLimits.MIN_RETRIES * windowsMore);
    }

    @Test
    void sharesExactlyOverBothEventLoops() throws Exception {
        inParallel(8, 200, () -> gateway.post("/weighted", ASK));
        Map<String, Integer> shares = new HashMap<>();
        for (LedgerRecord record : ledger(200)) {
            shares.merge(record.host(), 1, Integer::sum);
        }
        assertThat(shares)
                .containsOnly(
                        Map.entry("one.example", 140), Map.entry("two.example", 50), Map.entry("three.example", 10));
    }

    // ---- helpers

    private interface Call {
        HttpResponse<String> send() throws Exception;
    }

    private static List<HttpResponse<String>> inParallel(int threads, int count, Call call) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<HttpResponse<String>>> runs = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                runs.add(pool.submit(call::send));
            }
            List<HttpResponse<String>> answers = new ArrayList<>();
            for (Future<HttpResponse<String>> run : runs) {
                answers.add(run.get(60, TimeUnit.SECONDS));
            }
            return answers;
        } finally {
            pool.shutdownNow();
        }
    }

    private static byte[] request(String path, String json, String headers) {
        byte[] body = json.getBytes(UTF_8);
        return ("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length + "\r\n" + headers + "\r\n" + json)
                .getBytes(UTF_8);
    }

    /** Sends a request and reads until the gateway closes. */
    private static String raw(String path, String json, String headers) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", gateway.gateway().proxyPort())) {
            socket.setSoTimeout((int) SOON.toMillis());
            socket.getOutputStream().write(request(path, json, headers == null ? "" : headers));
            StringBuilder text = new StringBuilder();
            InputStream in = socket.getInputStream();
            byte[] block = new byte[8192];
            try {
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    text.append(new String(block, 0, n, UTF_8));
                }
            } catch (SocketException reset) {
                assertThat(reset).hasMessageContaining("reset");
            }
            return text + "<closed>";
        }
    }

    /** The events of a raw chunked answer. */
    private static List<String> events(String raw) {
        String body = raw.substring(raw.indexOf("\r\n\r\n") + 4, raw.length() - "<closed>".length());
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < body.length(); ) {
            int lineEnd = body.indexOf("\r\n", at);
            int size = Integer.parseInt(body.substring(at, lineEnd), 16);
            text.append(body, lineEnd + 2, lineEnd + 2 + size);
            at = lineEnd + 2 + size + 2;
        }
        List<String> events = new ArrayList<>(List.of(text.toString().split("\n\n", -1)));
        assertThat(events.remove(events.size() - 1)).isEmpty();
        return events;
    }
}
