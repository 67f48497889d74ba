package io.gatehouse.core.routing;

import io.gatehouse.api.AddressRange;
import org.jspecify.annotations.Nullable;

/**
 * One side of a connection, as a route asks for it.
 *
 * @param range its address, null for any
 * @param port its port, -1 for any
 */
public record Endpoint(@Nullable AddressRange range, int port) {
    boolean matches(byte @Nullable [] address, int actualPort) {
        return (port < 0 || port == actualPort) && (range == null || (address != null && range.contains(address)));
    }
}
