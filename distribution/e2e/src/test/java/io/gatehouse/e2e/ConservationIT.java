package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.Gate;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.Scope;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether the check that follows every test turns red when it should. */
final class ConservationIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String QUESTION = "{\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

    private static LlmSimulator simulator;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws IOException {
        simulator = RUNNING.add(LlmSimulator.startAndAwait());
        gateway = RUNNING.add(start("conservation", simulator));
    }

    private static PackagedGateway start(String name, LlmSimulator simulator) throws IOException {
        return PackagedGateway.named(name)
                .observed()
                .connectTo(simulator, "api.openai.com")
                .yaml("kong.yaml", """
                        services:
                          - name: llm
                            url: https://api.openai.com
                            routes:
                              - name: llm
                                paths: [/llm]
                            plugins:
                              - name: ai-proxy
                                config:
                                  route_type: llm/v1/chat
                                  model: {provider: openai, name: gpt-4o}
                                  logging: {log_statistics: true}
                        """)
                .start();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-01-01T00:00:00.000Z ERROR Gateway: planted in the log",
                "2026-01-01T00:00:00.000Z WARN  ResourceLeakDetector: LEAK: ByteBuf.release() was not called, planted"
            })
    void aPlantedLineTurnsItRed(String line) throws IOException {
        int length = gateway.log().length();
        Path log = gateway.logFile();
        Files.writeString(log, line + "\n", StandardOpenOption.APPEND);

        // another one would be a connection that is just being closed
        List<String> violations = Workplace.await(
                Workplace.SOON,
                () -> {
                    List<String> found = Conservation.settled(gateway, Duration.ZERO);
                    return found.size() == 1 ? found : null;
                },
                () -> Conservation.settled(gateway, Duration.ZERO).toString());

        // the gateway appends, so it goes on behind what is left here
        Files.writeString(log, gateway.log().substring(0, length));
        assertThat(violations).containsExactly("in the log: " + line);
    }

    /** A real leak of every kind, by a plugin that goes on as if nothing were. */
    @Test
    void whatIsLeftBehindTurnsItRed() throws Exception {
        Path plugins = Files.createDirectories(Workplace.folderFor("leaking").resolve("plugins"));
        StandAloneBuild.copyJar(StandAloneBuild.ofFixture("broken-plugin"), plugins);
        try (LlmSimulator other = LlmSimulator.startAndAwait();
                PackagedGateway own = PackagedGateway.named("conservation-leaks")
                        .observed()
                        .plugins(plugins)
                        .yaml(
                                "kong.yaml",
                                "services:\n  - name: web\n    url: " + other.baseUrl() + "\n    routes:\n"
                                        + leaking("thread") + leaking("file") + leaking("buffer"))
                        .start()) {
            own.lookForLeaks();
            Conservation.verify(own);

            fiveTimes(own, "thread", "left: threads left-behind: 5 .*");
            fiveTimes(own, "file", "left: descriptors /proc/version: 5 .*");
            fiveTimes(own, "buffer", "in the log: .* LEAK: ByteBuf.release\\(\\) was not called before .*");

            own.planted("LEAK: ");
            // not to be looked at once more
            own.terminate();
            own.awaitEnd();
        }
    }

    private static String leaking(String what) {
        return """
                      - name: %1$s
                        paths: [/%1$s]
                        plugins:
                          - name: broken
                            config: {breaks_in: intercept, how: leak_%1$s}
                """.formatted(what);
    }

    private static void fiveTimes(PackagedGateway own, String leak, String violation) throws Exception {
        Predicate<String> isIt = Pattern.compile(violation).asMatchPredicate();
        assertThat(Conservation.settled(own, Duration.ZERO)).noneMatch(isIt);
        for (int i = 0; i < 5; i++) {
            assertThat(PackagedGateway.get(own.proxy("/" + leak + "/v1/models")).statusCode())
                    .isEqualTo(200);
        }
        own.lookForLeaks();
        Workplace.awaitTrue(
                Workplace.SOON,
                () -> Conservation.settled(own, Duration.ZERO).stream().anyMatch(isIt),
                () -> Conservation.settled(own, Duration.ZERO).toString());
    }

    @Test
    void anExchangeThatDoesNotEndTurnsItRed() throws Exception {
        Gate gate = simulator.gate();
        try {
            CompletableFuture<HttpResponse<String>> answer = PackagedGateway.CLIENT.sendAsync(
                    gateway.request("/llm", QUESTION).build(), HttpResponse.BodyHandlers.ofString());
            Workplace.awaitTrue(Workplace.SOON, () -> gate.waiting() == 1, () -> "the request did not come");

            List<String> violations = Conservation.settled(gateway, Duration.ZERO);

            assertThat(violations).anyMatch(line -> line.startsWith("gatehouse_exchanges_in_flight: 1"));
            gate.close();
            assertThat(answer.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        } finally {
            gate.close();
        }
    }

    @Test
    void tokensThatTheLedgerDoesNotKnowTurnItRed() throws IOException {
        try (LlmSimulator other = LlmSimulator.startAndAwait();
                PackagedGateway own = start("conservation-tokens", other)) {
            assertThat(own.post("/llm", QUESTION).statusCode()).isEqualTo(200);
            Conservation.verify(own);

            other.ledger().clear();

            assertThat(Conservation.settled(own, Duration.ZERO))
                    .anyMatch(line -> line.startsWith("tokens of openai/gpt-4o in the metrics: prompt 3"))
                    .anyMatch(line -> line.startsWith("tokens of openai/gpt-4o in the log: prompt 3"));
            // not to be looked at once more
            own.terminate();
            own.awaitEnd();
        }
    }

    @Test
    void aCallThatWasCutIsMarkedAndNotCountedAboveWhatWasSent() {
        simulator.behaviour(Scope.all().next(1), Behaviour.builder().cutAfter(3).build());

        assertThat(stream()).isFalse();

        String cut = gateway.entryLines().get(gateway.entryLines().size() - 1);
        assertThat(Json.read(cut).at("/gatehouse/end").asText()).isEqualTo("upstream_failed");
        assertThat(Json.read(cut).at("/ai/proxy/usage/provenance").asText()).isIn("partial", "estimated");
    }

    /** Whether a streamed answer came to its end. */
    private static boolean stream() {
        int entries = gateway.entryLines().size();
        boolean whole;
        try {
            PackagedGateway.CLIENT.send(
                    gateway.request("/llm", "{\"stream\":true," + QUESTION.substring(1))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            whole = true;
        } catch (IOException e) {
            whole = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        Workplace.awaitTrue(
                Workplace.SOON, () -> gateway.entryLines().size() > entries, () -> "the request was not logged");
        return whole;
    }
}
