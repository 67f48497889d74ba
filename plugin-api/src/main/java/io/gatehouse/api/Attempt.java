package io.gatehouse.api;

import org.jspecify.annotations.Nullable;

/**
 * One attempt to reach an upstream.
 *
 * <p>Implemented by the gateway only. Durations in nanoseconds, -1 when the moment never came.
 */
public interface Attempt {
    /** Where it went. */
    Target target();

    /** The remote address that it went to, be there a connection or not; null when no name led to one. */
    @Nullable
    String address();

    /** The port of the remote address, or the target's. */
    int port();

    /** The path and query that were sent. */
    String uri();

    /** The method that was sent. */
    String method();

    /** The status of the upstream's answer, 0 when there was none. */
    int status();

    /** Why the attempt failed, or how its body broke off; null when nothing is wrong. */
    @Nullable
    Failure failure();

    /** When it started: milliseconds since the epoch. */
    long startedAtMillis();

    /** From the start of the exchange to the start of this attempt. */
    long startedAfterNanos();

    /** From the start of this attempt to the connection. */
    long connectNanos();

    /** From the start of this attempt to the response head. */
    long headNanos();

    /** From the start of this attempt to the end of the response body. */
    long endNanos();

    /** What the request's attributes held when it was sent. */
    Attributes attributes();
}
