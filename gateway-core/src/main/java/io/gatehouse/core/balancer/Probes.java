package io.gatehouse.core.balancer;

import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.entity.UpstreamEntity.Active;
import io.vertx.core.Future;

/** How addresses are probed. */
public interface Probes {
    /**
     * A place to probe the addresses of one upstream from. Called on the event loop that the probes run on.
     *
     * @param tls how those that are probed by TLS are
     */
    Probe open(Active checks, TlsOptions tls);

    /** Probes for one upstream. Confined to its event loop. */
    interface Probe {
        /**
         * Probes an address once.
         *
         * @param hostHeader the upstream's own; empty for that of the address
         * @return the status, or 0 where a connection was all that was asked for; fails with a {@link
         *     java.util.concurrent.TimeoutException} when it took too long, with anything else when it could not be made
         */
        Future<Integer> probe(Address address, String hostHeader);

        /** Nothing is probed any more. */
        void close();
    }
}
