package io.gatehouse.core.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whatever stands in a file around a secret variable: no message shows the secret. */
public final class TemplateFuzzer {
    private static final String SECRET = "hunter2hunter2";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("DECK_S", SECRET, "DECK_Q", '"' + SECRET + "\n  '", "DECK_N", "80", "DECK_B", "true", "DECK_E", "");

    private TemplateFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("env \"DECK_S\" | toInt".getBytes(UTF_8));
    }

    /** Called by the fuzzer, and for each file of the corpus by {@link FuzzCorpusTest}. */
    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, UTF_8);
        if (text.contains(SECRET)) {
            return; // known to the fuzzer from elsewhere
        }
        List<Problem> problems = new ArrayList<>();
        // the same expression as it stands, within a value, and within a quoted value
        for (String file : List.of(text, "a: ${{ " + text + " }}", "a: \"x ${{ " + text + " }}\"\nb: 1")) {
            ConfigText.parse("fuzzed", file, ENVIRONMENT::get, problems::add);
        }
        for (Problem problem : problems) {
            if (problem.toString().contains(SECRET)) {
                throw new AssertionError("shows what a variable holds: " + problem);
            }
        }
    }
}
