package io.gatehouse.api.json;

/**
 * A document is not what it must be: not JSON, or of another shape than an edit needs. The message names the place and
 * what was expected there, and carries at most one character of the document. It has no stack trace: bad documents are
 * everyday input.
 */
public final class JsonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int offset;

    JsonException(int offset, String message) {
        super(text(offset, message), null, false, false);
        this.offset = offset;
    }

    static String text(int offset, String message) {
        return "JSON at byte " + offset + ": " + message;
    }

    /** The index of the offending byte in the buffer that was read. */
    public int offset() {
        return offset;
    }
}
