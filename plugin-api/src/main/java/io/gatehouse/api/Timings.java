package io.gatehouse.api;

/**
 * Where the time of an exchange went, in nanoseconds; -1 where a moment never came. The names are Kong's.
 *
 * @param total from the first byte in to the last byte out
 * @param gateway before the upstream was called, or the whole time when it never was: Kong's {@code latencies.kong}
 * @param upstream from the last attempt's start to its response head: Kong's {@code latencies.proxy}; 0 for what
 *     a cache gave, -1 when not proxied
 * @param receive reading the upstream's body; 0 when there was none
 * @param client waiting for the client to send or to take bytes
 * @param internal the gateway's own time: total less upstream, client and third parties
 */
public record Timings(long total, long gateway, long upstream, long receive, long client, long internal) {}
