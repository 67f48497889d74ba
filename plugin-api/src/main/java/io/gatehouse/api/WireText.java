package io.gatehouse.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text in headers. A header holds bytes, and header maps show each of them as one character (ISO-8859-1), while those who
 * write names and keys mean UTF-8: {@code ü} stands in a map as {@code Ã¼}. What goes into a header is encoded, and
 * what a header says is decoded where it is compared with text, or becomes text elsewhere.
 *
 * <pre>{@code
 * request.headers().set("X-Team", WireText.encode(team.name()));
 * String agent = WireText.decode(request.headers().get("User-Agent"));
 * }</pre>
 *
 * <p>What is copied from header to header needs neither. ASCII is the same on both sides, and costs nothing. Stateless.
 */
public final class WireText {
    private WireText() {}

    /** The bytes of a text in UTF-8, each as one character. */
    public static String encode(String text) {
        return isAscii(text) ? text : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** The text of bytes, each given as one character, in UTF-8; if they are not UTF-8, in ISO-8859-1. */
    public static String decode(String bytes) {
        if (isAscii(bytes) || !isBytes(bytes)) {
            return bytes;
        }
        byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
        String text = new String(raw, StandardCharsets.UTF_8);
        boolean odd = text.indexOf('\uFFFD') >= 0 && !Arrays.equals(raw, text.getBytes(StandardCharsets.UTF_8));
        return odd ? bytes : text;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }

    /** Whether no character is more than a byte; else somebody has set text as it is. */
    private static boolean isBytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                return false;
            }
        }
        return true;
    }
}
