package io.gatehouse.core.upstream;

import io.gatehouse.core.exchange.StreamReader;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** What has to be done to upstream connections below Vert.x. Call it on the connection's event loop. */
final class Connections {
    private Connections() {}

    private static Channel channel(HttpConnection connection) {
        return ((ConnectionBase) connection).channel();
    }

    /** Prepares a new connection, before anything was sent. */
    static void opened(HttpConnection connection, int maxHeaderBytes) {
        UpstreamCodec.install(channel(connection).pipeline(), maxHeaderBytes);
    }

    /** Sets what the last chunk of the request that is being sent brings along; to be called before that is written. */
    static void trailers(HttpConnection connection, MultiMap trailers) {
        UpstreamCodec.trailers(channel(connection).pipeline(), trailers);
    }

    /** The request that is about to be sent asks for a tunnel. */
    static void upgrade(HttpConnection connection) {
        UpstreamCodec.upgrade(channel(connection).pipeline());
    }

    /** Whether the upstream has agreed to a tunnel. */
    static boolean switched(HttpConnection connection) {
        return UpstreamCodec.switched(channel(connection).pipeline());
    }

    /**
     * Resets a connection at once. Vert.x's own reset and close first wait until all is flushed, which is never where
     * the upstream does not read.
     */
    static void abort(HttpConnection connection) {
        abort(channel(connection));
    }

    /** The same for the channel below a connection. */
    static void abort(Channel channel) {
        if (channel.isOpen()) {
            UpstreamCodec.abandon(channel.pipeline());
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            closeNow(channel);
        }
    }

    /** Closes below the pipeline, in which Vert.x would turn it into a polite close. */
    static void closeNow(Channel channel) {
        channel.unsafe().close(channel.voidPromise());
    }

    /**
     * Holds back reading from the socket. A stream that Vert.x pauses keeps what it has read in the connection, and
     * drops it, the end of a whole answer included, when the upstream closes.
     */
    record Reading(HttpConnection connection) implements StreamReader.Valve {
        @Override
        public void open() {
            channel(connection).config().setAutoRead(true);
        }

        @Override
        public void shut() {
            channel(connection).config().setAutoRead(false);
        }
    }
}
