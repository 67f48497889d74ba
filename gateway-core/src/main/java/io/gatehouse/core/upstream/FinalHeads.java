package io.gatehouse.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Keeps informational answers of an upstream of HTTP/2, however many, from Vert.x, which takes those that it does not know for
 * the answer, and waits for another one where there can be none. A 101, which HTTP/2 does not have, is left to be refused. A
 * body without a head ends its stream: Vert.x would wait on for the head.
 */
final class FinalHeads extends Http2FrameListenerDecorator {
    private final Http2Connection connection;

    private FinalHeads(Http2Connection connection, Http2FrameListener listener) {
        super(listener);
        this.connection = connection;
    }

    /** Takes its place on a new connection. */
    static void install(Http2ConnectionHandler handler) {
        handler.decoder()
                .frameListener(
                        new FinalHeads(handler.connection(), handler.decoder().frameListener()));
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext context, int id, Http2Headers headers, int padding, boolean end)
            throws Http2Exception {
        if (isFinal(id, headers, end)) {
            super.onHeadersRead(context, id, headers, padding, end);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int id,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean end)
            throws Http2Exception {
        if (isFinal(id, headers, end)) {
            super.onHeadersRead(context, id, headers, dependency, weight, exclusive, padding, end);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext context, int id, ByteBuf data, int padding, boolean end)
            throws Http2Exception {
        Http2Stream stream = connection.stream(id);
        if (stream != null && !stream.isHeadersReceived()) {
            throw Http2Exception.streamError(id, Http2Error.PROTOCOL_ERROR, "a body before its head");
        }
        return super.onDataRead(context, id, data, padding, end);
    }

    private static boolean isFinal(int id, Http2Headers headers, boolean end) throws Http2Exception {
        CharSequence status = headers.status(); // none in trailers
        if (status == null || status.length() != 3 || status.charAt(0) != '1' || isSwitch(status)) {
            return true;
        }
        if (end) {
            throw Http2Exception.streamError(
                    id, Http2Error.PROTOCOL_ERROR, "status %s with the end of the stream", status);
        }
        return false;
    }

    private static boolean isSwitch(CharSequence status) {
        return status.charAt(1) == '0' && status.charAt(2) == '1';
    }
}
