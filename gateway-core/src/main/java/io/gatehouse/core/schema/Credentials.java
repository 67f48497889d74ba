package io.gatehouse.core.schema;

import io.gatehouse.core.exchange.Chain;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Credentials in texts of configurations whose field is not one for secrets, as in {@code Authorization: Bearer x}. */
public final class Credentials {
    /** Stands in place of a secret. */
    public static final String MASK = "***";

    /** Headers, query arguments and fields of bodies whose values are credentials. Lower case. */
    private static final Set<String> NAMES = with(
            Chain.ALWAYS_REDACTED,
            "access_token",
            "api-key",
            "api_key",
            "apikey",
            "key",
            "password",
            "secret",
            "sig",
            "signature",
            "token",
            "x-amz-credential",
            "x-amz-security-token",
            "x-amz-signature",
            "x-goog-api-key");

    private Credentials() {}

    private static Set<String> with(Set<String> some, String... others) {
        Set<String> all = new HashSet<>(some);
        all.addAll(List.of(others));
        return Set.copyOf(all);
    }

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
