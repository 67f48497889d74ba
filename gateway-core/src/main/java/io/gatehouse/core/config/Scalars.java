package io.gatehouse.core.config;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** YAML's core rules for plain text, with the booleans of YAML 1.1, which decK and Kong understand. */
public final class Scalars {
    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+");
    private static final Pattern NUMBER = Pattern.compile(
            "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final int LONGEST_NUMBER = 40;
    private static final double EXACT = 9007199254740992.0;

    /** What is wrong with a text that UTF-8 cannot express: it would be another one where it is kept. */
    static final String HALF = "half of a surrogate pair (expected: whole characters)";

    private Scalars() {}

    /** Whether a text has half of a surrogate pair in it. */
    static boolean isHalf(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    public static ConfigNode.Type typeOf(String plain) {
        switch (plain) {
            case "", "~", "null", "Null", "NULL" -> {
                return ConfigNode.Type.NULL;
            }
            default -> {
                if (parseBoolean(plain) != null) {
                    return ConfigNode.Type.BOOLEAN;
                }
            }
        }
        if (plain.length() > LONGEST_NUMBER || "+-.0123456789".indexOf(plain.charAt(0)) < 0) {
            return ConfigNode.Type.STRING;
        }
        boolean integer = INTEGER.matcher(plain).matches();
        if (!integer && !NUMBER.matcher(plain).matches()) {
            return ConfigNode.Type.STRING;
        }
        // What no number type can hold stays text, so that free data loses nothing.
        if (parseDouble(plain) == null) {
            return ConfigNode.Type.STRING;
        }
        return integer ? ConfigNode.Type.INTEGER : ConfigNode.Type.NUMBER;
    }

    static @Nullable Boolean parseBoolean(String text) {
        return switch (text) {
            case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" -> Boolean.TRUE;
            case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF" -> Boolean.FALSE;
            default -> null;
        };
    }

    /** Whole numbers, also when written 1.0 or 1e3: Kong has one number type. */
    public static @Nullable Long parseLong(String text) {
        try {
            if (text.startsWith("0x")) {
                return Long.parseLong(text.substring(2), 16);
            }
            if (text.startsWith("0o")) {
                return Long.parseLong(text.substring(2), 8);
            }
            if (INTEGER.matcher(text).matches()) {
                return Long.parseLong(text);
            }
        } catch (NumberFormatException tooLarge) {
            return null;
        }
        Double number = parseDouble(text);
        if (number == null || number != Math.rint(number) || Math.abs(number) > EXACT) {
            return null;
        }
        return number.longValue();
    }

    static @Nullable Double parseDouble(String text) {
        switch (text) {
            case ".inf",
                    ".Inf",
                    ".INF",
                    "+.inf",
                    "+.Inf",
                    "+.INF",
                    "-.inf",
                    "-.Inf",
                    "-.INF",
                    ".nan",
                    ".NaN",
                    ".NAN" -> {
                return null;
            }
            default -> {
                try {
                    if (text.startsWith("0x") || text.startsWith("0o")) {
                        Long whole = parseLong(text);
                        return whole == null ? null : (double) whole;
                    }
                    double number = Double.parseDouble(text);
                    return Double.isInfinite(number) ? null : number;
                } catch (NumberFormatException notANumber) {
                    return null;
                }
            }
        }
    }
}
