package io.gatehouse.core.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Tells by the first bytes of a connection in clear text which version of HTTP it speaks. HTTP/2 needs prior knowledge
 * here: nobody is upgraded to it.
 */
final class PrefaceReader extends ByteToMessageDecoder {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Runnable switchToHttp2;

    /** @param switchToHttp2 readies the handlers that follow for HTTP/2, the preface first */
    PrefaceReader(Runnable switchToHttp2) {
        this.switchToHttp2 = switchToHttp2;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        int length = Math.min(in.readableBytes(), PREFACE.length);
        int same = 0;
        while (same < length && in.getByte(in.readerIndex() + same) == PREFACE[same]) {
            same++;
        }
        if (same == PREFACE.length) {
            switchToHttp2.run();
        } else if (same == length) {
            return; // not known yet
        }
        ctx.pipeline().remove(this); // hands on what it has read
    }
}
