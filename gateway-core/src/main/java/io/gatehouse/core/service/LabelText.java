package io.gatehouse.core.service;

import java.util.List;

/** Labels as they are printed: {@code a="b",c="d"}, in the order they were declared in. */
final class LabelText {
    /** Client-chosen values, such as model names, must not fill the memory. */
    static final int MAX_VALUE_CHARS = 128;

    private LabelText() {}

    /** The labels of one series, without braces. */
    static String of(List<String> names, String... values) {
        if (names.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder(64);
        for (int i = 0; i < values.length; i++) {
            if (i > 0) {
                text.append(',');
            }
            text.append(names.get(i)).append("=\"");
            escape(text, values[i]);
            text.append('"');
        }
        return text.toString();
    }

    /**
     * The value as far as it may be shown: cut at the first character that has no UTF-8 form (half a surrogate pair),
     * and at the longest length.
     */
    static String bounded(String value) {
        int length = value.length();
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            boolean pair =
                    Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(value.charAt(i + 1));
            if ((Character.isSurrogate(c) && !pair) || i + (pair ? 2 : 1) > MAX_VALUE_CHARS) {
                return value.substring(0, i);
            }
            if (pair) {
                i++;
            }
        }
        return value;
    }

    private static void escape(StringBuilder text, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.append(c);
            }
        }
    }
}
