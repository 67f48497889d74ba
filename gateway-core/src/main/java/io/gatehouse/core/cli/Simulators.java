package io.gatehouse.core.cli;

import io.gatehouse.core.StartException;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;

/** Starts the LLM simulator and says in one line why it cannot. */
final class Simulators {
    private Simulators() {}

    static LlmSimulator start(SimulatorOptions options) throws StartException {
        try {
            return LlmSimulator.startAndAwait(options);
        } catch (IllegalStateException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new StartException(
                    "the LLM simulator cannot listen on " + options.host() + ":" + options.port() + ": "
                            + cause.getMessage(),
                    cause);
        }
    }
}
