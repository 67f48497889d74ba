package io.gatehouse.api.config;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A credential in a configuration: a literal, or a reference to a vault whose current value is read at
 * each use, so that a rotated credential needs no new plugin instance.
 *
 * <p>Two secrets are equal when they are the same reference, or literals with the same value. {@link
 * #toString()} never shows the value. Immutable; safe to use from any thread; {@link #value()} does not
 * block.
 */
public final class Secret {
    private final @Nullable String reference;
    private final Supplier<String> current;

    private Secret(@Nullable String reference, Supplier<String> current) {
        this.reference = reference;
        this.current = current;
    }

    /** A secret whose value stands in the configuration itself or came from a variable. */
    public static Secret literal(String value) {
        Objects.requireNonNull(value, "value");
        return new Secret(null, () -> value);
    }

    /**
     * A secret that lives in a vault.
     *
     * @param reference the text of the reference, such as {@code {vault://env/my-secret}}
     * @param current yields the value that holds now; never blocks, never null
     */
    public static Secret reference(String reference, Supplier<String> current) {
        return new Secret(Objects.requireNonNull(reference, "reference"), Objects.requireNonNull(current, "current"));
    }

    /** The value that holds now; empty when the vault could not yield one. Never log it. */
    public String value() {
        return current.get();
    }

    /** The text of the vault reference, which is no secret; null for a literal. */
    public @Nullable String reference() {
        return reference;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof Secret that)) {
            return false;
        }
        if (reference != null || that.reference != null) {
            return Objects.equals(reference, that.reference);
        }
        return value().equals(that.value());
    }

    @Override
    public int hashCode() {
        return reference != null ? reference.hashCode() : value().hashCode();
    }

    @Override
    public String toString() {
        return reference != null ? "Secret[" + reference + "]" : "Secret[***]";
    }
}
