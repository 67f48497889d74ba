package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.LlmSimulator;
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
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What upstreams do wrong, one case after the other on one gateway, each by many clients at once and with healthy traffic
 * beside it, half of it streams. Every case looks at what the client saw, at what the upstream saw, at the log entries, at
 * the metrics, and at what the process still holds afterwards.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class FaultPlanIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final String PLAIN = Wire.request("GET", "/healthy/v1/models", "");
    private static final String STREAM = Wire.request("POST", "/llm", Fault.STREAM.formatted("one"));

    private static final List<Fault> FAULTS = UpstreamFaults.all();
    private static final ExecutorService POOL = Executors.newFixedThreadPool(Effort.clients());

    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        StringBuilder yaml = new StringBuilder("""
                services:
                  - name: healthy
                    url: %s
                    routes:
                      - {name: healthy, paths: [/healthy]}
                  - name: llm
                    url: https://api.openai.com
                    routes:
                      - {name: llm, paths: [/llm]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          targets:
                            - route_type: llm/v1/chat
                              model: {provider: openai, name: one}
                              auth: {header_name: Authorization, header_value: Bearer key}
                              logging: {log_statistics: true}
                """.formatted(simulator.baseUrl()));
        for (Fault fault : FAULTS) {
            RUNNING.add(fault.server());
            yaml.append(fault.yaml());
        }
        gateway = RUNNING.add(PackagedGateway.named("fault-plan")
                .observed()
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", yaml.toString())
                .start());
        for (int i = 0; i < 50; i++) {
            assertThat(Wire.call(gateway.proxyPort(), i % 2 == 0 ? PLAIN : STREAM)
                            .status())
                    .isEqualTo(200);
        }
    }

    @AfterAll
    static void end() {
        POOL.shutdownNow();
    }

    static List<Fault> faults() {
        return FAULTS;
    }

    @Order(1)
    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void isSeenAsItIsOnEverySide(Fault fault) throws Exception {
        Random random = new Random(Effort.seed() ^ fault.id().hashCode());
        int requests = fault.requests();
        long aborted = aborted(fault);
        int written = gateway.log().length();
        long logged = gateway.accessLog().size();
        Load load = new Load(gateway, Effort.clients(), PLAIN, STREAM);
        try {
            fault.plan(random);

            List<Future<Wire.Answer>> answers = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                answers.add(POOL.submit(() -> Wire.call(gateway.proxyPort(), fault.request())));
            }

            for (Future<Wire.Answer> answer : answers) {
                fault.check(answer.get(120, TimeUnit.SECONDS));
            }
            load.endUnharmed();
            gateway.entriesSince(logged, fault.id(), requests).forEach(fault::check);
            Conservation.verify(gateway);
            long cut = fault.abortedBy().isEmpty() ? 0 : requests;
            // how it ended is counted once it is no longer in flight
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> aborted(fault) - aborted >= cut
                            && usageMissing(gateway.metrics(), fault) >= requests * fault.usageMissing(),
                    () -> "not all is counted");
            Metrics metrics = gateway.metrics();
            assertThat(metrics.sum("kong_http_requests_total", "route", fault.id(), "code", "" + fault.code()))
                    .as("kong_http_requests_total")
                    .isEqualTo(requests);
            assertThat(usageMissing(metrics, fault))
                    .as("gatehouse_llm_usage_missing_total")
                    .isEqualTo(requests * fault.usageMissing());
            assertThat(metrics.samples()).noneMatch(sample -> Double.isNaN(sample.value()));
            assertThat(aborted(fault) - aborted)
                    .as("gatehouse_exchanges_aborted_total")
                    .isEqualTo(cut);
            // one that nobody waited for any more may be read late
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> fault.server().requests() >= requests * fault.requestsSeen(),
                    () -> "requests that the upstream saw: " + fault.server().connections());
            assertThat(fault.server().requests())
                    .as("requests that the upstream saw: %s", fault.server().connections())
                    .isEqualTo(requests * fault.requestsSeen());
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> gateway.vitals().clients(gateway.proxyPort()) == 0
                            && gateway.vitals().connectionsTo(fault.server().port()) == 0,
                    () -> "sockets left: " + gateway.vitals().tcp());
            assertThat(gateway.log().substring(written)).doesNotContain("Exception", "\tat ");
        } catch (AssertionError e) {
            throw new AssertionError(fault + " with -De2e.seed=" + Effort.seed() + ": " + e.getMessage(), e);
        } finally {
            load.end();
        }
    }

    private static long usageMissing(Metrics metrics, Fault fault) {
        return metrics.sum("gatehouse_llm_usage_missing_total", "ai_model", fault.id());
    }

    private static long aborted(Fault fault) {
        return gateway.metrics().sum("gatehouse_exchanges_aborted_total", "by", fault.abortedBy());
    }

    @Test
    @Order(2)
    void nothingIsLeftOfAllThis() throws Exception {
        assertThat(gateway.log()).doesNotContain(Fault.KEY);
        assertThat(String.join("\n", gateway.entryLines())).doesNotContain(Fault.KEY);
    }
}
