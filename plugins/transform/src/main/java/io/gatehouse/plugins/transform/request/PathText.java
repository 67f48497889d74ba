package io.gatehouse.plugins.transform.request;

import java.nio.charset.StandardCharsets;

/** Paths that were put together from what clients sent. */
final class PathText {
    private static final String KEPT = "-._~!$&'()*+,;=:@/%[]";

    private PathText() {}

    /** Percent-encodes what cannot stand in a path, a question mark included; what is encoded stays so. */
    static String escape(String path) {
        StringBuilder escaped = null;
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
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
