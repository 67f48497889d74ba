package io.gatehouse.core.server;

import io.gatehouse.core.routing.RequestFacts;
import org.jspecify.annotations.Nullable;

/** What the router asks, answered by the server's request without copying. */
final class HttpFacts implements RequestFacts {
    private final ClientSide request;
    private final String host;
    private final int hostPort;
    private final int listenerPort;
    private final String path;
    private final boolean tls;

    HttpFacts(ClientSide request, String host, int hostPort, int listenerPort, String path, boolean tls) {
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
        return path;
    }

    @Override
    public boolean tls() {
        return tls;
    }

    @Override
    public @Nullable String sni() {
        return request.serverName();
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
