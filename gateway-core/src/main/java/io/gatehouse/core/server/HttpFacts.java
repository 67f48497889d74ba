package io.gatehouse.core.server;

import io.gatehouse.api.AddressRange;
import io.gatehouse.api.WireText;
import io.gatehouse.core.routing.RequestFacts;
import io.gatehouse.core.routing.RequestPath;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the router asks, answered by the server's request without copying. */
final class HttpFacts implements RequestFacts {
    private final ClientSide request;
    private final String host;
    private final int hostPort;
    private final Peer peer;
    private final Origin client;
    private final RequestPath path;
    private final boolean tls;
    private byte @Nullable [] source;
    private byte @Nullable [] destination;

    /** The header that was asked for last, and its values: many routes in a row may look at the same one. */
    private String valuesOf = "";

    private @Nullable List<String> values;

    HttpFacts(ClientSide request, @Nullable HostHeader host, Peer peer, Origin client, RequestPath path) {
        this.request = request;
        this.host = host == null ? "" : host.name();
        this.hostPort = host == null ? -1 : host.port();
        this.peer = peer;
        this.client = client;
        this.path = path;
        this.tls = request.tls();
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
    public byte @Nullable [] sourceAddress() {
        byte[] known = source;
        if (known == null) {
            known = AddressRange.address(client.address());
            source = known;
        }
        return known;
    }

    @Override
    public int sourcePort() {
        return client.port();
    }

    @Override
    public byte @Nullable [] destinationAddress() {
        byte[] known = destination;
        if (known == null) {
            SocketAddress local = request.connection().localAddress();
            known = local == null || local.hostAddress() == null ? null : Forwarding.unscoped(local.hostAddress());
            destination = known;
        }
        return known;
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
        List<String> known = values;
        if (known == null || !name.equals(valuesOf)) {
            known = texts(request.headers().getAll(name));
            values = known;
            valuesOf = name;
        }
        return known;
    }

    private static List<String> texts(List<String> values) {
        for (String value : values) {
            if (!WireText.decode(value).equals(value)) {
                return values.stream().map(WireText::decode).toList(); // hardly ever, else nothing is copied
            }
        }
        return values;
    }
}
