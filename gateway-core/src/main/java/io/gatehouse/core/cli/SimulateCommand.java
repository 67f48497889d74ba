package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Settings.LogLevel;
import io.gatehouse.simulator.Behaviour;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "simulate",
        description = "Start the LLM simulator alone: an OpenAI-compatible server with made-up answers.",
        footer = {
            "",
            "Example: gatehouse simulate --port 9999 --behaviour '{\"delay_ms\": 200, \"event_ms\": 20}'",
            "then: gatehouse start --config kong.yaml --connect-to https://api.openai.com=http://127.0.0.1:9999"
        })
final class SimulateCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--host", description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(names = "--port", description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port = 9999;

    @Option(names = "--seed", description = "Seed of ids and jitter (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(
            names = "--behaviour",
            paramLabel = "JSON",
            description = "How every answer departs from a prompt, correct one: delays, errors, cuts.")
    private @Nullable String behaviour;

    SimulateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Logs.configure(LogLevel.NOTICE);
        SimulatorOptions options;
        try {
            SimulatorOptions.Builder builder =
                    SimulatorOptions.builder().host(host).port(port).seed(seed);
            if (behaviour != null) {
                builder.behaviour(Behaviour.fromJson(behaviour));
            }
            options = builder.build();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(List.of(String.valueOf(e.getMessage())));
        }
        try (Signals signals = new Signals();
                LlmSimulator simulator = Simulators.start(options)) {
            console.out()
                    .println("LLM simulator on " + simulator.baseUrl() + ", what it saw: " + simulator.baseUrl()
                            + "/__simulator/ledger");
            console.out().flush();
            signals.awaitEnd();
        }
        return CommandLineInterface.OK;
    }
}
