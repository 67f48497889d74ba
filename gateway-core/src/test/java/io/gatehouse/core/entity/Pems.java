package io.gatehouse.core.entity;

import org.jspecify.annotations.Nullable;

/** Certificates and keys as environment variables: {@code DECK_RSA_KEY} is the file {@code rsa-key.pem}. */
final class Pems {
    private Pems() {}

    static @Nullable String variable(String name) {
        return name.startsWith("DECK_")
                ? Loading.text(name.substring(5)
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .replace('_', '-') + ".pem")
                        .strip()
                : null;
    }
}
