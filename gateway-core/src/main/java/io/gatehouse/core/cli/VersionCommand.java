package io.gatehouse.core.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "version", description = "Print the version of Gatehouse and of the Java it runs on.")
final class VersionCommand implements Callable<Integer> {
    private final Console console;

    VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        console.out()
                .println("gatehouse " + (version == null ? "(unpackaged)" : version) + ", Java " + Runtime.version()
                        + " (" + System.getProperty("java.vendor") + ")");
        return CommandLineInterface.OK;
    }
}
