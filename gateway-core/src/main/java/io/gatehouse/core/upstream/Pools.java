package io.gatehouse.core.upstream;

import io.gatehouse.api.Target;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.exchange.Loop;
import io.gatehouse.core.service.MemoryGuard;
import io.vertx.core.Future;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop to upstreams, by what makes them differ: version of HTTP, TLS and its options, and the
 * time that they may take to come about. Within each they are pooled by address, port and name. Confined to the loop.
 */
final class Pools {
    private static final Logger LOG = LoggerFactory.getLogger(Pools.class);
    private static final int CONNECTIONS_PER_TARGET = 16 * 1024;
    private static final int TUNNELS_PER_TARGET = 16 * 1024; // Vert.x makes room for all at once
    private static final int WAITING_PER_TARGET = 1024;
    private static final int MAX_HEADER_BYTES = 64 * 1024;

    /** More come about only when so many streams, or all that the upstream allows, are in use. */
    private static final int HTTP2_CONNECTIONS_PER_TARGET = 8;

    private static final int STREAMS_PER_CONNECTION = 128;
    private static final int STREAM_WINDOW_BYTES = 64 * 1024;

    /** Room for all streams: those that nobody reads must not keep the others from being read. */
    private static final int CONNECTION_WINDOW_BYTES = STREAMS_PER_CONNECTION * STREAM_WINDOW_BYTES;

    /** The shortest and the longest time that a client gives a connection to come about: 2 to the power of these, in ms. */
    private static final int SHORTEST = 8;

    private static final int LONGEST = 17;

    /** How often clients that nobody needs any more are looked for. */
    private static final long SWEEP_MILLIS = 60_000;

    private final Loop loop;
    private final MemoryGuard memory;
    private final TlsDefaults defaults;
    private final KeepAlive keepAlive;
    private final KeptConnections kept;
    private final long sweeping;
    private final Use requests = new Use(false, CONNECTIONS_PER_TARGET);
    private final Use streams = new Use(true, CONNECTIONS_PER_TARGET);

    /** Which must not use up the connections of requests. */
    private final Use tunnels = new Use(false, TUNNELS_PER_TARGET);

    Pools(Loop loop, MemoryGuard memory, TlsDefaults defaults, KeepAlive keepAlive) {
        this.loop = loop;
        this.memory = memory;
        this.defaults = defaults;
        this.keepAlive = keepAlive;
        this.kept = new KeptConnections(keepAlive);
        this.sweeping = loop.vertx().setPeriodic(SWEEP_MILLIS, timer -> sweep());
    }

    /**
     * The client for a target.
     *
     * @param tls whether the connection is TLS, whatever the target says
     * @param tunnel whether the connection is to become one
     */
    HttpClientAgent client(Target target, boolean tls, boolean tunnel) {
        Use use = tunnel ? tunnels : target.http2() ? streams : requests;
        return use.kind(tls ? target.tlsOptions() : null).client(magnitude(target.connectTimeout()));
    }

    /** The power of two that is not less than a time in milliseconds. */
    private static int magnitude(Duration time) {
        int needed = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, time.toMillis()) - 1);
        return Math.max(SHORTEST, Math.min(LONGEST, needed));
    }

    /** Closes the clients of TLS options that no connection has been made with for a while, as after a reload without them. */
    private void sweep() {
        requests.sweep();
        streams.sweep();
        tunnels.sweep();
    }

    Future<Void> close() {
        loop.vertx().cancelTimer(sweeping);
        List<Future<Void>> closing = new ArrayList<>();
        requests.close(closing);
        streams.close(closing);
        tunnels.close(closing);
        return closing.isEmpty()
                ? Future.succeededFuture()
                : Future.join(closing).mapEmpty();
    }

    /** What connections are for. */
    private final class Use {
        private final boolean http2;
        private final int connections;
        private final Kind plain;
        private final Map<TlsOptions, Kind> tls = new HashMap<>();

        private Use(boolean http2, int connections) {
            this.http2 = http2;
            this.connections = connections;
            this.plain = new Kind(this, null);
        }

        private Kind kind(@Nullable TlsOptions options) {
            return options == null ? plain : tls.computeIfAbsent(options, added -> new Kind(this, added));
        }

        private void sweep() {
            for (Iterator<Kind> all = tls.values().iterator(); all.hasNext(); ) {
                Kind kind = all.next();
                if (kind.idle()) {
                    all.remove();
                    kind.close().forEach(closing -> closing.onFailure(e -> LOG.debug("a client did not close", e)));
                }
            }
        }

        private void close(List<Future<Void>> closing) {
            closing.addAll(plain.close());
            tls.values().forEach(kind -> closing.addAll(kind.close()));
        }
    }

    /** Clients that differ in the time only that a connection may take: Vert.x knows one for all of a client's. */
    private final class Kind {
        private final Use use;
        private final @Nullable TlsOptions options;
        private final @Nullable HttpClientAgent[] clients = new HttpClientAgent[LONGEST - SHORTEST + 1];
        private int connections;
        private boolean used;

        private Kind(Use use, @Nullable TlsOptions options) {
            this.use = use;
            this.options = options;
        }

        private HttpClientAgent client(int magnitude) {
            used = true;
            HttpClientAgent known = clients[magnitude - SHORTEST];
            if (known == null) {
                known = make(1 << magnitude);
                clients[magnitude - SHORTEST] = known;
            }
            return known;
        }

        private HttpClientAgent make(int connectMillis) {
            HttpClientOptions http = new HttpClientOptions()
                    .setKeepAlive(keepAlive.connections() > 0 || use == tunnels)
                    .setKeepAliveTimeout(idleSeconds())
                    .setMaxHeaderSize(MAX_HEADER_BYTES)
                    .setDecompressionSupported(false)
                    .setHttp2ClearTextUpgrade(false)
                    .setMaxRedirects(0)
                    .setConnectTimeout(connectMillis)
                    .setSslHandshakeTimeout(connectMillis)
                    .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                    .setTcpNoDelay(true);
            if (use.http2) {
                http2(http);
            }
            if (options != null) {
                defaults.apply(http, options);
            }
            PoolOptions pool = new PoolOptions()
                    .setHttp1MaxSize(use.connections)
                    .setHttp2MaxSize(HTTP2_CONNECTIONS_PER_TARGET)
                    .setMaxWaitQueueSize(WAITING_PER_TARGET);
            return loop.vertx()
                    .httpClientBuilder()
                    .with(http)
                    .with(pool)
                    .withConnectHandler(connection -> {
                        Connections.opened(connection, MAX_HEADER_BYTES);
                        kept.opened(connection);
                        connections++;
                        connection.closeHandler(v -> connections--);
                        // what breaks a connection is told by its attempts; an idle one may break unseen
                        connection.exceptionHandler(e -> {
                            memory.connectionBroke(e);
                            LOG.debug("upstream connection broke", e);
                        });
                    })
                    .build();
        }

        private void http2(HttpClientOptions http) {
            http.setProtocolVersion(HttpVersion.HTTP_2)
                    .setUseAlpn(true)
                    .setAlpnVersions(List.of(HttpVersion.HTTP_2))
                    .setHttp2KeepAliveTimeout(idleSeconds())
                    .setHttp2MultiplexingLimit(STREAMS_PER_CONNECTION)
                    .setHttp2ConnectionWindowSize(CONNECTION_WINDOW_BYTES)
                    .setInitialSettings(new Http2Settings()
                            .setPushEnabled(false)
                            .setInitialWindowSize(STREAM_WINDOW_BYTES)
                            .setMaxHeaderListSize(MAX_HEADER_BYTES));
        }

        /** Vert.x knows whole seconds only, and 0 means forever. */
        private int idleSeconds() {
            return (int) keepAlive.idle().plusMillis(999).toSeconds();
        }

        /** Whether nobody has asked for it since it was asked last, and none of its connections are open. */
        private boolean idle() {
            boolean idle = !used && connections == 0;
            used = false;
            return idle;
        }

        private List<Future<Void>> close() {
            List<Future<Void>> closing = new ArrayList<>();
            for (HttpClientAgent client : clients) {
                if (client != null) {
                    closing.add(client.close());
                }
            }
            return closing;
        }
    }
}
