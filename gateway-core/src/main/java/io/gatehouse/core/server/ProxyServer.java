package io.gatehouse.core.server;

import io.gatehouse.core.entity.CertificateTable;
import io.gatehouse.core.exchange.ExchangeObserver;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.exchange.LoopRuntime;
import io.gatehouse.core.exchange.Sweeper;
import io.gatehouse.core.service.MemoryGuard;
import io.gatehouse.core.snapshot.Reloader;
import io.gatehouse.core.snapshot.Snapshot;
import io.gatehouse.core.upstream.KeepAlive;
import io.gatehouse.core.upstream.Redirects;
import io.gatehouse.core.upstream.TlsDefaults;
import io.gatehouse.core.upstream.Upstream;
import io.gatehouse.core.upstream.Upstreams;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One event loop of the proxy: its listeners, its front door and its HTTP client. */
public final class ProxyServer extends VerticleBase {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyServer.class);

    /** For connections to end whose exchanges have ended. */
    private static final long GRACE_MILLIS = 3000;

    /**
     * One listener.
     *
     * @param port 0 for any free one, the same for all loops
     * @param http2 whether clients may choose HTTP/2: in the TLS handshake, or by their first bytes
     * @param backlog length of the queue of connections not yet accepted; -1 for the system's own
     * @param proxied whether each connection begins with the PROXY protocol's word on its client
     */
    public record Listener(
            String host, int port, boolean tls, boolean http2, boolean reusePort, int backlog, boolean proxied) {
        /** Where it is bound: a negative port is Vert.x's way to share one free port among the loops. */
        int bindPort(int number) {
            return port == 0 ? -1 - number : port;
        }
    }

    /**
     * What all loops share.
     *
     * @param mostAnswerBytes of the body of an upstream's answer; {@link Long#MAX_VALUE} for any number
     */
    public record Shared(
            List<Listener> listeners,
            DefaultCertificate certificate,
            Set<String> tlsVersions,
            List<String> tlsCiphers,
            long pluginTimeLimitNanos,
            long exchangeDeadlineNanos,
            Limits limits,
            Forwarding forwarding,
            Answers answers,
            MemoryGuard memory,
            Redirects redirects,
            TlsDefaults tls,
            KeepAlive keepAlive,
            long mostAnswerBytes,
            Upstreams upstreams,
            Reloader reloader,
            Traffic traffic,
            ExchangeObserver observer,
            String version) {}

    private final Shared shared;
    private final int index;
    private final List<HttpServer> servers = new ArrayList<>();
    private @Nullable Loop loop;
    private @Nullable FrontDoor door;
    private @Nullable Upstream upstream;

    /** @param index from 0, one for each loop */
    public ProxyServer(Shared shared, int index) {
        this.shared = shared;
        this.index = index;
    }

    /** Whether this is the loop of its connections. Once it is deployed. */
    public boolean runsOn(EventLoop loop) {
        return ((ContextInternal) context).nettyEventLoop() == loop;
    }

    @Override
    public Future<?> start() {
        Loop here = new Loop(index, vertx, context, shared.pluginTimeLimitNanos(), shared.exchangeDeadlineNanos());
        LoopRuntime.enter(here, shared.observer());
        Upstream out = new Upstream(
                here,
                shared.redirects(),
                shared.memory(),
                shared.tls(),
                shared.keepAlive(),
                shared.upstreams().balancers().names(),
                shared.mostAnswerBytes());
        shared.upstreams().set(index, out);
        FrontDoor front = new FrontDoor(
                here,
                shared.reloader(),
                shared.traffic(),
                shared.observer(),
                shared.limits(),
                shared.forwarding(),
                shared.answers(),
                shared.memory(),
                shared.version());
        loop = here;
        upstream = out;
        door = front;
        List<Future<HttpServer>> starting = new ArrayList<>();
        for (int i = 0; i < shared.listeners().size(); i++) {
            Listener listener = shared.listeners().get(i);
            HttpServerOptions options = options(listener, i);
            HttpServer server = vertx.createHttpServer(options)
                    .connectionHandler(connection -> {
                        connection.exceptionHandler(e -> {
                            shared.memory().connectionBroke(e);
                            LOG.debug("client connection broke", e);
                        });
                        accept(connection, listener, options, front, here.connectionSweeper());
                    })
                    .invalidRequestHandler(front::invalid)
                    .requestHandler(front::handle);
            servers.add(server);
            starting.add(server.listen());
        }
        return Future.all(starting);
    }

    private void accept(
            HttpConnection connection, Listener listener, HttpServerOptions options, FrontDoor front, Sweeper sweeper) {
        Channel channel = ((ConnectionBase) connection).channel();
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null && AlpnEngine.HTTP_2.equals(tls.applicationProtocol())) {
            ClientStreams.accept(connection, front, shared.limits(), sweeper);
            return;
        }
        ClientConnection.accept(connection, options, shared.limits(), sweeper);
        if (tls == null && listener.http2()) {
            channel.pipeline().addBefore("httpDecoder", "preface", new PrefaceReader(() -> {
                channel.pipeline().remove(ClientConnection.NAME);
                ClientStreams.accept(connection, front, shared.limits(), sweeper);
            }));
        }
    }

    private HttpServerOptions options(Listener listener, int number) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(listener.host())
                .setPort(listener.bindPort(number))
                .setReusePort(listener.reusePort())
                .setMaxHeaderSize(shared.limits().headBytes())
                .setMaxInitialLineLength(shared.limits().lineBytes())
                .setHttp2ClearTextEnabled(false)
                .setHandle100ContinueAutomatically(false)
                .setDecompressionSupported(false)
                .setCompressionSupported(false)
                // WebSocket is not proxied: its handler would only be in the way of every message
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setTcpNoDelay(true);
        if (listener.backlog() > 0) {
            options.setAcceptBacklog(listener.backlog());
        }
        if (listener.tls()) {
            options.setSsl(true)
                    .setSslHandshakeTimeout(shared.limits().headNanos())
                    .setSslHandshakeTimeoutUnit(TimeUnit.NANOSECONDS)
                    .setEnabledSecureTransportProtocols(shared.tlsVersions())
                    .setKeyCertOptions(
                            KeyCertOptions.wrap(new ServerKeys(this::certificates, shared.certificate()::current)));
            shared.tlsCiphers().forEach(options::addEnabledCipherSuite);
            if (listener.http2()) {
                options.setSslEngineOptions(new AlpnEngine());
            }
        }
        return options;
    }

    private CertificateTable certificates() {
        Snapshot live = shared.reloader().current();
        return live == null ? CertificateTable.none() : live.certificates();
    }

    /** The ports that the listeners got, in their order. */
    public List<Integer> ports() {
        List<Integer> ports = new ArrayList<>();
        for (HttpServer server : servers) {
            ports.add(server.actualPort());
        }
        return ports;
    }

    /**
     * Takes no new connections; what is in flight goes on, each answer closing its connection.
     *
     * @return completes when the last connection has ended
     */
    public Future<Void> drain(Duration limit) {
        Promise<Void> drained = Promise.promise();
        Loop here = loop;
        if (here == null) {
            return Future.succeededFuture();
        }
        here.run(() -> Future.join(servers.stream()
                        .map(server -> server.shutdown(limit.toMillis() + GRACE_MILLIS, TimeUnit.MILLISECONDS))
                        .toList())
                .<Void>mapEmpty()
                .onComplete(drained));
        return drained.future();
    }

    /** Aborts all exchanges, or those of one snapshot. */
    public void abort(@Nullable Snapshot of, String reason) {
        Loop here = loop;
        FrontDoor front = door;
        if (here != null && front != null) {
            here.run(() -> front.abort(of, reason));
        }
    }

    @Override
    public Future<?> stop() {
        Upstream out = upstream;
        return out == null ? Future.succeededFuture() : out.close();
    }
}
