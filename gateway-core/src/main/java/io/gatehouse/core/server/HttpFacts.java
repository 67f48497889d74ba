package io.gatehouse.core.server;

import io.gatehouse.core.routing.RequestFacts;
import io.gatehouse.core.routing.RequestPath;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** What the router asks, answered by the server's request without copying. */
final class HttpFacts implements RequestFacts {
    private final HttpServerRequest request;
    private final String host;
    private final int hostPort;
    private final Peer peer;
    private final Forwarding forwarding;
    private final RequestPath path;
    private final boolean tls;

    HttpFacts(
            HttpServerRequest request, @Nullable HostHeader host, Peer peer, Forwarding forwarding, RequestPath path) {
        this.request = request;
        this.host = host == null ? "" : host.name();
        this.hostPort = host == null ? -1 : host.port();
        this.peer = peer;
        this.forwarding = forwarding;
        this.path = path;
        this.tls = request.isSSL();
    }

    @Override
    public String method() {
        return request.method().name();
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public int hostPort() {
        return hostPort;
    }

    @Override
    public int listenerPort() {
        return peer.port();
    }

    @Override
    public String path() {
        return path.path();
    }

    @Override
    public String query() {
        return path.query().isEmpty() ? "" : path.query().substring(1);
    }

    @Override
    public String sourceAddress() {
        return forwarding.client(peer, request.headers());
    }

    @Override
    public int sourcePort() {
        SocketAddress remote = request.connection().remoteAddress();
        return remote == null ? -1 : remote.port();
    }

    @Override
    public String destinationAddress() {
        SocketAddress local = request.connection().localAddress();
        return local == null || local.hostAddress() == null ? "" : local.hostAddress();
    }

    @Override
    public boolean tls() {
        return tls;
    }

    @Override
    public @Nullable String sni() {
        return request.connection().indicatedServerName();
    }

    @Override
    public @Nullable String header(String name) {
        return request.headers().get(name);
    }

    @Override
    public Iterable<String> headers(String name) {
        return request.headers().getAll(name);
    }
}
