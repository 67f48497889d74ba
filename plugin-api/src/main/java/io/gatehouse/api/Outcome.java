package io.gatehouse.api;

import java.util.Locale;
import java.util.Objects;

/**
 * How an exchange ended. The kinds are closed, the reasons open.
 *
 * @param reason a short word such as {@code ok} or {@code read_timeout}; never a client's or an upstream's text
 */
public record Outcome(Kind kind, String reason) {
    /** The closed list of ends. */
    public enum Kind {
        /** The response was sent whole. */
        SENT,
        /** The client went away first. */
        CLIENT_GONE,
        /** The upstream broke off after the response had been committed. */
        UPSTREAM_FAILED,
        /** A time limit of the exchange passed. */
        DEADLINE,
        /** The gateway shut down, or the exchange's configuration was retired too long ago. */
        SHUTDOWN;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** The lower-case name that log entries show. */
        public String label() {
            return label;
        }
    }

    /** Checks that nothing is missing. */
    public Outcome {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(reason, "reason");
    }
}
