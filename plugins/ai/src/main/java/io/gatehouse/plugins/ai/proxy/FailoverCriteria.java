package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Failure;
import io.vertx.core.http.HttpMethod;
import java.util.BitSet;
import java.util.Set;

/** When the next target may be tried, after nginx's {@code proxy_next_upstream}. Immutable. */
final class FailoverCriteria {
    private final boolean error;
    private final boolean timeout;
    private final boolean invalidHeader;
    private final boolean nonIdempotent;
    private final BitSet statuses = new BitSet();

    FailoverCriteria(Set<String> names) {
        this.error = names.contains("error");
        this.timeout = names.contains("timeout");
        this.invalidHeader = names.contains("invalid_header");
        this.nonIdempotent = names.contains("non_idempotent");
        for (String name : names) {
            if (name.startsWith("http_")) {
                statuses.set(Integer.parseInt(name.substring("http_".length())));
            }
        }
    }

    boolean covers(int status) {
        return statuses.get(status);
    }

    boolean covers(Failure failure) {
        return switch (failure.kind()) {
            case RESOLVE, CONNECT, TLS, OVERLOADED, RESET -> error;
            case CONNECT_TIMEOUT, TIMEOUT -> timeout;
            case INVALID_RESPONSE -> invalidHeader;
            case CLIENT_GONE, INVALID_REQUEST, CANCELLED, DEADLINE, SHUTDOWN, PLUGIN -> false;
        };
    }

    /** Whether a failure tells something about the target, rather than about the client or the gateway. */
    static boolean isTargets(Failure failure) {
        return switch (failure.kind()) {
            case RESOLVE, CONNECT, TLS, RESET, CONNECT_TIMEOUT, TIMEOUT, INVALID_RESPONSE -> true;
            case OVERLOADED, CLIENT_GONE, INVALID_REQUEST, CANCELLED, DEADLINE, SHUTDOWN, PLUGIN -> false;
        };
    }

    /** Whether the circuit breaker counts a status that failover covers: a refused or unknown request is no outage. */
    static boolean counts(int status) {
        return status != 403 && status != 404;
    }

    /** Whether a request may be sent once more although an upstream may have acted on it. */
    boolean mayRepeat(HttpMethod method) {
        return nonIdempotent
                || !method.equals(HttpMethod.POST)
                        && !method.equals(HttpMethod.PATCH)
                        && !method.equals(HttpMethod.LOCK);
    }
}
