package io.gatehouse.api;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;

/**
 * Writes bytes to one address, for sinks that speak no HTTP: over a TCP connection, or as datagrams. What comes back is not
 * read. Made by {@link FactoryContext#outlet} and closed with the owner of that context.
 *
 * <pre>{@code
 * Outlet statsd = context.outlet(OutletOptions.udp("127.0.0.1", 8125).build());
 * statsd.write(Buffer.buffer("requests:1|c"));
 * }</pre>
 *
 * <p>Implemented by the gateway and the testkit only. Any thread; the future completes on the caller's event loop, if it has
 * one.
 */
public interface Outlet {
    /**
     * Writes all bytes, one call after the other: over TCP behind what was written before, else as one datagram. It succeeds
     * when the operating system has taken them, which does not say that anybody has read them. A connection that is not there
     * is opened first; one that breaks is opened anew by the next call.
     *
     * @param bytes not to be changed afterwards
     * @return fails when there is no connection, it breaks, or the time limit passes; of a TCP connection a part may have been
     *     read then
     */
    Future<Void> write(Buffer bytes);
}
