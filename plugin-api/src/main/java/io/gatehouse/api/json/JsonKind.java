package io.gatehouse.api.json;

/** The kinds of JSON values. */
public enum JsonKind {
    /** Members in braces. */
    OBJECT,
    /** Elements in brackets. */
    ARRAY,
    /** A text in quotes. */
    STRING,
    /** A number of any size and precision. */
    NUMBER,
    /** {@code true} or {@code false}. */
    BOOLEAN,
    /** {@code null}. */
    NULL;

    /** The kind of a valid value by its first byte. */
    static JsonKind of(int first) {
        return switch (first) {
            case '{' -> OBJECT;
            case '[' -> ARRAY;
            case '"' -> STRING;
            case 't', 'f' -> BOOLEAN;
            case 'n' -> NULL;
            default -> NUMBER;
        };
    }
}
