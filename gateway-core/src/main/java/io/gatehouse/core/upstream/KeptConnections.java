package io.gatehouse.core.upstream;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts the connections of one event loop that wait for their next request, and the requests that each has served:
 * Vert.x's pool limits neither. Confined to the loop.
 */
final class KeptConnections {
    private static final AttributeKey<Kept> KEY = AttributeKey.valueOf(KeptConnections.class, "kept");

    private final KeepAlive limits;
    private final Map<SocketAddress, Address> addresses = new HashMap<>();

    KeptConnections(KeepAlive limits) {
        this.limits = limits;
    }

    /** An address that is connected to. */
    private static final class Address {
        private int open;
        private int waiting;
    }

    /** A connection. */
    private static final class Kept {
        private final KeepAlive limits;
        private final Address address;
        private int served;
        private boolean waiting;

        Kept(KeepAlive limits, Address address) {
            this.limits = limits;
            this.address = address;
        }

        void waits(boolean now) {
            if (waiting != now) {
                waiting = now;
                address.waiting += now ? 1 : -1;
            }
        }
    }

    /** There is a new connection. */
    void opened(HttpConnection connection) {
        Channel channel = Connections.channel(connection);
        SocketAddress remote = channel.remoteAddress();
        Address address = addresses.computeIfAbsent(remote, r -> new Address());
        address.open++;
        Kept kept = new Kept(limits, address);
        channel.attr(KEY).set(kept);
        Http2ConnectionHandler http2 = channel.pipeline().get(Http2ConnectionHandler.class);
        if (http2 != null && address.open > limits.connections()) {
            closeWhenUnused(channel, http2.connection());
        }
        channel.closeFuture().addListener(closed -> {
            kept.waits(false);
            if (--address.open == 0) {
                addresses.remove(remote, address);
            }
        });
    }

    /** For one of HTTP/2 too many, as names of a client's choice may lead to: it serves the streams that it has. */
    @SuppressWarnings("FutureReturnValueIgnored") // it is closed, or is closed already
    private static void closeWhenUnused(Channel channel, Http2Connection connection) {
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                channel.eventLoop()
                        .execute(
                                () -> { // behind what takes it up again at once
                                    if (connection.numActiveStreams() == 0) {
                                        channel.close();
                                    }
                                });
            }
        });
    }

    /** A request is about to be sent. */
    static void begins(HttpConnection connection) {
        Kept kept = Connections.channel(connection).attr(KEY).get();
        kept.waits(false);
        kept.served++;
    }

    /**
     * An answer has come whole: whether its connection may wait for another request. Then it has its place among those that
     * wait, so that of answers that come at once no two find the same one.
     */
    static boolean mayStay(Channel channel) {
        Kept kept = channel.attr(KEY).get();
        if (kept == null) {
            return true; // nobody counts it
        }
        KeepAlive limits = kept.limits;
        boolean stays = kept.address.waiting < limits.connections()
                && (limits.requests() == 0 || kept.served < limits.requests());
        kept.waits(stays);
        return stays;
    }
}
