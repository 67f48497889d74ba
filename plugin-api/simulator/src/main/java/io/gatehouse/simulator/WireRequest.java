package io.gatehouse.simulator;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request as it stood on the wire, read in the one way in which nobody can read it otherwise: single spaces, CRLF, one
 * framing, chunks without extensions. What a proxy sends on must look like this whatever its client sent.
 *
 * <pre>{@code
 * List<WireRequest> seen = WireRequest.of(server.connections().get(0).received());
 * assertThat(seen).hasSize(1);
 * assertThat(seen.get(0).body()).isEqualTo("hello");
 * }</pre>
 *
 * @param method the first word
 * @param target the second
 * @param version {@code HTTP/1.0} or {@code HTTP/1.1}
 * @param fields the header lines in their order
 * @param body decoded from chunks, a character for each byte; as far as it came
 * @param trailers the lines behind a chunked body
 * @param whole whether the request came to its end
 * @param end how many bytes of the connection had come with its last one
 */
public record WireRequest(
        String method,
        String target,
        String version,
        List<Field> fields,
        String body,
        List<Field> trailers,
        boolean whole,
        int end) {

    /**
     * A header or trailer line.
     *
     * @param name as it came
     * @param value without the blanks around it
     */
    public record Field(String name, String value) {}

    /** Copies the lists. */
    public WireRequest {
        fields = List.copyOf(fields);
        trailers = List.copyOf(trailers);
    }

    /** The values of all header lines of that name, in whatever case. */
    public List<String> values(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    /**
     * Reads all requests of a connection; the last one may not be whole. Half a head is left out.
     *
     * @throws IllegalArgumentException where the bytes are something else, or could be read in another way
     */
    public static List<WireRequest> of(byte[] bytes) {
        Reader reader = new Reader(new String(bytes, StandardCharsets.ISO_8859_1));
        List<WireRequest> all = new ArrayList<>();
        for (WireRequest next = reader.request(); next != null; next = reader.request()) {
            all.add(next);
        }
        return all;
    }

    /** Reads the requests up to the first byte that is something else, or could be read in another way. */
    public static List<WireRequest> beforeDoubt(byte[] bytes) {
        Reader reader = new Reader(new String(bytes, StandardCharsets.ISO_8859_1));
        List<WireRequest> all = new ArrayList<>();
        try {
            for (WireRequest next = reader.request(); next != null; next = reader.request()) {
                all.add(next);
            }
        } catch (IllegalArgumentException e) {
            return all;
        }
        return all;
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        @Nullable
        WireRequest request() {
            if (text.indexOf("\r\n\r\n", at) < 0) {
                check(text.indexOf('\n', at) < 0 || text.indexOf("\r\n", at) >= 0, "a bare line feed");
                return null;
            }
            String line = Objects.requireNonNull(line());
            String[] words = line.split(" ", -1);
            check(words.length == 3, "a request line of three words");
            check(token(words[0]), "a method");
            check(words[1].chars().allMatch(c -> c > ' ' && c < 0x7f) && !words[1].isEmpty(), "a target");
            check(words[2].equals("HTTP/1.1") || words[2].equals("HTTP/1.0"), "a version");
            List<Field> fields = new ArrayList<>();
            boolean ended = fields(fields);
            check(ended, "the end of a head");
            String length = one(fields, "Content-Length");
            String coding = one(fields, "Transfer-Encoding");
            check(one(fields, "Host") != null || words[2].equals("HTTP/1.0"), "one Host");
            check(length == null || coding == null, "one framing");
            StringBuilder body = new StringBuilder();
            List<Field> trailers = new ArrayList<>();
            boolean whole = coding == null ? counted(length, body) : chunked(coding, body, trailers);
            if (!whole) {
                at = text.length();
            }
            return new WireRequest(words[0], words[1], words[2], fields, body.toString(), trailers, whole, at);
        }

        private boolean counted(@Nullable String length, StringBuilder body) {
            if (length == null) {
                return true;
            }
            check(!length.isEmpty() && length.chars().allMatch(c -> c >= '0' && c <= '9'), "a length");
            return take(Long.parseLong(length), body);
        }

        private boolean chunked(String coding, StringBuilder body, List<Field> trailers) {
            check(coding.equalsIgnoreCase("chunked"), "chunked");
            while (true) {
                String size = line();
                if (size == null) {
                    return false;
                }
                check(!size.isEmpty() && size.chars().allMatch(c -> Character.digit(c, 16) >= 0), "a chunk size");
                long count = Long.parseLong(size, 16);
                if (count == 0) {
                    return fields(trailers);
                }
                if (!take(count, body)) {
                    return false;
                }
                String rest = line();
                if (rest == null) {
                    return false;
                }
                check(rest.isEmpty(), "the end of a chunk");
            }
        }

        private boolean take(long count, StringBuilder into) {
            int end = at + (int) Math.min(text.length() - at, count);
            into.append(text, at, end);
            boolean whole = end - at == count;
            at = end;
            return whole;
        }

        /** Reads lines up to an empty one; false when there is none. */
        private boolean fields(List<Field> into) {
            for (String line = line(); line != null; line = line()) {
                if (line.isEmpty()) {
                    return true;
                }
                int colon = line.indexOf(':');
                check(colon > 0 && token(line.substring(0, colon)), "a field name");
                String value = line.substring(colon + 1);
                check(value.chars().allMatch(c -> c >= ' ' && c != 0x7f || c == '\t'), "a field value");
                value = value.strip();
                into.add(new Field(line.substring(0, colon), value));
            }
            return false;
        }

        private @Nullable String one(List<Field> fields, String name) {
            String found = null;
            for (Field field : fields) {
                if (field.name().equalsIgnoreCase(name)) {
                    check(found == null, "one " + name);
                    found = field.value();
                }
            }
            return found;
        }

        private @Nullable String line() {
            int end = text.indexOf('\n', at);
            if (end < 0) {
                return null;
            }
            check(end > at && text.charAt(end - 1) == '\r', "a line that ends in CRLF");
            String line = text.substring(at, end - 1);
            check(line.indexOf('\r') < 0, "a line without CR in it");
            at = end + 1;
            return line;
        }

        private static boolean token(String word) {
            return !word.isEmpty()
                    && word.chars().allMatch(c -> c > ' ' && c < 0x7f && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
        }

        private void check(boolean good, String expected) {
            if (!good) {
                String shown = text.substring(Math.max(0, at - 60), Math.min(text.length(), at + 60));
                throw new IllegalArgumentException("byte " + at + ": (expected: " + expected + ") in: " + shown);
            }
        }
    }
}
