package io.gatehouse.core.admin;

import io.vertx.core.MultiMap;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How {@code /status} shows bytes, as the query asks for it.
 *
 * @param unit {@code b}, {@code k}, {@code m} or {@code g}
 * @param scale digits behind the point
 */
record ByteFormat(char unit, int scale) {
    private static final int MOST_DIGITS = 99;

    /** What {@code unit} and {@code scale} ask for; as in Kong mebibytes with two digits when they say nothing. */
    static ByteFormat of(MultiMap query) throws AdminError {
        String asked = query.get("unit");
        String unit = asked == null ? "m" : asked.toLowerCase(Locale.ROOT);
        if (unit.isEmpty() || unit.equals("b")) {
            return new ByteFormat('b', 0);
        }
        double scale = scale(query.get("scale"));
        if (scale < 0 || scale > MOST_DIGITS) {
            throw AdminError.of(
                    400, scale < 0 ? "scale must be equal or greater than 0" : "scale must be at most " + MOST_DIGITS);
        }
        if (unit.length() != 1 || "kmg".indexOf(unit) < 0) {
            throw AdminError.of(400, "invalid unit '" + asked + "' (expected 'k/K', 'm/M', or 'g/G')");
        }
        return new ByteFormat(unit.charAt(0), (int) scale);
    }

    /** As in Kong, what is no number says nothing. */
    private static double scale(@Nullable String asked) {
        try {
            return asked == null ? 2 : Double.parseDouble(asked);
        } catch (NumberFormatException notANumber) {
            return 2;
        }
    }

    /** A text; of bytes themselves a number. */
    Object shown(long bytes) {
        return switch (unit) {
            case 'k' -> text(bytes / 0x1p10, "KiB");
            case 'm' -> text(bytes / 0x1p20, "MiB");
            case 'g' -> text(bytes / 0x1p30, "GiB");
            default -> bytes;
        };
    }

    private String text(double number, String name) {
        return String.format(Locale.ROOT, "%." + scale + "f %s", number, name);
    }
}
