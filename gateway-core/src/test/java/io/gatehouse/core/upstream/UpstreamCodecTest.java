package io.gatehouse.core.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
class UpstreamCodecTest {
    /** Takes a piece away, as an allocator does that has nothing left. */
    private static final class Loses extends ChannelDuplexHandler {
        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof ByteBuf bytes && bytes.toString(US_ASCII).contains("second")) {
                bytes.release();
                promise.setFailure(new OutOfMemoryError("planted"));
            } else {
                context.write(message, promise);
            }
        }
    }

    private static HttpContent piece(String text) {
        return new DefaultHttpContent(Unpooled.copiedBuffer(text, US_ASCII));
    }

    @Test
    void aPieceThatIsLostIsNotFollowedByTheNext() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.pipeline().addLast(new Loses()).addLast("codec", new HttpClientCodec());
        UpstreamCodec.install(channel.pipeline(), 8192);
        HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/a");
        head.headers().set("Content-Length", "18");
        assertThat(channel.writeAndFlush(head).isSuccess()).isTrue();
        assertThat(channel.writeAndFlush(piece("first;")).isSuccess()).isTrue();

        ChannelFuture lost = channel.writeAndFlush(piece("second"));
        ChannelFuture next = channel.writeAndFlush(piece("third;"));

        assertThat(lost.cause()).hasMessage("planted");
        assertThat(channel.isOpen()).isFalse();
        assertThat(next.isSuccess()).isFalse();
        channel.finishAndReleaseAll();
    }
}
