package io.gatehouse.plugins.auth.keyauth;

import io.gatehouse.api.Request;
import io.gatehouse.api.WireText;
import io.gatehouse.api.body.Body;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Keys in {@code multipart/form-data} (RFC 7578). A part with a file name is a file and never a key. What is not taken out
 * keeps every byte.
 */
final class Multipart extends BodyKeys {
    private final Buffer bytes;
    private final List<Part> parts;

    private Multipart(Buffer bytes, List<Part> parts) {
        this.bytes = bytes;
        this.parts = parts;
    }

    /** One field: its bytes from the delimiter in front of it up to the next one. */
    private record Part(String name, String value, int from, int to) {}

    /** Cuts a body into its parts; null when it is not what its type says. */
    static @Nullable Multipart of(String contentType, Buffer bytes) {
        String boundary = parameter(contentType, "boundary");
        if (boundary == null || boundary.isEmpty() || boundary.length() > 70) {
            return null;
        }
        // ISO-8859-1: an index in the text is an index in the bytes
        String text = bytes.toString(StandardCharsets.ISO_8859_1);
        String delimiter = "--" + boundary;
        List<Part> parts = new ArrayList<>();
        int at = text.startsWith(delimiter) ? 0 : after(text.indexOf("\r\n" + delimiter), 2);
        while (at >= 0) {
            int head = at + delimiter.length();
            if (text.startsWith("--", head)) {
                return new Multipart(bytes, parts);
            }
            int headStart = after(text.indexOf("\r\n", head), 2);
            int next = text.indexOf("\r\n" + delimiter, Math.max(head, headStart - 2));
            if (headStart < 0 || next < 0) {
                return null;
            }
            int blank = text.indexOf("\r\n\r\n", headStart - 2);
            if (blank < 0 || blank > next) {
                return null;
            }
            String name = fieldName(text.substring(headStart, Math.max(headStart, blank)));
            if (name != null) {
                String value = text.substring(Math.min(blank + 4, next), next);
                parts.add(new Part(WireText.decode(name), WireText.decode(value), at, next + 2));
            }
            at = next + 2;
        }
        return null;
    }

    @Override
    List<String> values(String name) {
        List<String> values = new ArrayList<>(1);
        for (Part part : parts) {
            if (part.name().equals(name)) {
                values.add(part.value());
            }
        }
        return values;
    }

    @Override
    void hide(Request request, String[] names) {
        List<String> hidden = List.of(names);
        Buffer left = Buffer.buffer(bytes.length());
        int copied = 0;
        for (Part part : parts) {
            if (hidden.contains(part.name())) {
                left.appendBuffer(bytes, copied, part.from() - copied);
                copied = part.to();
            }
        }
        if (copied > 0) {
            request.body(Body.of(left.appendBuffer(bytes, copied, bytes.length() - copied)));
        }
    }

    private static int after(int index, int by) {
        return index < 0 ? -1 : index + by;
    }

    /** The name of a plain field; null for a file or a part without a name. */
    private static @Nullable String fieldName(String head) {
        for (String line : head.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            if (colon > 0
                    && line.substring(0, colon).trim().equalsIgnoreCase("content-disposition")
                    && parameter(line, "filename") == null
                    && parameter(line, "filename*") == null) {
                return parameter(line, "name");
            }
        }
        return null;
    }

    /** A parameter of a header value, with or without quotes; null when it is not there. */
    private static @Nullable String parameter(String header, String name) {
        int at = header.indexOf(';');
        while (at >= 0) {
            int equals = header.indexOf('=', at);
            if (equals < 0) {
                return null;
            }
            String found = header.substring(at + 1, equals).trim().toLowerCase(Locale.ROOT);
            int start = equals + 1;
            int end;
            String value;
            if (start < header.length() && header.charAt(start) == '"') {
                end = start + 1;
                StringBuilder quoted = new StringBuilder();
                while (end < header.length() && header.charAt(end) != '"') {
                    if (header.charAt(end) == '\\' && end + 1 < header.length()) {
                        end++;
                    }
                    quoted.append(header.charAt(end++));
                }
                value = quoted.toString();
            } else {
                end = header.indexOf(';', start);
                end = end < 0 ? header.length() : end;
                value = header.substring(start, end).trim();
            }
            if (found.equals(name)) {
                return value;
            }
            at = header.indexOf(';', Math.min(end, header.length()));
        }
        return null;
    }
}
