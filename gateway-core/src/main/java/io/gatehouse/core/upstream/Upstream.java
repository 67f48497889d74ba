package io.gatehouse.core.upstream;

import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.Target;
import io.gatehouse.core.exchange.LiveAttempt;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.Loop;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP client of one event loop. Makes single attempts; who wants more than one makes more. */
public final class Upstream {
    private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);
    private static final int CONNECTIONS_PER_TARGET = 1024;
    private static final int WAITING_PER_TARGET = 1024;
    private static final int KEEP_ALIVE_SECONDS = 60;
    private static final int MAX_HANDSHAKE_SECONDS = 60;
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    private final Loop loop;
    private final Redirects redirects;
    private final HttpClientAgent verifying;
    private final HttpClientAgent trusting;

    /** Makes the client of a loop. Call it on that loop. */
    public Upstream(Loop loop, Redirects redirects) {
        this.loop = loop;
        this.redirects = redirects;
        this.verifying = client(true);
        this.trusting = client(false);
    }

    private HttpClientAgent client(boolean verify) {
        HttpClientOptions options = new HttpClientOptions()
                .setTrustAll(!verify)
                .setVerifyHost(verify)
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setDecompressionSupported(false)
                .setHttp2ClearTextUpgrade(false)
                .setMaxRedirects(0)
                // a target's own connect time-out is what counts
                .setSslHandshakeTimeout(MAX_HANDSHAKE_SECONDS)
                .setTcpNoDelay(true);
        PoolOptions pool =
                new PoolOptions().setHttp1MaxSize(CONNECTIONS_PER_TARGET).setMaxWaitQueueSize(WAITING_PER_TARGET);
        return loop.vertx()
                .httpClientBuilder()
                .with(options)
                .with(pool)
                .withConnectHandler(connection -> {
                    Connections.opened(connection, MAX_HEADER_BYTES);
                    // what breaks a connection is told by its attempts; an idle one may break unseen
                    connection.exceptionHandler(e -> LOG.debug("upstream connection broke", e));
                })
                .build();
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
        return new Dispatch(exchange, request, target, record)
                .start(target.verifyTls() ? verifying : trusting, redirects.of(target));
    }

    /** Closes all connections. */
    public Future<Void> close() {
        return Future.join(verifying.close(), trusting.close()).mapEmpty();
    }
}
