package io.gatehouse.plugins.ai.proxy;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** Reads the header {@code Retry-After}: seconds or an HTTP date (RFC 9110, section 10.2.3). */
final class RetryAfter {
    /** Any number with more digits is above every cap. */
    private static final int MAX_DIGITS = 12;

    private RetryAfter() {}

    /**
     * The wait in milliseconds, at most {@link FailoverLimits#MAX_COOL_DOWN}; 0 when there is none to keep: no header, a
     * date in the past, or a text that means nothing.
     */
    static long millis(@Nullable String header, long nowMillis) {
        String value = header == null ? "" : header.strip();
        if (value.isEmpty()) {
            return 0;
        }
        if (value.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return value.length() > MAX_DIGITS
                    ? FailoverLimits.MAX_COOL_DOWN
                    : Math.min(Long.parseLong(value) * 1000, FailoverLimits.MAX_COOL_DOWN);
        }
        try {
            long until = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value))
                    .toEpochMilli();
            return Math.max(0, Math.min(until - nowMillis, FailoverLimits.MAX_COOL_DOWN));
        } catch (DateTimeException | ArithmeticException e) {
            return 0;
        }
    }
}
