package io.gatehouse.core.cli;

import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Settings;
import io.gatehouse.core.Settings.LogLevel;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What every command has at hand: the environment, and where to write. */
record Console(Map<String, String> environment, PrintStream out, PrintStream err) {
    /** Reads settings from options and environment, and sets the log up by them. */
    Settings settings(Map<String, List<String>> options) throws ConfigException {
        Logs.configure(LogLevel.NOTICE); // what libraries say while settings are read is not for users
        Settings settings = Settings.from(environment, options);
        Logs.configure(settings.logLevel());
        for (String warning : settings.warnings()) {
            err.println("gatehouse: " + warning);
        }
        return settings;
    }

    /**
     * The same for a command that also takes configuration files without {@code --config}.
     *
     * @throws ConfigException also when there is no file at all
     */
    Settings settingsWithFiles(Map<String, List<String>> options, List<String> files) throws ConfigException {
        Map<String, List<String>> all = new LinkedHashMap<>(options);
        List<String> configs = new ArrayList<>(options.getOrDefault("--config", List.of()));
        configs.addAll(files);
        all.put("--config", configs);
        Settings settings = settings(all);
        if (settings.configs().isEmpty()) {
            throw new ConfigException(List.of("--config: missing (expected: a configuration file or folder)"));
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
