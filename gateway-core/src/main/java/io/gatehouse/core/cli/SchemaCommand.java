package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "schema", description = "Print the JSON Schema of a plugin's configuration, or of a kind of entity.")
final class SchemaCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(
            paramLabel = "NAME",
            description = "The plugin's name as in decK files, key-auth; or services, routes and so on.")
    private String name = "";

    @Option(names = "--markdown", description = "A page for people instead: fields, types, defaults, meanings.")
    private boolean markdown;

    SchemaCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        Settings settings = console.settings(common.values());
        console.out().println(markdown ? Gateway.reference(settings, name).strip() : Gateway.schema(settings, name));
        return CommandLineInterface.OK;
    }
}
