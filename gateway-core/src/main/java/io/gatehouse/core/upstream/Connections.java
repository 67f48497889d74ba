package io.gatehouse.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;

/** What has to be done to upstream connections below Vert.x. Call it on the connection's event loop. */
final class Connections {
    /** How long an upstream may take to answer a ping. */
    private static final int PROBE_SECONDS = 2;

    private static final AttributeKey<Boolean> PROBED = AttributeKey.valueOf(Connections.class, "probed");
    private static final Buffer PING = Buffer.buffer("gatehous"); // eight bytes, whatever they say

    private Connections() {}

    static Channel channel(HttpConnection connection) {
        return ((ConnectionBase) connection).channel();
    }

    /** Prepares a new connection, before anything was sent. */
    static void opened(HttpConnection connection, int maxHeaderBytes) {
        ChannelPipeline pipeline = channel(connection).pipeline();
        Http2ConnectionHandler http2 = pipeline.get(Http2ConnectionHandler.class);
        if (http2 == null) {
            UpstreamCodec.install(pipeline, maxHeaderBytes);
        } else {
            HeldFlow.install(http2);
            FinalHeads.install(http2);
        }
    }

    /** Sets what the last chunk of the request that is being sent brings along; to be called before that is written. */
    static void trailers(HttpConnection connection, MultiMap trailers) {
        UpstreamCodec.trailers(channel(connection).pipeline(), trailers);
    }

    /** The request that is about to be sent asks for a tunnel. */
    static void upgrade(HttpConnection connection) {
        UpstreamCodec.upgrade(channel(connection).pipeline());
    }

    /** Runs an action once the upstream has taken enough of what waits for it. */
    static void onDrain(HttpConnection connection, Runnable action) {
        UpstreamCodec.onDrain(channel(connection).pipeline(), action);
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
     * Asks whether there is anybody at the other end of a connection of HTTP/2, and ends it when there is not: as long as it
     * seems alive, all requests go there.
     */
    static void probe(HttpConnection connection) {
        Channel channel = channel(connection);
        if (channel.attr(PROBED).getAndSet(true) != null) {
            return; // asked already
        }
        ScheduledFuture<?> patience =
                channel.eventLoop().schedule(() -> abort(channel), PROBE_SECONDS, TimeUnit.SECONDS);
        connection.ping(PING).onSuccess(pong -> {
            patience.cancel(false);
            channel.attr(PROBED).set(null);
        });
    }
}
