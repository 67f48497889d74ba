package io.gatehouse.core.schema;

import io.gatehouse.api.Redaction;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Credentials in texts of configurations whose field is not one for secrets, as in {@code Authorization: Bearer x}. */
public final class Credentials {
    /** Stands in place of a secret. */
    public static final String MASK = "***";

    /** Headers, query arguments and fields of bodies whose values are credentials. Lower case. */
    private static final Set<String> NAMES = Stream.of(
                    Redaction.USUAL_HEADERS, Redaction.USUAL_ARGUMENTS, Set.of("x-goog-api-key"))
            .flatMap(Set::stream)
            .collect(Collectors.toUnmodifiableSet());

    private Credentials() {}

    /** Whether a value of this name is a credential; in any letter case. */
    public static boolean isNamed(String name) {
        return NAMES.contains(name.strip().toLowerCase(Locale.ROOT));
    }

    /** A text with a mask behind the colon where it is {@code name:value} and such a name, else as it is. */
    public static String masked(String text) {
        int colon = text.indexOf(':');
        return colon > 0 && isNamed(text.substring(0, colon)) ? text.substring(0, colon + 1) + MASK : text;
    }
}
