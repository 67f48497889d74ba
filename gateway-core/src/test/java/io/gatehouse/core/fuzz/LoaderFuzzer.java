package io.gatehouse.core.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.ConfigLoader;
import io.gatehouse.core.entity.DeckDump;
import io.gatehouse.core.entity.LoadOptions;
import io.gatehouse.core.entity.LoadResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Any bytes are a configuration or a list of problems; and a configuration can be dumped and read again. */
public final class LoaderFuzzer {
    private static final Map<String, String> ENVIRONMENT = Map.of("DECK_NUMBER", "80", "DECK_TEXT", "a: b\n- c");

    private LoaderFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("_format_version: \"3.0\"\nroutes: [{paths: [/]}]\n".getBytes(UTF_8));
    }

    /** Called by the fuzzer, and for each file of the corpus by {@link FuzzCorpusTest}. */
    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, UTF_8);
        LoadResult first = load(text);
        for (Problem problem : first.problems()) {
            if (problem.line() < 1 || problem.column() < 1 || problem.message().isEmpty()) {
                throw new AssertionError("a problem without a place or a message: " + problem);
            }
        }
        if (first.ok()) {
            String again = load(text).config().fingerprint();
            if (!again.equals(first.config().fingerprint())) {
                throw new AssertionError("the same text has two fingerprints");
            }
            dumped(first);
        }
    }

    private static void dumped(LoadResult loaded) {
        List<Problem> refused = new ArrayList<>();
        String dump = DeckDump.write(loaded.config(), false, refused::add);
        if (refused.isEmpty()) {
            LoadResult again = load(dump);
            if (!again.ok()) {
                throw new AssertionError("the dump is refused: " + again.problems() + "\n" + dump);
            }
            if (!again.config().fingerprint().equals(loaded.config().fingerprint())) {
                throw new AssertionError("the dump is another configuration:\n" + dump);
            }
        }
    }

    private static LoadResult load(String text) {
        return ConfigLoader.loadText("fuzzed", text, ENVIRONMENT::get, LoadOptions.defaults());
    }
}
