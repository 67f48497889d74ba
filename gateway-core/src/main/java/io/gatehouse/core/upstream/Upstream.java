package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Target;
import io.gatehouse.core.exchange.LiveAttempt;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.service.MemoryGuard;
import io.vertx.core.Future;

/** The HTTP client of one event loop. Makes single attempts; who wants more than one makes more. */
public final class Upstream {
    private final Redirects redirects;
    private final Pools pools;

    /** Makes the client of a loop. Call it on that loop. */
    public Upstream(Loop loop, Redirects redirects, MemoryGuard memory, TlsDefaults tls) {
        this.redirects = redirects;
        this.pools = new Pools(loop, memory, tls);
    }

    /**
     * Sends a request once.
     *
     * @return never fails: a fault is a response with a failure
     */
    Future<Response> send(LiveExchange exchange, Request request, Target target) {
        if (exchange.ended() || request.isCancelled()) {
            return Future.succeededFuture(
                    exchange.errors().failed(exchange, Failure.of(FailureKind.CANCELLED, "nobody waits for it")));
        }
        LiveAttempt record =
                new LiveAttempt(exchange, target, request.method().name(), request.uri(), request.attributes());
        exchange.add(record);
        Redirects.Origin redirect = redirects.of(target);
        return new Dispatch(exchange, request, target, record)
                .start(pools.client(target, redirect == null ? target.tls() : redirect.tls()), redirect);
    }

    /** Closes all connections. */
    public Future<Void> close() {
        return pools.close();
    }
}
