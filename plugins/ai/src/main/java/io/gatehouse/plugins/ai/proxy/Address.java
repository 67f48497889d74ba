package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Service;
import io.gatehouse.api.Target;
import io.gatehouse.api.ai.LlmEndpoint;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where an operation of a target is reached, with everything made once that does not depend on a request. Any thread. */
final class Address {
    private final LlmEndpoint endpoint;
    private final boolean ownTimeouts;
    private final Target own;
    private final String path;
    private volatile @Nullable Served served;

    /** The address with the time-outs of a service: a plugin's targets are mostly used by one service only. */
    private record Served(Service service, Target target) {}

    /** @param ownTimeouts whether the balancer's time-outs count, or those of the service, if there is one */
    Address(LlmEndpoint endpoint, BalancerConfig balancing, boolean ownTimeouts) {
        this.endpoint = endpoint;
        this.ownTimeouts = ownTimeouts;
        this.own = target(
                Duration.ofMillis(balancing.connectTimeout()),
                Duration.ofMillis(balancing.readTimeout()),
                Duration.ofMillis(balancing.writeTimeout()));
        this.path = endpoint.path().isEmpty() ? "/" : endpoint.path();
    }

    private Target target(Duration connect, Duration read, Duration write) {
        return Target.to(endpoint.scheme(), endpoint.host(), endpoint.port())
                .connectTimeout(connect)
                .readTimeout(read)
                .writeTimeout(write)
                .build();
    }

    /** The escaped path, with its slash. */
    String path() {
        return path;
    }

    /** The escaped query; null when there is none. */
    @Nullable
    String query() {
        return endpoint.query();
    }

    /** The target for a request to a service. */
    Target target(@Nullable Service service) {
        if (ownTimeouts || service == null) {
            return own;
        }
        Served known = served;
        if (known == null || known.service() != service) {
            Target from = service.target();
            known = new Served(service, target(from.connectTimeout(), from.readTimeout(), from.writeTimeout()));
            served = known;
        }
        return known.target();
    }
}
