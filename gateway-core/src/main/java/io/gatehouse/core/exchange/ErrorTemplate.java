package io.gatehouse.core.exchange;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of an error body: its first {@code %s} is the message, its second one the request id. Everything else stands for
 * itself, but {@code %%} for one percent sign. Immutable.
 */
public final class ErrorTemplate {
    private final String before;
    private final boolean message;
    private final String between;
    private final boolean id;
    private final String after;

    private ErrorTemplate(List<String> pieces) {
        this.before = pieces.get(0);
        this.message = pieces.size() > 1;
        this.between = message ? pieces.get(1) : "";
        this.id = pieces.size() > 2;
        this.after = id ? pieces.get(2) : "";
    }

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException when it has more than two {@code %s}
     */
    public static ErrorTemplate of(String text) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            if (text.startsWith("%s", at)) {
                pieces.add(piece.toString());
                piece.setLength(0);
                at += 2;
            } else if (text.startsWith("%%", at)) {
                piece.append('%');
                at += 2;
            } else {
                piece.append(text.charAt(at));
                at++;
            }
        }
        pieces.add(piece.toString());
        if (pieces.size() > 3) {
            throw new IllegalArgumentException("it has " + (pieces.size() - 1) + " times %s");
        }
        return new ErrorTemplate(pieces);
    }

    Buffer fill(String text, String requestId) {
        StringBuilder filled = new StringBuilder(before);
        if (message) {
            filled.append(text).append(between);
        }
        if (id) {
            filled.append(requestId).append(after);
        }
        return Buffer.buffer(filled.toString());
    }
}
