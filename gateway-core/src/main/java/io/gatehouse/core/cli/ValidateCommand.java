package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "validate",
        description = "Check configuration files and plugins without starting; print every problem with its place.")
final class ValidateCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(arity = "0..*", paramLabel = "FILE|DIR", description = "The same as --config.")
    private List<String> files = new ArrayList<>();

    ValidateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        Map<String, List<String>> options = common.values();
        options.computeIfPresent("--config", (name, given) -> {
            List<String> all = new ArrayList<>(given);
            all.addAll(files);
            return all;
        });
        Settings settings = console.settings(options);
        if (settings.configs().isEmpty()) {
            throw new ConfigException(List.of("--config: missing (expected: a configuration file or folder)"));
        }
        Gateway.ConfigSummary found = Gateway.validate(settings);
        found.warnings().forEach(console.err()::println);
        console.out()
                .println("valid: "
                        + count(found.services(), "service") + ", "
                        + count(found.routes(), "route") + ", "
                        + count(found.consumers(), "consumer") + ", "
                        + count(found.plugins(), "plugin"));
        return CommandLineInterface.OK;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
