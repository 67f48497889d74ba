package io.gatehouse.core.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which plugins there are and how files are read. */
final class CheckOptions {
    @Option(names = "--plugins", paramLabel = "DIR", description = "Folder with plugin JARs; several times for more.")
    private List<String> plugins = new ArrayList<>();

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description = "debug, info, notice (default), warn, error, crit, alert or emerg.")
    private @Nullable String logLevel;

    @Option(names = "--compat", paramLabel = "VERSION", description = "Whose defaults apply: 3.10 or 3.15 (default).")
    private @Nullable String compat;

    @Option(
            names = "--router-flavor",
            paramLabel = "FLAVOR",
            description = "How routes are matched: traditional_compatible (default) or expressions.")
    private @Nullable String routerFlavor;

    Map<String, List<String>> values() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("--plugins", plugins);
        values.put("--log-level", CommonOptions.one(logLevel));
        values.put("--compat", CommonOptions.one(compat));
        values.put("--router-flavor", CommonOptions.one(routerFlavor));
        return values;
    }
}
