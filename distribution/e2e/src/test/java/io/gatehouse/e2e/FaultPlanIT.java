package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
 * What upstreams do wrong, one case after the other on one gateway, each under load and with healthy traffic beside it.
 * Every case looks at what the client saw, at what the upstream saw, at the log entries, at the metrics, and at what the
 * process still holds afterwards.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class FaultPlanIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final int CLIENTS = 4;
    private static final String HEALTHY = Wire.request("GET", "/healthy/v1/models", "");

    private static final List<Fault> FAULTS = UpstreamFaults.all();
    private static final ExecutorService POOL = Executors.newFixedThreadPool(CLIENTS);

    private static PackagedGateway gateway;
    private static Vitals vitals;

    @BeforeAll
    static void start() throws IOException {
        LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait());
        StringBuilder yaml = new StringBuilder("""
                services:
                  - name: healthy
                    url: %s
                    routes:
                      - {name: healthy, paths: [/healthy]}
                """.formatted(simulator.baseUrl()));
        for (Fault fault : FAULTS) {
            RUNNING.add(fault.server());
            yaml.append(fault.yaml());
        }
        gateway = RUNNING.add(PackagedGateway.named("fault-plan")
                .observed()
                .yaml("kong.yaml", yaml.toString())
                .start());
        vitals = new Vitals(gateway.pid());
        for (int i = 0; i < 50; i++) {
            assertThat(Wire.call(gateway.proxyPort(), HEALTHY).status()).isEqualTo(200);
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
        int logged = gateway.log().length();
        try {
            fault.plan(random);

            List<Future<Wire.Answer>> answers = new ArrayList<>();
            List<Future<Wire.Answer>> healthy = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                answers.add(POOL.submit(() -> Wire.call(gateway.proxyPort(), fault.request())));
                for (int n = random.nextInt(requests > 100 ? 2 : 4); n > 0; n--) {
                    healthy.add(POOL.submit(() -> Wire.call(gateway.proxyPort(), HEALTHY)));
                }
            }

            for (Future<Wire.Answer> answer : answers) {
                fault.check(answer.get(60, TimeUnit.SECONDS));
            }
            for (Future<Wire.Answer> answer : healthy) {
                assertThat(answer.get(60, TimeUnit.SECONDS).status()).isEqualTo(200);
            }
            entries(fault, requests).forEach(fault::check);
            Conservation.verify(gateway);
            Metrics metrics = gateway.metrics();
            assertThat(metrics.sum("kong_http_requests_total", "route", fault.id(), "code", "" + fault.code()))
                    .as("kong_http_requests_total")
                    .isEqualTo(requests);
            assertThat(metrics.sum("gatehouse_llm_usage_missing_total", "ai_model", fault.id()))
                    .as("gatehouse_llm_usage_missing_total")
                    .isEqualTo(requests * fault.usageMissing());
            assertThat(metrics.samples()).noneMatch(sample -> Double.isNaN(sample.value()));
            assertThat(aborted(fault) - aborted)
                    .as("gatehouse_exchanges_aborted_total")
                    .isEqualTo(fault.abortedBy().isEmpty() ? 0 : requests);
            assertThat(fault.server().requests())
                    .as("requests that the upstream saw: %s", fault.server().connections())
                    .isEqualTo(requests * fault.requestsSeen());
            Workplace.awaitTrue(
                    Workplace.SOON,
                    () -> vitals.clients(gateway.proxyPort()) == 0
                            && vitals.connectionsTo(fault.server().port()) == 0,
                    () -> "sockets left: " + vitals.tcp());
            assertThat(gateway.log().substring(logged)).doesNotContain("Exception", "\tat ");
        } catch (AssertionError e) {
            throw new AssertionError(fault + " with -De2e.seed=" + Effort.seed() + ": " + e.getMessage(), e);
        }
    }

    private static long aborted(Fault fault) {
        return gateway.metrics().sum("gatehouse_exchanges_aborted_total", "by", fault.abortedBy());
    }

    private static List<JsonNode> entries(Fault fault, int count) {
        return Workplace.await(
                Workplace.SOON,
                () -> {
                    List<JsonNode> found = gateway.entries().stream()
                            .filter(entry -> entry.at("/route/name").asText().equals(fault.id()))
                            .toList();
                    return found.size() < count ? null : found;
                },
                () -> "not " + count + " log entries");
    }

    @Test
    @Order(2)
    void nothingIsLeftOfAllThis() throws Exception {
        assertThat(gateway.log()).doesNotContain(Fault.KEY);
        assertThat(String.join("\n", gateway.entryLines())).doesNotContain(Fault.KEY);
        gateway.lookForLeaks();
    }
}
