package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.ai.LlmOperation;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** Kong's estimates for calls whose provider reports nothing. */
final class Tokens {
    private Tokens() {}

    /** The words of a prompt, and 1.8 times as many for a stream, rounded half up. */
    static long ofPrompt(@Nullable JsonBytes body, LlmOperation operation, boolean stream) {
        if (body == null) {
            return 0;
        }
        long words = switch (operation) {
            case CHAT -> inMessages(body.at("/messages"));
            case COMPLETIONS -> inText(body.at("/prompt"));
            case EMBEDDINGS -> inText(body.at("/input"));
            case RESPONSES -> inText(body.at("/instructions")) + inInput(body.at("/input"));
            case PRESERVE -> inMessages(body.at("/messages")) + inText(body.at("/prompt")) + inInput(body.at("/input"));
        };
        return stream ? (words * 18 + 5) / 10 : words;
    }

    /** The tokens of an answer whose text, trimmed, has so many bytes. */
    static long ofAnswer(long bytes) {
        return (bytes + 3) / 4;
    }

    private static long inInput(@Nullable JsonValue input) {
        return input != null && input.kind() == JsonKind.ARRAY ? inMessages(input) : inText(input);
    }

    private static long inMessages(@Nullable JsonValue messages) {
        if (messages == null) {
            return 0;
        }
        long words = 0;
        for (JsonValue message : messages.elements()) {
            JsonValue content = message.at("/content");
            if (content != null && content.kind() == JsonKind.ARRAY) {
                for (JsonValue part : content.elements()) {
                    words += inText(part.at("/text"));
                }
            } else {
                words += inText(content);
            }
        }
        return words;
    }

    /** Words of a string, or of each string of an array; a number, which stands for a token, is one. */
    private static long inText(@Nullable JsonValue value) {
        if (value == null) {
            return 0;
        }
        return switch (value.kind()) {
            case STRING -> words(value.text());
            case NUMBER -> 1;
            case ARRAY -> {
                long words = 0;
                for (JsonValue element : value.elements()) {
                    words += inText(element);
                }
                yield words;
            }
            default -> 0;
        };
    }

    static long words(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        long words = 0;
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            boolean space = isSpace(text.charAt(i));
            if (!space && !inWord) {
                words++;
            }
            inWord = !space;
        }
        return words;
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    /** Counts the bytes of a text that comes in pieces, without the white space around it. */
    static final class Meter {
        private long trimmed;
        private long spaceBehind;

        void add(@Nullable String piece) {
            if (piece == null) {
                return;
            }
            for (int i = 0; i < piece.length(); i++) {
                char c = piece.charAt(i);
                if (isSpace(c)) {
                    spaceBehind += trimmed == 0 ? 0 : 1;
                } else {
                    trimmed += spaceBehind + bytes(c);
                    spaceBehind = 0;
                }
            }
        }

        /** A surrogate is half of four bytes. */
        private static int bytes(char c) {
            return c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }

        long bytes() {
            return trimmed;
        }
    }
}
