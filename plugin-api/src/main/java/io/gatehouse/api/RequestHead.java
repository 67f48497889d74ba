package io.gatehouse.api;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * The head of the client's request as it came in, frozen.
 *
 * <p>Implemented by the gateway only.
 */
public interface RequestHead {
    /** The method. */
    HttpMethod method();

    /** {@code http} or {@code https}, as the client reached the listener. */
    String scheme();

    /** The client's {@code Host} header or authority, as sent, possibly with a port; empty when there was none. */
    String host();

    /**
     * The port that the client reached: that of the listener, or another one where the settings or a trusted proxy say so. It is
     * not that of {@link #host()}, which is what the client says.
     */
    int port();

    /** The raw request target as sent: path and query, not decoded. */
    String uri();

    /** The path after Kong's normalisation, without the query. */
    String path();

    /** The raw query without its question mark, or null when there was none. */
    @Nullable
    String query();

    /** The headers; changing them throws. */
    MultiMap headers();

    /** {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2}. */
    String protocol();
}
