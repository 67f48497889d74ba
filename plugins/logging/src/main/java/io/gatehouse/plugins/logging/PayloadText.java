package io.gatehouse.plugins.logging;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/**
 * A logged body: cut at {@value #MAX_BYTES} bytes, and without credentials. These are the values under {@code
 * tools[].headers} and {@code tools[].authorization}, wherever {@code tools} stands, and the top-level fields that auth
 * plugins read. The rest stays byte for byte.
 *
 * <p>A body that was cut is no JSON any more; what is left of it is read just the same. From where a text is broken in
 * another way nothing is shown, since nobody can tell what it holds.
 *
 * @param cut whether something is missing at the end
 */
record PayloadText(String text, boolean cut) {
    /** The most that is logged of one body. */
    static final int MAX_BYTES = 1024 * 1024;

    private static final String REPLACEMENT = '"' + LogEntry.REDACTED + '"';
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(512)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /**
     * The text as it may be logged.
     *
     * @param bodyFields names of top-level fields that carry credentials, in lower case
     * @param fromClient whether a client wrote it: then it is not shown when it is no JSON
     */
    static PayloadText of(String text, Set<String> bodyFields, boolean fromClient) {
        String kept = atMost(text, MAX_BYTES);
        boolean cut = kept.length() != text.length();
        int first = 0;
        while (first < kept.length() && kept.charAt(first) <= ' ') {
            first++;
        }
        char start = first < kept.length() ? kept.charAt(first) : ' ';
        if (start == '{' || start == '[') {
            return new Reading(kept, bodyFields).redacted(cut);
        }
        return fromClient && start != ' ' ? new PayloadText(LogEntry.REDACTED, cut) : new PayloadText(kept, cut);
    }

    /** The longest beginning that takes at most so many bytes in UTF-8. */
    private static String atMost(String text, int max) {
        if (text.length() <= max / 3) {
            return text;
        }
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : pair ? 4 : 3;
            if (bytes > max) {
                return text.substring(0, i);
            }
            if (pair) {
                i++;
            }
        }
        return text;
    }

    /** One pass over a text. */
    private static final class Reading {
        private final String text;
        private final Set<String> bodyFields;
        private final StringBuilder shown = new StringBuilder();
        /** Up to here the text was shown or replaced. */
        private int done;
        /** Where the parser stood when all was well. */
        private int good;
        /** Whether the value that comes next, or is being read, must not be shown. */
        private boolean secret;

        Reading(String text, Set<String> bodyFields) {
            this.text = text;
            this.bodyFields = bodyFields;
        }

        PayloadText redacted(boolean cut) {
            boolean broken = false;
            try (JsonParser parser = JSON.createParser(text)) {
                if (parser.nextToken() == JsonToken.START_OBJECT) {
                    object(parser, true, Place.ELSEWHERE);
                } else {
                    array(parser, Place.ELSEWHERE);
                }
                if (parser.nextToken() != null) {
                    broken = true;
                }
            } catch (JsonEOFException e) {
                cut = true;
                if (secret) {
                    shown.append(text, done, good).append(REPLACEMENT);
                    return new PayloadText(shown.toString(), true);
                }
            } catch (IOException e) {
                broken = true;
            }
            if (broken) {
                shown.append(text, done, Math.max(done, good));
                if (secret) {
                    shown.append(REPLACEMENT);
                }
                return new PayloadText(shown.toString(), true);
            }
            shown.append(text, done, text.length());
            return new PayloadText(shown.toString(), cut);
        }

        private enum Place {
            /** Inside an element of a list called {@code tools}. */
            TOOL,
            /** Inside the headers of a tool. */
            HEADERS,
            ELSEWHERE
        }

        private void object(JsonParser parser, boolean root, Place place) throws IOException {
            good = position(parser);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName().toLowerCase(Locale.ROOT);
                boolean headers = place == Place.TOOL && name.equals("headers");
                boolean hide = place == Place.HEADERS
                        || (place == Place.TOOL && name.equals("authorization"))
                        || (root && bodyFields.contains(name));
                goodAfterColon(parser);
                // headers that are no object are hidden whole, so until the first sign of one they are a secret
                secret = hide || headers;
                JsonToken value = parser.nextToken();
                if (hide || (headers && value != JsonToken.START_OBJECT)) {
                    hide(parser);
                } else if (value == JsonToken.START_OBJECT) {
                    secret = false;
                    object(parser, false, headers ? Place.HEADERS : Place.ELSEWHERE);
                } else if (value == JsonToken.START_ARRAY) {
                    array(parser, name.equals("tools") ? Place.TOOL : Place.ELSEWHERE);
                } else {
                    parser.finishToken();
                    good = position(parser);
                }
            }
            good = position(parser);
        }

        /** Reads an array; {@code place} says where its objects are. */
        private void array(JsonParser parser, Place place) throws IOException {
            good = position(parser);
            for (JsonToken value = parser.nextToken();
                    value != null && value != JsonToken.END_ARRAY;
                    value = parser.nextToken()) {
                if (value == JsonToken.START_OBJECT) {
                    object(parser, false, place);
                } else if (value == JsonToken.START_ARRAY) {
                    array(parser, Place.ELSEWHERE);
                } else {
                    parser.finishToken();
                    good = position(parser);
                }
            }
            good = position(parser);
        }

        private void hide(JsonParser parser) throws IOException {
            int from = (int) parser.currentTokenLocation().getCharOffset();
            good = from;
            parser.skipChildren();
            parser.finishToken();
            shown.append(text, done, from).append(REPLACEMENT);
            done = position(parser);
            good = done;
            secret = false;
        }

        /** After a name the parser may already stand behind the colon; the place is found in the text. */
        private void goodAfterColon(JsonParser parser) {
            int at = position(parser);
            int name = (int) parser.currentTokenLocation().getCharOffset();
            int end = endOfString(name);
            while (end < text.length() && text.charAt(end) <= ' ') {
                end++;
            }
            good = end < text.length() && text.charAt(end) == ':' ? end + 1 : at;
        }

        private int endOfString(int start) {
            int i = start + 1;
            while (i < text.length() && text.charAt(i) != '"') {
                i += text.charAt(i) == '\\' ? 2 : 1;
            }
            return Math.min(i + 1, text.length());
        }

        private static int position(JsonParser parser) {
            return (int) parser.currentLocation().getCharOffset();
        }
    }
}
