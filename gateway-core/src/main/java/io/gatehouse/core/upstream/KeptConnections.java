package io.gatehouse.core.upstream;

import io.netty.channel.Channel;
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
        channel.closeFuture().addListener(closed -> {
            kept.waits(false);
            if (--address.open == 0) {
                addresses.remove(remote, address);
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
