package io.gatehouse.core;

import io.gatehouse.core.cli.CommandLineInterface;

/** The program that {@code bin/gatehouse} starts. */
public final class Main {
    private Main() {}

    /**
     * Runs one command and ends the process with 0 (done), 1 (failed) or 2 (bad configuration or command line).
     *
     * @param args as typed
     */
    public static void main(String[] args) {
        System.exit(new CommandLineInterface(System.getenv(), System.out, System.err).run(args));
    }
}
