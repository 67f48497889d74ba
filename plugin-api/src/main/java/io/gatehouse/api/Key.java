package io.gatehouse.api;

import java.util.Objects;

/**
 * A typed name for a value in {@link Attributes}. Identity is the object, not the name: keep it in a static final field.
 *
 * @param <T> the type of the value
 */
@SuppressWarnings("UnusedTypeParameter") // it types the value, not the key
public final class Key<T> {
    private final String name;

    private Key(String name) {
        this.name = name;
    }

    /** Makes a key; the name only serves messages. */
    public static <T> Key<T> of(String name) {
        return new Key<>(Objects.requireNonNull(name, "name"));
    }

    @Override
    public String toString() {
        return name;
    }
}
