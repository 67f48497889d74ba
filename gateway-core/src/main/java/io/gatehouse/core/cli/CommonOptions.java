package io.gatehouse.core.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which files and plugins there are. */
final class CommonOptions {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE|DIR",
            arity = "1..*",
            description = "Configuration file or folder; may be given several times, the files are merged.")
    private List<String> configs = new ArrayList<>();

    @Mixin
    private CheckOptions check = new CheckOptions();

    Map<String, List<String>> values() {
        Map<String, List<String>> values = new LinkedHashMap<>();
        values.put("--config", configs);
        values.putAll(check.values());
        return values;
    }

    static List<String> one(@Nullable String value) {
        return value == null ? List.of() : List.of(value);
    }
}
