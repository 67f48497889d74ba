package io.gatehouse.api.json;

/**
 * The name of a member, escaped and encoded once, for {@link JsonWriter#name(JsonName)}. Keep it in a static final field.
 *
 * <p>Immutable; any thread.
 */
public final class JsonName {
    private final String text;
    private final byte[] afterComma;

    private JsonName(String text) {
        this.text = text;
        JsonWriter writer = new JsonWriter(text.length() + 4);
        writer.put(',');
        writer.string(text);
        writer.put(':');
        this.afterComma = writer.toBytes();
    }

    /** Prepares a name. */
    public static JsonName of(String text) {
        return new JsonName(text);
    }

    /** The name as it was given. */
    public String text() {
        return text;
    }

    /** A comma, the name in quotes, a colon. */
    byte[] afterComma() {
        return afterComma;
    }

    @Override
    public String toString() {
        return text;
    }
}
