package io.gatehouse.core.upstream;

import java.time.Duration;

/**
 * How long and how often connections to upstreams are used again.
 *
 * @param connections how many wait for the next request, for each address and event loop; 0 for none
 * @param requests how many one of them serves; 0 for any number
 * @param idle how long one waits; 0 for as long as the upstream likes
 */
public record KeepAlive(int connections, int requests, Duration idle) {
    /** Kong's: 512 connections, 10,000 requests, 60 s. */
    public static final KeepAlive USUAL = new KeepAlive(512, 10_000, Duration.ofSeconds(60));

    /** Checks the numbers. */
    public KeepAlive {
        if (connections < 0 || requests < 0 || idle.isNegative()) {
            throw new IllegalArgumentException(
                    "keep-alive: " + connections + ", " + requests + ", " + idle + " (expected: nothing below 0)");
        }
    }
}
