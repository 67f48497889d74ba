package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "dump",
        description = "Write configuration files as one decK file: merged, nested, sorted. Variables stay variables.")
final class DumpCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(arity = "0..*", paramLabel = "FILE|DIR", description = "The same as --config.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--defaults", description = "Write fields of entities that hold their default, too.")
    private boolean defaults;

    DumpCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        String text = Gateway.dump(console.settingsWithFiles(common.values(), files), defaults, console.err()::println);
        console.out().print(text);
        return CommandLineInterface.OK;
    }
}
