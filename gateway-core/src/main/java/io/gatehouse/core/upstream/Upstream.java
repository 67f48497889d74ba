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
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP client of one event loop. Makes single attempts; who wants more than one makes more. */
public final class Upstream {
    private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);
    private static final int CONNECTIONS_PER_TARGET = 1024;
    private static final int TUNNELS_PER_TARGET = 16 * 1024; // Vert.x makes room for all at once
    private static final int WAITING_PER_TARGET = 1024;
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    /** The shortest and the longest time that a client gives a connection to come about: 2 to the power of these, in ms. */
    private static final int SHORTEST = 8;

    private static final int LONGEST = 17;

    private final Loop loop;
    private final Redirects redirects;
    private final MemoryGuard memory;
    private final KeepAlive keepAlive;
    private final KeptConnections kept;
    private final Names names;

    /**
     * By the time that connections may take. A target's own connect time-out ends the wait of a request, but it is the
     * client's that ends the attempt to connect itself, and Vert.x knows one for all of a client's connections.
     */
    private final @Nullable HttpClientAgent[] verifying = new HttpClientAgent[LONGEST - SHORTEST + 1];

    private final @Nullable HttpClientAgent[] trusting = new HttpClientAgent[LONGEST - SHORTEST + 1];

    /** The same for tunnels, which must not use up the connections of requests. */
    private final @Nullable HttpClientAgent[] verifyingTunnels = new HttpClientAgent[LONGEST - SHORTEST + 1];

    private final @Nullable HttpClientAgent[] trustingTunnels = new HttpClientAgent[LONGEST - SHORTEST + 1];

    /** Makes the client of a loop. Call it on that loop. */
    public Upstream(Loop loop, Redirects redirects, MemoryGuard memory, KeepAlive keepAlive, Names names) {
        this.loop = loop;
        this.redirects = redirects;
        this.memory = memory;
        this.keepAlive = keepAlive;
        this.kept = new KeptConnections(keepAlive);
        this.names = names;
    }

    private HttpClientAgent client(Target target, boolean tunnel) {
        int index = magnitude(target.connectTimeout()) - SHORTEST;
        HttpClientAgent[] clients = tunnel
                ? target.verifyTls() ? verifyingTunnels : trustingTunnels
                : target.verifyTls() ? verifying : trusting;
        HttpClientAgent known = clients[index];
        if (known == null) {
            known = client(
                    target.verifyTls(), 1 << (index + SHORTEST), tunnel ? TUNNELS_PER_TARGET : CONNECTIONS_PER_TARGET);
            clients[index] = known;
        }
        return known;
    }

    /** The power of two that is not less than a time in milliseconds. */
    private static int magnitude(Duration time) {
        int needed = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, time.toMillis()) - 1);
        return Math.max(SHORTEST, Math.min(LONGEST, needed));
    }

    private HttpClientAgent client(boolean verify, int connectMillis, int connections) {
        HttpClientOptions options = new HttpClientOptions()
                .setTrustAll(!verify)
                .setVerifyHost(verify)
                .setKeepAlive(keepAlive.connections() > 0 || connections == TUNNELS_PER_TARGET)
                .setKeepAliveTimeout((int) keepAlive.idle().toSeconds())
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setDecompressionSupported(false)
                .setHttp2ClearTextUpgrade(false)
                .setMaxRedirects(0)
                .setConnectTimeout(connectMillis)
                .setSslHandshakeTimeout(connectMillis)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setTcpNoDelay(true);
        PoolOptions pool = new PoolOptions().setHttp1MaxSize(connections).setMaxWaitQueueSize(WAITING_PER_TARGET);
        return loop.vertx()
                .httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(connection -> {
                    Connections.opened(connection, MAX_HEADER_BYTES);
                    kept.opened(connection);
                    // what breaks a connection is told by its attempts; an idle one may break unseen
                    connection.exceptionHandler(e -> {
                        memory.connectionBroke(e);
                        LOG.debug("upstream connection broke", e);
                    });
                })
                .build();
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
        Dispatch dispatch = new Dispatch(exchange, request, target, record);
        boolean upgrading = exchange.asksForUpgrade()
                && request.headers().contains(HttpHeaders.UPGRADE)
                && request.method().equals(HttpMethod.GET)
                && request.body().isEmpty();
        if (upgrading) {
            dispatch.upgrading();
        }
        HttpClientAgent client = client(target, upgrading);
        Redirects.Origin redirect = redirects.of(target);
        String host = redirect == null ? target.host() : redirect.host();
        int port = redirect == null ? target.port() : redirect.port();
        boolean tls = redirect == null ? target.tls() : redirect.tls();
        SocketAddress chosen = redirect == null ? address : null;
        SocketAddress known = chosen == null ? names.next(host, port) : chosen;
        if (known != null) {
            return dispatch.start(client, tls, known);
        }
        return exchange.adopt(names.ask(host, port))
                .transform(found -> found.succeeded()
                        ? dispatch.start(client, tls, found.result())
                        : Future.succeededFuture(dispatch.unresolved(host, found.cause())));
    }

    /** Closes all connections. */
    public Future<Void> close() {
        List<Future<Void>> closing = new ArrayList<>();
        for (HttpClientAgent[] clients : List.of(verifying, trusting, verifyingTunnels, trustingTunnels)) {
            for (HttpClientAgent client : clients) {
                if (client != null) {
                    closing.add(client.close());
                }
            }
        }
        return closing.isEmpty()
                ? Future.succeededFuture()
                : Future.join(closing).mapEmpty();
    }
}
