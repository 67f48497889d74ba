package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Gateway.PluginInfo;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "plugins", description = "List the plugins that can be used, the outermost first.")
final class PluginsCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    PluginsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        Table table = new Table(List.of("PLUGIN", "PRIORITY", "VERSION", "FROM"));
        for (PluginInfo plugin : Gateway.plugins(console.settings(common.values()))) {
            table.row(List.of(plugin.name(), Integer.toString(plugin.priority()), plugin.version(), plugin.origin()));
        }
        table.print(console.out());
        return CommandLineInterface.OK;
    }
}
