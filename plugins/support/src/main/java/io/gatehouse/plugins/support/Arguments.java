package io.gatehouse.plugins.support;

import io.gatehouse.api.WireText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a query or a form: {@code name=value} pairs with {@code &} between them, percent-encoded. They are read
 * decoded, each character of the raw text being a byte of UTF-8; what nobody changes keeps its spelling and its place.
 *
 * <pre>{@code
 * Arguments query = Arguments.of(request.query());
 * query.remove("debug");
 * query.add("from", "gateway");
 * request.query(query.toText());
 * }</pre>
 *
 * <p>For one thread at a time.
 */
public final class Arguments {
    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    /**
     * One argument.
     *
     * @param name decoded
     * @param value decoded; null when there is no equals sign
     * @param text as it is spelled
     */
    public record Argument(String name, @Nullable String value, String text) {}

    private final List<Argument> all = new ArrayList<>();

    private Arguments() {}

    /** Reads a raw query or form; null and empty text have no arguments. */
    public static Arguments of(@Nullable String raw) {
        Arguments arguments = new Arguments();
        if (raw == null) {
            return arguments;
        }
        int start = 0;
        while (start < raw.length()) {
            int end = pairEnd(raw, start);
            if (end > start) {
                String text = raw.substring(start, end);
                int equals = text.indexOf('=');
                arguments.all.add(new Argument(
                        decode(equals < 0 ? text : text.substring(0, equals)),
                        equals < 0 ? null : decode(text.substring(equals + 1)),
                        text));
            }
            start = end + 1;
        }
        return arguments;
    }

    /**
     * All values of an argument of a raw query or form, read in place and decoded; empty when there is none. An argument without an equals sign has no value and
     * is not counted.
     */
    public static List<String> values(String raw, String name) {
        List<String> values = null;
        int start = 0;
        while (start <= raw.length()) {
            int end = pairEnd(raw, start);
            int equals = raw.indexOf('=', start);
            if (equals >= 0
                    && equals < end
                    && decode(raw.substring(start, equals)).equals(name)) {
                if (values == null) {
                    values = new ArrayList<>(1);
                }
                values.add(decode(raw.substring(equals + 1, end)));
            }
            start = end + 1;
        }
        return values == null ? List.of() : values;
    }

    /**
     * A raw query or form without an argument, in whatever spelling; what is left keeps its own. Null when nothing is left,
     * the text itself when the argument is not in there.
     */
    public static @Nullable String without(String raw, String name) {
        StringBuilder kept = null;
        int start = 0;
        int copied = 0;
        while (start <= raw.length()) {
            int end = pairEnd(raw, start);
            int equals = raw.indexOf('=', start);
            int nameEnd = equals >= 0 && equals < end ? equals : end;
            if (nameEnd > start && decode(raw.substring(start, nameEnd)).equals(name)) {
                if (kept == null) {
                    kept = new StringBuilder(raw.length());
                }
                kept.append(raw, copied, start);
                copied = Math.min(end + 1, raw.length());
            }
            start = end + 1;
        }
        if (kept == null) {
            return raw;
        }
        kept.append(raw, copied, raw.length());
        if (copied == raw.length() && !kept.isEmpty() && kept.charAt(kept.length() - 1) == '&') {
            kept.setLength(kept.length() - 1);
        }
        return kept.isEmpty() ? null : kept.toString();
    }

    private static int pairEnd(String raw, int start) {
        int end = raw.indexOf('&', start);
        return end < 0 ? raw.length() : end;
    }

    /** All arguments in their order. */
    public List<Argument> all() {
        return List.copyOf(all);
    }

    /** Whether there is an argument of this name, with or without a value. */
    public boolean contains(String name) {
        for (Argument argument : all) {
            if (argument.name.equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** The value of the first argument of this name; null when there is none, empty when it has no value. */
    public @Nullable String first(String name) {
        for (Argument argument : all) {
            if (argument.name.equals(name)) {
                return argument.value == null ? "" : argument.value;
            }
        }
        return null;
    }

    /** Adds an argument behind the others. */
    public Arguments add(String name, String value) {
        all.add(new Argument(name, value, encode(name) + '=' + encode(value)));
        return this;
    }

    /** Gives the first argument of this name another value and removes further ones; adds it when there is none. */
    public Arguments set(String name, String value) {
        Argument changed = new Argument(name, value, encode(name) + '=' + encode(value));
        boolean found = false;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).name.equals(name)) {
                if (found) {
                    all.remove(i--);
                } else {
                    all.set(i, changed);
                    found = true;
                }
            }
        }
        if (!found) {
            all.add(changed);
        }
        return this;
    }

    /** Removes all arguments of this name. */
    public Arguments remove(String name) {
        all.removeIf(argument -> argument.name.equals(name));
        return this;
    }

    /** Gives all arguments of one name another one; those that had that name before are removed. */
    public Arguments rename(String from, String to) {
        if (from.equals(to) || !contains(from)) {
            return this;
        }
        remove(to);
        all.replaceAll(argument -> {
            if (!argument.name.equals(from)) {
                return argument;
            }
            int equals = argument.text.indexOf('=');
            return new Argument(to, argument.value, encode(to) + (equals < 0 ? "" : argument.text.substring(equals)));
        });
        return this;
    }

    /** The raw text; null when there are no arguments. */
    public @Nullable String toText() {
        if (all.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (Argument argument : all) {
            if (text.length() > 0) {
                text.append('&');
            }
            text.append(argument.text);
        }
        return text.toString();
    }

    /** Percent-encodes all but letters, digits and {@code - _ . ~}. */
    public static String encode(String text) {
        StringBuilder encoded = null;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int c = bytes[i] & 0xFF;
            boolean plain = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '-'
                    || c == '_'
                    || c == '.'
                    || c == '~';
            if (!plain && encoded == null) {
                encoded = new StringBuilder(bytes.length + 16).append(text, 0, i); // so far one byte a character
            }
            if (encoded == null) {
                continue;
            }
            if (plain) {
                encoded.append((char) c);
            } else {
                encoded.append('%').append(HEX[c >> 4]).append(HEX[c & 15]);
            }
        }
        return encoded == null ? text : encoded.toString();
    }

    /**
     * Undoes percent-encoding and plus signs; what is no valid escape stays as it is.
     *
     * @param text bytes in UTF-8, each as one character, as a raw query or a form has them
     */
    public static String decode(String text) {
        return WireText.decode(bytes(text));
    }

    /** The same, but leaves it at bytes, each as one character: those of two texts differ whenever the texts' bytes do. */
    public static String bytes(String text) {
        if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
            return text;
        }
        StringBuilder bytes = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '+') {
                c = ' ';
            } else if (c == '%' && i + 2 < text.length()) {
                int high = Character.digit(text.charAt(i + 1), 16);
                int low = Character.digit(text.charAt(i + 2), 16);
                if (high >= 0 && low >= 0) {
                    c = (char) (high << 4 | low);
                    i += 2;
                }
            }
            bytes.append(c);
        }
        return bytes.toString();
    }
}
