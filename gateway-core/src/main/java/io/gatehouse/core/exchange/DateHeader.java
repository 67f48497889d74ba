package io.gatehouse.core.exchange;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The time as {@code Date} has it, written anew once a second. One thread only. */
public final class DateHeader {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final LongSupplier millis;
    private long second = Long.MIN_VALUE;
    private String text = "";

    /** @param millis the clock, in milliseconds since 1970 */
    public DateHeader(LongSupplier millis) {
        this.millis = millis;
    }

    /** Now. */
    public String now() {
        long current = Math.floorDiv(millis.getAsLong(), 1000L);
        if (current != second) {
            second = current;
            text = FORMAT.format(Instant.ofEpochSecond(current));
        }
        return text;
    }
}
