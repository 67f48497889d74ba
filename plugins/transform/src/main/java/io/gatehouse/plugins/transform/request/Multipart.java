package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.WireText;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parts of a multipart form. What is not changed keeps its bytes. */
final class Multipart {
    private static final Pattern BOUNDARY =
            Pattern.compile(";\\s*boundary=(?:\"([^\"]{1,200})\"|([^\\s;\"]{1,200}))", Pattern.CASE_INSENSITIVE);
    private static final Pattern NAME = Pattern.compile("(?i:\\bcontent-disposition\\s*:\\s*form-data\\b)[^\\r"
            + "\\n"
            + "]*?;\\s*(?i:name)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;\"]+))");
    private static final String END = "\r\n\r\n";

    /** One part: its headers, and all behind them. */
    private record Part(
            String headers, String content, @Nullable String name) {}

    private final String boundary;
    private final List<Part> parts = new ArrayList<>();

    private Multipart(String boundary) {
        this.boundary = boundary;
    }

    /** Reads a form; null for what is none. An empty one has no parts. */
    static @Nullable Multipart of(String contentType, Buffer body) {
        Matcher matcher = BOUNDARY.matcher(contentType);
        if (!matcher.find()) {
            return null;
        }
        Multipart form = new Multipart(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        // ISO-8859-1 gives every byte back as it came
        return body.length() == 0 || form.read(body.toString(StandardCharsets.ISO_8859_1)) ? form : null;
    }

    private boolean read(String text) {
        String line = "--" + boundary;
        int at = text.startsWith(line) ? 0 : text.indexOf("\r\n" + line) + 2;
        if (at == 1) {
            return false;
        }
        while (true) {
            int from = at + line.length();
            if (text.startsWith("--", from)) {
                return true;
            }
            if (!text.startsWith("\r\n", from)) {
                return false;
            }
            int next = text.indexOf("\r\n" + line, from);
            if (next < 0) {
                return false;
            }
            String part = text.substring(from + 2, Math.max(from + 2, next));
            int end = part.indexOf(END);
            if (end < 0) {
                return false;
            }
            String headers = part.substring(0, end);
            Matcher name = NAME.matcher(headers);
            parts.add(new Part(
                    headers,
                    part.substring(end + END.length()),
                    name.find()
                            ? WireText.decode(
                                    name.group(1) != null ? name.group(1).replaceAll("\\\\(.)", "$1") : name.group(2))
                            : null));
            at = next + 2;
        }
    }

    boolean contains(String name) {
        return parts.stream().anyMatch(part -> name.equals(part.name()));
    }

    void remove(String name) {
        parts.removeIf(part -> name.equals(part.name()));
    }

    /** Adds a plain field. */
    void add(String name, String value) {
        parts.add(new Part(disposition(name), WireText.encode(value), name));
    }

    /** Gives a part another name; as in Kong it is a plain field then. */
    void rename(String from, String to) {
        if (from.equals(to) || !contains(from)) {
            return;
        }
        remove(to);
        parts.replaceAll(part -> from.equals(part.name()) ? new Part(disposition(to), part.content(), to) : part);
    }

    private static String disposition(String name) {
        String escaped = WireText.encode(name)
                .replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replaceAll("[\r\n]", " ");
        return "Content-Disposition: form-data; name=\"" + escaped + '"';
    }

    Buffer toBytes() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append("--").append(boundary).append("\r\n");
            text.append(part.headers()).append(END).append(part.content()).append("\r\n");
        }
        text.append("--").append(boundary).append("--\r\n");
        return Buffer.buffer(text.toString().getBytes(StandardCharsets.ISO_8859_1));
    }
}
