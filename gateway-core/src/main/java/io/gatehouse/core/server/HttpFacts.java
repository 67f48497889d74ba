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
    private final int listenerPort;
    private final RequestPath path;
    private final boolean tls;

    HttpFacts(HttpServerRequest request, String host, int hostPort, int listenerPort, RequestPath path, boolean tls) {
        this.request = request;
        this.host = host;
        this.hostPort = hostPort;
        this.listenerPort = listenerPort;
        this.path = path;
        this.tls = tls;
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
        return listenerPort;
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
        return address(request.connection().remoteAddress());
    }

    @Override
    public int sourcePort() {
        SocketAddress peer = request.connection().remoteAddress();
        return peer == null ? -1 : peer.port();
    }

    @Override
    public String destinationAddress() {
        return address(request.connection().localAddress());
    }

    private static String address(@Nullable SocketAddress of) {
        return of == null || of.hostAddress() == null ? "" : of.hostAddress();
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
