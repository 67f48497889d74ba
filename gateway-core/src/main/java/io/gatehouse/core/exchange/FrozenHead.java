package io.gatehouse.core.exchange;

import io.gatehouse.api.RequestHead;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * The client's head.
 *
 * @param headers the server's own map; whoever wants to change headers has the request's copy
 */
public record FrozenHead(
        HttpMethod method,
        String scheme,
        String host,
        String uri,
        String path,
        @Nullable String query,
        MultiMap headers,
        String protocol,
        int port)
        implements RequestHead {}
