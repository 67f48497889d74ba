package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.core.plan.ChangePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plan",
        description = "Tell what changes when one configuration takes the place of another, without starting.",
        footer = {"", "Exit codes: 0 done, 2 bad configuration, 3 something changes (with --non-zero-exit-code)."})
final class PlanCommand implements Callable<Integer> {
    /** Unlike decK's 2, so that a change is not taken for a broken file. */
    static final int CHANGES = 3;

    private final Console console;

    @Mixin
    private CheckOptions check = new CheckOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = "--non-zero-exit-code", description = "End with 3 when something changes.")
    private boolean nonZero;

    @Parameters(index = "0", paramLabel = "OLD", description = "File or folder that is in effect.")
    private String before = "";

    @Parameters(index = "1", paramLabel = "NEW", description = "File or folder that shall take its place.")
    private String after = "";

    PlanCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        Settings settings = console.settings(check.values());
        ChangePlan plan = Gateway.plan(settings, List.of(Path.of(before)), List.of(Path.of(after)));
        console.out().print(output.isJson() ? Json.text(plan.data()) : plan.text());
        return nonZero && plan.hasChanges() ? CHANGES : CommandLineInterface.OK;
    }
}
