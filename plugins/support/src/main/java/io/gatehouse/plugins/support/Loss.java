package io.gatehouse.plugins.support;

import java.util.Locale;

/** Why a queue dropped an entry. */
public enum Loss {
    /** There was no room: the oldest entry went, or the new one where what was being sent left none for it. */
    QUEUE_FULL,
    /** The entry alone is larger than all that may wait. */
    TOO_LARGE,
    /** Sending it failed for too long. */
    RETRY_TIME,
    /** The queue was closed, and the time for sending what was left was over. */
    CLOSED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** The lower-case name that metrics show. */
    public String label() {
        return label;
    }
}
