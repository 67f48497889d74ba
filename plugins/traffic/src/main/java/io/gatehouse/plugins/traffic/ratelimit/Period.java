package io.gatehouse.plugins.traffic.ratelimit;

import io.vertx.core.http.HttpHeaders;
import java.time.LocalDate;

/** A window of time that begins when UTC's calendar says so, from the shortest to the longest. */
@SuppressWarnings("ImmutableEnumChecker") // the texts of headers never change, though their type does not say so
enum Period {
    SECOND("Second", 1),
    MINUTE("Minute", 60),
    HOUR("Hour", 3600),
    DAY("Day", 86_400),
    MONTH("Month", 2_592_000),
    YEAR("Year", 31_536_000);

    private static final long DAY_MILLIS = 86_400_000;

    /** The header that tells the limit. */
    final CharSequence limitHeader;

    /** The header that tells what is left. */
    final CharSequence remainingHeader;

    /** How long Kong takes it to be; months and years are not quite. */
    final long seconds;

    Period(String name, long seconds) {
        this.limitHeader = HttpHeaders.createOptimized("X-RateLimit-Limit-" + name);
        this.remainingHeader = HttpHeaders.createOptimized("X-RateLimit-Remaining-" + name);
        this.seconds = seconds;
    }

    /** When the window of this moment begins, milliseconds since the epoch. */
    long start(long millis) {
        return switch (this) {
            case MONTH -> millis(date(millis).withDayOfMonth(1));
            case YEAR -> millis(date(millis).withDayOfYear(1));
            default -> Math.floorDiv(millis, seconds * 1000) * seconds * 1000;
        };
    }

    /** When it ends. */
    long end(long millis) {
        return switch (this) {
            case MONTH -> millis(date(millis).withDayOfMonth(1).plusMonths(1));
            case YEAR -> millis(date(millis).withDayOfYear(1).plusYears(1));
            default -> start(millis) + seconds * 1000;
        };
    }

    private static LocalDate date(long millis) {
        return LocalDate.ofEpochDay(Math.floorDiv(millis, DAY_MILLIS));
    }

    private static long millis(LocalDate date) {
        return date.toEpochDay() * DAY_MILLIS;
    }
}
