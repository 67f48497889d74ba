package io.gatehouse.core.exchange;

import io.vertx.core.http.HttpHeaders;

/** Kong's own header names, hashed once. */
public final class HeaderNames {
    /** Milliseconds until the upstream's head. */
    public static final CharSequence UPSTREAM_LATENCY = HttpHeaders.createOptimized("X-Kong-Upstream-Latency");
    /** Milliseconds until the upstream was called. */
    public static final CharSequence PROXY_LATENCY = HttpHeaders.createOptimized("X-Kong-Proxy-Latency");
    /** Milliseconds until an answer that was not proxied. */
    public static final CharSequence RESPONSE_LATENCY = HttpHeaders.createOptimized("X-Kong-Response-Latency");
    /** What the upstream answered. */
    public static final CharSequence UPSTREAM_STATUS = HttpHeaders.createOptimized("X-Kong-Upstream-Status");
    /** The request id. */
    public static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("X-Kong-Request-Id");
    /** Who forwarded a message. */
    public static final CharSequence VIA = HttpHeaders.createOptimized("Via");
    /** When to try again. */
    public static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    /** Who answered. */
    public static final CharSequence SERVER = HttpHeaders.createOptimized("Server");

    /** When it was answered. */
    public static final CharSequence DATE = HttpHeaders.createOptimized("Date");

    private HeaderNames() {}
}
