package io.gatehouse.core.service;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Secrets in environment variables: prefix and resource in upper case, {@code -} as {@code _}; version 2 has {@code
 * _PREVIOUS} behind it. The environment of a process never changes, so there is nothing to rotate.
 *
 * @param prefix what the names of the variables begin with
 * @param base64Decode whether the values are Base64
 */
@Doc("Secrets in environment variables of the gateway.")
public record EnvVaultConfig(
        @Doc("What the names of the variables begin with.") @Pattern(NAME) @Nullable
        String prefix,

        @Doc("Whether all values are Base64.") @Default("false")
        boolean base64Decode)
        implements VaultConfig {
    /** The type's name. */
    public static final String TYPE = "env";

    static final String NAME = "[A-Za-z_-][A-Za-z0-9_-]*";

    private static final List<String> FIELDS = List.of("prefix", "base64_decode");

    /** Variables without a prefix, as they are. */
    public static final EnvVaultConfig PLAIN = new EnvVaultConfig(null, false);

    @Override
    public EnvVaultConfig with(String field, String text) {
        return switch (field) {
            case "prefix" -> {
                if (!text.isEmpty() && !text.matches(NAME)) {
                    throw new IllegalArgumentException(
                            "prefix: " + text + " (expected: letters, digits, '-' and '_', no digit first)");
                }
                yield new EnvVaultConfig(text.isEmpty() ? null : text, base64Decode);
            }
            case "base64_decode" -> new EnvVaultConfig(prefix, VaultConfig.bool(field, text));
            default -> throw VaultConfig.unknown(TYPE, field, FIELDS);
        };
    }

    @Override
    public long ttl() {
        return 0;
    }

    @Override
    public long failureTtl() {
        return 0;
    }

    @Override
    public long resurrectTtl() {
        return 0;
    }

    @Override
    public boolean rotates() {
        return false;
    }

    @Override
    public Found read(VaultReference reference, VaultEnvironment environment) {
        if (reference.version() > 2) {
            return Found.failed("an environment variable has versions 1 and 2");
        }
        String name = ((prefix == null ? "" : prefix) + reference.resource())
                .toUpperCase(Locale.ROOT)
                .replace('-', '_');
        String value = environment.get(reference.version() == 2 ? name + "_PREVIOUS" : name);
        return value == null ? Found.failed("no value found") : Found.of(value, reference.key());
    }
}
