package io.gatehouse.api;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A few typed values that plugins leave for each other. Used on one event loop only. Look-ups compare a handful of
 * references, which beats hashing at these sizes.
 */
public final class Attributes {
    private static final Object[] NONE = {};

    private @Nullable Object[] slots = NONE;
    private int used;

    /** Makes an empty set of attributes. */
    public Attributes() {}

    /** The value of a key, or null when it was never set. */
    @SuppressWarnings("unchecked") // put() stored a T under a Key<T>
    public <T> @Nullable T get(Key<T> key) {
        for (int i = 0; i < used; i += 2) {
            if (slots[i] == key) {
                return (T) slots[i + 1];
            }
        }
        return null;
    }

    /** Sets the value of a key, replacing an earlier one. */
    public <T> Attributes set(Key<T> key, T value) {
        Objects.requireNonNull(value, "value");
        for (int i = 0; i < used; i += 2) {
            if (slots[i] == key) {
                slots[i + 1] = value;
                return this;
            }
        }
        if (used == slots.length) {
            slots = Arrays.copyOf(slots, Math.max(8, used * 2));
        }
        slots[used] = key;
        slots[used + 1] = value;
        used += 2;
        return this;
    }

    /** A copy that shares the values. */
    public Attributes copy() {
        Attributes copy = new Attributes();
        copy.slots = used == 0 ? NONE : slots.clone();
        copy.used = used;
        return copy;
    }
}
