package io.gatehouse.plugins.transform.request;

import io.gatehouse.plugins.support.HeaderName;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Paths, with a query or without, that are put together from what the configuration says and what clients sent. */
final class PathText {
    private static final String KEPT = "-._~!$&'()*+,;=:@/%[]";

    private PathText() {}

    /**
     * The path that a template gives: a question mark of the configuration begins a query, one that came from a client is
     * part of the path.
     */
    static String render(Template template, Template.Source source) {
        String path = template.render(new Escaped(source));
        int mark = path.indexOf('?');
        // what is encoded stays so: what came from clients is encoded once
        return mark < 0 ? escape(path) : escape(path.substring(0, mark)) + '?' + escape(path.substring(mark + 1));
    }

    /** What clients sent, encoded. */
    private record Escaped(Template.Source source) implements Template.Source {
        @Override
        public @Nullable String header(HeaderName name) {
            return escaped(source.header(name));
        }

        @Override
        public @Nullable String queryParam(String name) {
            return escaped(source.queryParam(name));
        }

        @Override
        public @Nullable String uriCapture(String name) {
            return escaped(source.uriCapture(name));
        }

        private static @Nullable String escaped(@Nullable String value) {
            return value == null ? null : escape(value);
        }
    }

    /** Percent-encodes what cannot stand in a path, a question mark included; what is encoded stays so. */
    private static String escape(String path) {
        StringBuilder escaped = null;
        byte[] bytes = path.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            int c = bytes[i] & 0xFF;
            boolean kept = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || KEPT.indexOf(c) >= 0;
            if (!kept && escaped == null) {
                escaped = new StringBuilder(bytes.length + 16).append(path, 0, i); // so far one byte a character
            }
            if (escaped != null) {
                if (kept) {
                    escaped.append((char) c);
                } else {
                    escaped.append('%')
                            .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                            .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
                }
            }
        }
        return escaped == null ? path : escaped.toString();
    }
}
