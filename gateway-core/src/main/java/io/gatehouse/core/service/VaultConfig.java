package io.gatehouse.core.service;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a vault of some type is set up. Equal configs read equal secrets. */
public sealed interface VaultConfig permits EnvVaultConfig, FsVaultConfig {
    /** The types of vaults that are built. */
    List<String> TYPES = List.of(EnvVaultConfig.TYPE, FsVaultConfig.TYPE);

    /** The types that Kong has and Gatehouse has not. */
    Set<String> NOT_BUILT = Set.of("aws", "gcp", "azure", "hcv", "conjur", "konnect");

    /**
     * The same with one field set from text, as a query argument or an environment variable holds it.
     *
     * @throws IllegalArgumentException when there is no such field, or it cannot have that value
     */
    VaultConfig with(String field, String text);

    /** Seconds for which a value is not read again. */
    long ttl();

    /** Seconds for which a failed look-up is not tried again. */
    long failureTtl();

    /** Seconds for which a value that can no longer be read is used on. */
    long resurrectTtl();

    /** Whether values are Base64. */
    boolean base64Decode();

    /** Whether values can change while the process runs. */
    boolean rotates();

    /**
     * Reads a secret; may block.
     *
     * @param environment looks variables up
     */
    Found read(VaultReference reference, VaultEnvironment environment);

    /** The environment variables of the process. */
    @FunctionalInterface
    interface VaultEnvironment {
        /** The value of a variable; null when it is not set. */
        @Nullable
        String get(String name);
    }

    /**
     * What was found.
     *
     * @param value the content of the resource; empty when there is a failure
     * @param key the member of a JSON object that is meant; empty for all of it
     * @param failure why there is nothing, without any value; null on success
     */
    record Found(String value, String key, @Nullable String failure) {
        static Found of(String value, String key) {
            return new Found(value, key, null);
        }

        static Found failed(String why) {
            return new Found("", "", "could not get value from external vault (" + why + ")");
        }

        /** Without the value. */
        @Override
        public String toString() {
            return failure == null ? "Found[***]" : "Found[" + failure + "]";
        }
    }

    /** A number of seconds from text. */
    static long seconds(String field, String text) {
        if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException(field + ": " + text + " (expected: a number of seconds)");
        }
        return Long.parseLong(text);
    }

    /** A boolean from text. */
    static boolean bool(String field, String text) {
        return switch (text) {
            case "true", "on" -> true;
            case "false", "off" -> false;
            default -> throw new IllegalArgumentException(field + ": " + text + " (expected: true or false)");
        };
    }

    /** The complaint about a field that a type of vault does not have. */
    static IllegalArgumentException unknown(String type, String field, List<String> fields) {
        return new IllegalArgumentException(
                "unknown option '" + field + "' of vault " + type + " (expected: " + String.join(", ", fields) + ")");
    }
}
