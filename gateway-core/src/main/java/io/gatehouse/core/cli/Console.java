package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Settings;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** What every command has at hand: the environment, and where to write. */
record Console(Map<String, String> environment, PrintStream out, PrintStream err) {
    /** Reads settings from options and environment, and sets the log up by them. */
    Settings settings(Map<String, List<String>> options) throws ConfigException {
        Settings settings = Settings.from(environment, options);
        Logs.configure(settings.logLevel());
        for (String warning : settings.warnings()) {
            err.println("gatehouse: " + warning);
        }
        return settings;
    }

    void problem(String problem) {
        err.println("gatehouse: " + problem);
    }

    void problems(List<String> problems) {
        problems.forEach(err::println);
        err.println("gatehouse: " + (problems.size() == 1 ? "1 problem" : problems.size() + " problems"));
    }
}
