package io.gatehouse.core.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.gatehouse.core.service.VaultReference;
import io.gatehouse.core.service.Vaults;

/** Any vault reference yields a value or a reason, and a reason never holds what a variable does. */
public final class VaultFuzzer {
    private static final String SECRET = "hunter2hunter2";

    private VaultFuzzer() {}

    /** Called by the fuzzer before it begins, so that loading classes does not count as the time of an input. */
    public static void fuzzerInitialize() {
        fuzzerTestOneInput("env/name/key?a=b#2".getBytes(UTF_8));
    }

    /** Called by the fuzzer, and for each file of the corpus by {@link FuzzCorpusTest}. */
    public static void fuzzerTestOneInput(byte[] data) {
        String text = new String(data, UTF_8);
        if (text.contains(SECRET)) {
            return; // known to the fuzzer from elsewhere
        }
        Vaults vaults = Vaults.over(name -> name.isEmpty() ? null : name.length() % 2 == 0 ? SECRET : json());
        for (String reference : new String[] {text, "{vault://" + text + "}", "{vault://env/" + text + "}"}) {
            if (VaultReference.isReference(reference)) {
                lookUp(vaults, reference);
            } else {
                refused(reference);
            }
        }
    }

    private static void lookUp(Vaults vaults, String reference) {
        Vaults.Lookup found = vaults.draft().lookup(reference);
        String failure = found.failure();
        if (failure != null && failure.contains(SECRET)) {
            throw new AssertionError("shows what a variable holds: " + failure);
        }
        if (found.toString().contains(SECRET)) {
            throw new AssertionError("shows what a variable holds: " + found);
        }
        if (failure != null && !found.current().get().isEmpty()) {
            throw new AssertionError("a failure with a value: " + failure);
        }
    }

    private static void refused(String text) {
        try {
            throw new AssertionError("taken for a reference: " + VaultReference.parse(text));
        } catch (IllegalArgumentException expected) {
            // as it should be
        }
    }

    private static String json() {
        return "{\"key\": \"" + SECRET + "\", \"number\": 1, \"list\": [1]}";
    }
}
