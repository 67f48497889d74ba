package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LedgerRecord;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.Scope;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows 1, 3, 11 and 12 of the fault plan where there is another target: what a client sees of a target in trouble, what
 * the ledger of either saw, and that neither saw the other's key.
 */
final class FailoverFaultsIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final String OPENAI = "api.openai.com";
    private static final String MISTRAL = "api.mistral.ai";
    private static final int CLIENTS = Effort.clients();
    private static final ExecutorService POOL = Executors.newFixedThreadPool(CLIENTS);

    private static LlmSimulator simulator;
    private static FaultServer refusing;
    private static FaultServer resetting;
    private static final List<FaultServer> HALVES = new ArrayList<>();
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder()
                .keyFor(OPENAI, "key-of-openai")
                .keyFor(MISTRAL, "key-of-mistral")
                .build()));
        simulator.behaviour(
                Scope.all().host(MISTRAL),
                Behaviour.builder().usage(Behaviour.Usage.LAST_CHUNK).build());
        refusing = RUNNING.add(FaultServer.start(ServerScript.resetting()));
        refusing.refuse();
        resetting = RUNNING.add(
                FaultServer.start(ServerScript.builder().readRequest().reset().build()));
        for (int i = 0; i < 2; i++) {
            HALVES.add(RUNNING.add(FaultServer.start(ServerScript.resetting())));
        }
        gateway = RUNNING.add(PackagedGateway.named("failover-faults")
                .observed()
                .connectTo(simulator, OPENAI, MISTRAL)
                .yaml(
                        "kong.yaml",
                        "services:\n"
                                + service("refused", at(refusing), 0)
                                + service("reset", at(resetting), 0)
                                + service("limited", "", 1)
                                + service("storm", "", 5)
                                + service("dead", "", 5)
                                + half())
                .start());
    }

    @AfterAll
    static void end() {
        POOL.shutdownNow();
    }

    private static String at(FaultServer server) {
        return ", options: {upstream_url: \"" + server.baseUrl() + "/v1/chat/completions\"}";
    }

    /** A route with two targets: one at OpenAI, or elsewhere, and one at Mistral. */
    private static String service(String name, String elsewhere, int maxFails) {
        return """
                  - name: %1$s
                    url: https://api.openai.com
                    routes:
                      - {name: %1$s, paths: [/%1$s]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          balancer:
                            connect_timeout: 20000
                            read_timeout: 20000
                            retries: 3
                            failover_criteria: [error, timeout, http_429, http_500, http_503, non_idempotent]
                            max_fails: %3$d
                            fail_timeout: 60000
                          targets:
                            - route_type: llm/v1/chat
                              model: {provider: openai, name: bad-%1$s, model_alias: any%2$s}
                              auth: {header_name: Authorization, header_value: Bearer key-of-openai}
                              logging: {log_statistics: true}
                            - route_type: llm/v1/chat
                              model: {provider: mistral, name: good-%1$s, model_alias: any, options: {mistral_format: openai}}
                              auth: {header_name: Authorization, header_value: Bearer key-of-mistral}
                              logging: {log_statistics: true}
                """.formatted(name, elsewhere, maxFails);
    }

    /** A route with two targets that are in trouble half of the time, and no breaker. */
    private static String half() {
        StringBuilder targets = new StringBuilder();
        for (FaultServer server : HALVES) {
            targets.append("""
                                        - route_type: llm/v1/chat
                                          model: {provider: openai, name: fault-half, model_alias: any%s}
                                          auth: {header_name: Authorization, header_value: Bearer key-of-openai}
                                          logging: {log_statistics: true}
                            """.formatted(at(server)));
        }
        return """
                  - name: half
                    url: https://api.openai.com
                    routes:
                      - {name: half, paths: [/half]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          balancer:
                            retries: 3
                            failover_criteria: [error, timeout, http_503, non_idempotent]
                            max_fails: 0
                          targets:
                %s""".formatted(targets);
    }

    /** Half of them ask for a stream. */
    private static List<Wire.Answer> call(String route, int count) throws Exception {
        return call(route, count, Fault.CHAT, Fault.STREAM);
    }

    private static List<Wire.Answer> call(String route, int count, String... bodies) throws Exception {
        List<Future<Wire.Answer>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String body = bodies[i % bodies.length].formatted("any");
            calls.add(POOL.submit(() -> Wire.call(gateway.proxyPort(), Wire.request("POST", "/" + route, body))));
        }
        List<Wire.Answer> answers = new ArrayList<>();
        for (Future<Wire.Answer> call : calls) {
            answers.add(call.get(120, TimeUnit.SECONDS));
        }
        return answers;
    }

    private static List<LedgerRecord> seen(String model) {
        return simulator.ledger().model(model);
    }

    private static void areServed(List<Wire.Answer> answers) {
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            assertThat(answer.end()).isEqualTo(Wire.End.WHOLE);
            assertThat(answer.text()).contains("Simulated");
        });
    }

    private static void noKeyWentToAnother(String route) {
        assertThat(seen("good-" + route))
                .allMatch(record -> "Bearer key-of-mistral".equals(record.header("Authorization")));
        assertThat(seen("bad-" + route))
                .allMatch(record -> "Bearer key-of-openai".equals(record.header("Authorization")));
        assertThat(resetting.connections())
                .noneMatch(connection -> connection.receivedText().contains("key-of-mistral"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"refused", "reset"})
    void aTargetThatDoesNotAnswerIsPassedOver(String route) throws Exception {
        int count = 20; // so few that the budget of retries allows for half of them

        areServed(call(route, count));

        assertThat(seen("good-" + route)).hasSize(count);
        List<JsonNode> entries = gateway.entriesSince(0, route, count);
        assertThat(entries.stream()
                        .filter(entry -> entry.at("/ai/proxy/tried_targets").size() == 2))
                .hasSize(count / 2);
        assertThat(entries)
                .allMatch(entry -> entry.path("tries").size()
                        == entry.at("/ai/proxy/tried_targets").size());
        if (route.equals("reset")) {
            assertThat(resetting.requests()).isEqualTo(count / 2);
        }
        noKeyWentToAnother(route);
    }

    @Test
    void aTargetThatAsksForPatienceGetsIt() throws Exception {
        simulator.behaviour(
                Scope.all().host(OPENAI).model("bad-limited"),
                Behaviour.builder().status(429).retryAfter("60").build());

        areServed(call("limited", 40));

        // those that were on their way when the first answer came
        assertThat(seen("bad-limited")).hasSizeBetween(1, CLIENTS);
        assertThat(seen("good-limited")).hasSize(40);
        noKeyWentToAnother("limited");
    }

    @Test
    void aStormOfErrorsIsNotAnsweredByAStormOfRetries() throws Exception {
        simulator.behaviour(
                Scope.all().host(OPENAI).model("bad-storm"),
                Behaviour.builder().status(503).build());
        int count = Effort.times(200);

        areServed(call("storm", count));

        // the circuit opens after five failures, and those on their way meanwhile
        assertThat(seen("bad-storm")).hasSizeBetween(5, 5 + CLIENTS);
        assertThat(seen("good-storm")).hasSize(count);
        noKeyWentToAnother("storm");
    }

    /** Retries have a budget: a tenth of what clients send, and ten in a window of ten seconds whatever they send. */
    @Test
    void halfAStormIsNotDoubledByRetries() throws Exception {
        int count = Effort.times(200);
        Random coin = new Random(Effort.seed());
        for (FaultServer server : HALVES) {
            ServerScript[] scripts = new ServerScript[2 * count];
            for (int i = 0; i < scripts.length; i++) {
                scripts[i] = coin.nextBoolean() ? UpstreamFaults.wholeStream() : UpstreamFaults.overloaded();
            }
            server.script(scripts);
        }
        long logged = gateway.accessLog().size();
        long begin = System.nanoTime();

        List<Wire.Answer> answers = call("half", count, Fault.STREAM);

        long windows = 1 + (System.nanoTime() - begin) / 10_000_000_000L;
        int sent = HALVES.stream().mapToInt(FaultServer::requests).sum();
        long good = answers.stream().filter(answer -> answer.status() == 200).count();
        System.out.printf("half a storm: %d requests, %d good answers, %d seen by upstreams%n", count, good, sent);
        assertThat(sent)
                .as("requests that upstreams saw, with -De2e.seed=%s", Effort.seed())
                .isLessThanOrEqualTo((int) (count * 1.1 + 10 * windows));
        // some retries there must be, or the budget proves nothing
        assertThat(sent).isGreaterThanOrEqualTo(count + 10);
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).as("%s", answer).isIn(200, 503);
            assertThat(answer.end()).isEqualTo(Wire.End.WHOLE);
        });
        int tries = 0;
        for (JsonNode entry : gateway.entriesSince(logged, "half", count)) {
            tries += entry.path("tries").size();
        }
        assertThat(tries).as("tries in the log").isEqualTo(sent);
    }

    @Test
    void whenAllTargetsFailUpstreamsAreSparedAndClientsAreTold() throws Exception {
        simulator.behaviour(
                Scope.all().model("bad-dead"), Behaviour.builder().status(503).build());
        simulator.behaviour(
                Scope.all().model("good-dead"), Behaviour.builder().status(503).build());
        int count = Effort.times(200);

        List<Wire.Answer> answers = call("dead", count);

        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.end()).isEqualTo(Wire.End.WHOLE);
            assertThat(answer.status()).isIn(500, 503);
        });
        assertThat(seen("bad-dead").size() + seen("good-dead").size()).isLessThanOrEqualTo(2 * (5 + CLIENTS));
        assertThat(answers.get(count - 1).status()).isEqualTo(500);
        assertThat(answers.get(count - 1).header("retry-after")).isNotEmpty();
    }
}
