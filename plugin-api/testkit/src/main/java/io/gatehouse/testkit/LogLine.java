package io.gatehouse.testkit;

import org.jspecify.annotations.Nullable;

/**
 * One line of the log.
 *
 * @param level {@code ERROR}, {@code WARN}, {@code INFO}, {@code DEBUG} or {@code TRACE}
 * @param logger the logger's name
 * @param text the message with its arguments, then {@code key=value} pairs
 * @param thrown what was logged with it, or null
 */
public record LogLine(
        String level, String logger, String text, @Nullable Throwable thrown) {
    @Override
    public String toString() {
        return level + ' ' + logger + ": " + text + (thrown == null ? "" : " (" + thrown + ')');
    }
}
