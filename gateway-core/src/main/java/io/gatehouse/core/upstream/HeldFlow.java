package io.gatehouse.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Netty's flow control, which gives no window back for a stream whose bytes are not wanted for now. Belongs to one connection;
 * event loop only.
 */
final class HeldFlow implements Http2LocalFlowController {
    private final Http2LocalFlowController flow;
    private final Http2Connection.PropertyKey key;

    /** What a stream has not given back yet. */
    private static final class Held {
        private int bytes;
        private boolean shut;
    }

    private HeldFlow(Http2Connection connection, Http2LocalFlowController flow) {
        this.flow = flow;
        this.key = connection.newKey();
    }

    /** Takes its place on a new connection. */
    static void install(Http2ConnectionHandler handler) {
        Http2Connection connection = handler.connection();
        connection
                .local()
                .flowController(new HeldFlow(connection, connection.local().flowController()));
    }

    static void shut(Channel channel, int id) {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        Http2Stream stream = handler == null ? null : handler.connection().stream(id);
        if (stream != null && handler.connection().local().flowController() instanceof HeldFlow own) {
            Held held = stream.getProperty(own.key);
            if (held == null) {
                held = new Held();
                stream.setProperty(own.key, held);
            }
            held.shut = true;
        }
    }

    static void open(Channel channel, int id) {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        Http2Stream stream = handler == null ? null : handler.connection().stream(id);
        if (stream != null && handler.connection().local().flowController() instanceof HeldFlow own) {
            own.giveBack(handler, channel.pipeline().context(handler), stream);
        }
    }

    private void giveBack(Http2ConnectionHandler handler, ChannelHandlerContext context, Http2Stream stream) {
        Held held = stream.getProperty(key);
        if (held == null || !held.shut) {
            return;
        }
        int bytes = held.bytes;
        held.shut = false;
        held.bytes = 0;
        try {
            if (bytes > 0 && flow.consumeBytes(stream, bytes)) {
                context.flush();
            }
        } catch (Http2Exception e) {
            handler.onError(context, true, e);
        }
    }

    @Override
    public boolean consumeBytes(Http2Stream stream, int bytes) throws Http2Exception {
        Held held = stream.getProperty(key);
        if (held != null && held.shut) {
            held.bytes += bytes;
            return false;
        }
        return flow.consumeBytes(stream, bytes);
    }

    @Override
    public Http2LocalFlowController frameWriter(Http2FrameWriter writer) {
        flow.frameWriter(writer);
        return this;
    }

    @Override
    public void receiveFlowControlledFrame(Http2Stream stream, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        flow.receiveFlowControlledFrame(stream, data, padding, endOfStream);
    }

    @Override
    public int unconsumedBytes(Http2Stream stream) {
        return flow.unconsumedBytes(stream);
    }

    @Override
    public int initialWindowSize(Http2Stream stream) {
        return flow.initialWindowSize(stream);
    }

    @Override
    public void channelHandlerContext(ChannelHandlerContext context) throws Http2Exception {
        flow.channelHandlerContext(context);
    }

    @Override
    public void initialWindowSize(int size) throws Http2Exception {
        flow.initialWindowSize(size);
    }

    @Override
    public int initialWindowSize() {
        return flow.initialWindowSize();
    }

    @Override
    public int windowSize(Http2Stream stream) {
        return flow.windowSize(stream);
    }

    @Override
    public void incrementWindowSize(Http2Stream stream, int delta) throws Http2Exception {
        flow.incrementWindowSize(stream, delta);
    }
}
