package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Target;
import io.gatehouse.core.balancer.Names;
import io.gatehouse.core.exchange.AttemptListener;
import io.gatehouse.core.exchange.LiveAttempt;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.service.MemoryGuard;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** The HTTP client of one event loop. Makes single attempts; who wants more than one makes more. */
public final class Upstream {
    private final Redirects redirects;
    private final Names names;
    private final Pools pools;
    private final long mostBytes;

    /**
     * Makes the client of a loop. Call it on that loop.
     *
     * @param mostBytes of the body of an answer
     */
    public Upstream(
            Loop loop,
            Redirects redirects,
            MemoryGuard memory,
            TlsDefaults tls,
            KeepAlive keepAlive,
            Names names,
            long mostBytes) {
        this.mostBytes = mostBytes;
        this.redirects = redirects;
        this.names = names;
        this.pools = new Pools(loop, memory, tls, keepAlive);
    }

    /**
     * Sends a request once.
     *
     * @return never fails: a fault is a response with a failure
     */
    Future<Response> send(LiveExchange exchange, Request request, Target target) {
        return send(exchange, request, target, null, AttemptListener.NONE);
    }

    /**
     * Sends a request once.
     *
     * @param address where to connect to, when that was chosen already; null for where the target's host is
     * @return never fails: a fault is a response with a failure
     */
    Future<Response> send(
            LiveExchange exchange,
            Request request,
            Target target,
            @Nullable SocketAddress address,
            AttemptListener listener) {
        if (exchange.ended() || request.isCancelled()) {
            return Future.succeededFuture(
                    exchange.errors().failed(exchange, Failure.of(FailureKind.CANCELLED, "nobody waits for it")));
        }
        LiveAttempt record = new LiveAttempt(
                exchange, target, request.method().name(), request.uri(), request.attributes(), listener);
        exchange.add(record);
        Redirects.Origin redirect = redirects.of(target);
        boolean tls = redirect == null ? target.tls() : redirect.tls();
        Dispatch dispatch = new Dispatch(exchange, request, target, record, mostBytes);
        boolean upgrading = exchange.asksForUpgrade()
                && !target.http2()
                && request.headers().contains(HttpHeaders.UPGRADE)
                && request.method().equals(HttpMethod.GET)
                && request.body().isEmpty();
        if (upgrading) {
            dispatch.upgrading();
        }
        String host = redirect == null ? target.host() : redirect.host();
        int port = redirect == null ? target.port() : redirect.port();
        HttpClientAgent client = pools.client(target, tls, upgrading);
        SocketAddress chosen = redirect == null ? address : null;
        SocketAddress known = chosen == null ? names.next(host, port) : chosen;
        if (known != null) {
            return dispatch.start(client, tls, known, redirect == null ? known.port() : target.port());
        }
        return exchange.adopt(names.ask(host, port))
                .transform(found -> found.succeeded()
                        ? dispatch.start(
                                client,
                                tls,
                                found.result(),
                                redirect == null ? found.result().port() : target.port())
                        : Future.succeededFuture(dispatch.unresolved(host, found.cause())));
    }

    /** Closes all connections. */
    public Future<Void> close() {
        return pools.close();
    }
}
