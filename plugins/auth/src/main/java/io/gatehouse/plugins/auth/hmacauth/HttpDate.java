package io.gatehouse.plugins.auth.hmacauth;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Dates in headers, in the one form that is written today and the two old ones (RFC 9110, 5.6.7). */
final class HttpDate {
    private static final List<DateTimeFormatter> FORMS = List.of(
            DateTimeFormatter.RFC_1123_DATE_TIME,
            DateTimeFormatter.ofPattern("EEEE, dd-MMM-yy HH:mm:ss 'GMT'", Locale.US)
                    .withZone(ZoneOffset.UTC),
            DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss yyyy", Locale.US).withZone(ZoneOffset.UTC));

    private HttpDate() {}

    /** The moment that a header names; null when it names none. */
    static @Nullable Instant of(String text) {
        for (DateTimeFormatter form : FORMS) {
            try {
                return Instant.from(form.parse(text));
            } catch (DateTimeException anotherForm) {
                // the next may fit
            }
        }
        return null;
    }
}
