package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.config.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "validate",
        description = "Check configuration files and plugins without starting; print every problem with its place.")
final class ValidateCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = "--strict", description = "Take warnings for errors.")
    private boolean strict;

    @Parameters(arity = "0..*", paramLabel = "FILE|DIR", description = "The same as --config.")
    private List<String> files = new ArrayList<>();

    ValidateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException, IOException {
        Gateway.Findings found = Gateway.examine(console.settingsWithFiles(common.values(), files));
        boolean good = found.ok() && !(strict && !found.problems().isEmpty());
        if (output.isJson()) {
            console.out().print(Json.text(data(found, good)));
            return good ? CommandLineInterface.OK : CommandLineInterface.BAD_CONFIG;
        }
        List<String> lines = found.problems().stream().map(Problem::toString).toList();
        if (!good) {
            throw new ConfigException(lines);
        }
        lines.forEach(console.err()::println);
        Gateway.ConfigSummary summary = found.summary();
        console.out()
                .println("valid: "
                        + count(summary.services(), "service") + ", "
                        + count(summary.routes(), "route") + ", "
                        + count(summary.consumers(), "consumer") + ", "
                        + count(summary.plugins(), "plugin"));
        return CommandLineInterface.OK;
    }

    private static Map<String, Object> data(Gateway.Findings found, boolean good) {
        List<Object> problems = new ArrayList<>();
        for (Problem problem : found.problems()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("file", problem.file());
            one.put("line", problem.line());
            one.put("column", problem.column());
            one.put("path", problem.path());
            one.put("severity", problem.severity().name().toLowerCase(Locale.ROOT));
            one.put("message", problem.message());
            one.put("hint", problem.hint());
            problems.add(one);
        }
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("valid", good);
        data.put("services", found.summary().services());
        data.put("routes", found.summary().routes());
        data.put("consumers", found.summary().consumers());
        data.put("plugins", found.summary().plugins());
        data.put("problems", problems);
        return data;
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }
}
