package io.gatehouse.core.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which files and plugins there are. */
final class CommonOptions {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE|DIR",
            arity = "1..*",
            description = "Configuration file or folder; may be given several times, the files are merged.")
    private List<String> configs = new ArrayList<>();

    @Option(names = "--plugins", paramLabel = "DIR", description = "Folder with plugin JARs; several times for more.")
    private List<String> plugins = new ArrayList<>();

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description = "debug, info, notice (default), warn, error, crit, alert or emerg.")
    private @Nullable String logLevel;

    @Option(names = "--compat", paramLabel = "VERSION", description = "Whose defaults apply: 3.10 or 3.15 (default).")
    private @Nullable String compat;

    Map<String, List<String>> values() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("--config", configs);
        values.put("--plugins", plugins);
        values.put("--log-level", one(logLevel));
        values.put("--compat", one(compat));
        return values;
    }

    static List<String> one(@Nullable String value) {
        return value == null ? List.of() : List.of(value);
    }
}
