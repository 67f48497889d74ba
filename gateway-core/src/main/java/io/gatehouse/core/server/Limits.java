package io.gatehouse.core.server;

import io.gatehouse.core.exchange.Pace;

/**
 * What a client may take of the gateway's time and memory before it is its turn to be served.
 *
 * @param headNanos for the whole head of a request, from its first byte, or from when the connection was opened
 * @param idleNanos between two requests of a connection
 * @param bodyNanos between two pieces of a request body that is waited for
 * @param sendNanos between two pieces of an answer that the client takes
 * @param maxHeaders header lines of a request
 * @param rateGraceNanos how long a client may be slower than it should
 * @param bodyRate bytes of a request body per second, on average, while they are waited for; 0 for any number
 * @param sendRate bytes of an answer per second that a client takes, on average, while some wait for it; 0 for any number
 * @param maxBodyBytes of a request body; {@link Long#MAX_VALUE} for any number
 * @param lineBytes of a request line
 * @param headBytes of all headers of a request
 * @param exchanges at a time; {@link Long#MAX_VALUE} for any number
 */
public record Limits(
        long headNanos,
        long idleNanos,
        long bodyNanos,
        long sendNanos,
        int maxHeaders,
        long rateGraceNanos,
        long bodyRate,
        long sendRate,
        long maxBodyBytes,
        int lineBytes,
        int headBytes,
        long exchanges) {
    Pace bodyPace() {
        return new Pace(bodyRate, rateGraceNanos, bodyNanos);
    }

    Pace sendPace() {
        return new Pace(sendRate, rateGraceNanos, sendNanos);
    }
}
