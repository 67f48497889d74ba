package io.gatehouse.core.server;

import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection, told once per connection.
 *
 * @param origin where the connection comes from
 * @param trusted whether it is believed where a request came from
 * @param port the port that clients connected to, after the port map
 * @param portText {@code port} as it stands in a header
 * @param proxied the client in the words of the PROXY protocol; null when it says none
 */
record Peer(
        Origin origin,
        boolean trusted,
        int port,
        String portText,
        @Nullable Origin proxied) {}
