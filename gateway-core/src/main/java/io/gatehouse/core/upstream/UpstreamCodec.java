package io.gatehouse.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1 with an upstream that is not trusted to keep to it. Beyond Netty's own client codec it sees to it that
 *
 * <ul>
 *   <li>bytes behind an answer, or without a request, end the connection: they would be read as the answer to the next
 *       request, perhaps another client's;
 *   <li>a name with a blank is refused, of a head or a trailer: Netty would cut it there, to one that may mean something;
 *   <li>informational answers, however many, are not taken for the answer;
 *   <li>a request's trailers are sent, for which Vert.x has no means;
 *   <li>behind the answer to a WebSocket handshake bytes go both ways as they are: to Vert.x they are the contents of a
 *       request and of its answer, so that they flow as these do.
 * </ul>
 *
 * One request at a time; belongs to one connection.
 */
final class UpstreamCodec extends CombinedChannelDuplexHandler<UpstreamCodec.Decoder, UpstreamCodec.Encoder> {
    /** Vert.x's name for its codec, which this one replaces. */
    private static final String NAME = "codec";

    private static final int MAX_STATUS_LINE_BYTES = 8 * 1024;
    private static final int CHUNK_BYTES = 64 * 1024;

    /** A piece that could not be sent, for want of memory say: the next ones would make a request that looks whole. */
    private static final ChannelFutureListener RESET_WHEN_LOST = sent -> {
        if (!sent.isSuccess()) {
            Connections.abort(sent.channel());
        }
    };

    private @Nullable HttpMethod asked;
    private @Nullable HttpResponse answer;
    private @Nullable MultiMap trailers;
    private boolean abandoned;
    private boolean upgrading;
    private boolean switched;
    private boolean inputEnded;
    private @Nullable Runnable drained;

    private UpstreamCodec(int maxHeaderBytes) {
        init(
                new Decoder(new HttpDecoderConfig()
                        .setMaxInitialLineLength(MAX_STATUS_LINE_BYTES)
                        .setMaxHeaderSize(maxHeaderBytes)
                        .setMaxChunkSize(CHUNK_BYTES)),
                new Encoder());
    }

    /** Puts this codec in the place of Vert.x's, before anything was sent. */
    static void install(ChannelPipeline pipeline, int maxHeaderBytes) {
        pipeline.replace(NAME, NAME, new UpstreamCodec(maxHeaderBytes));
    }

    /**
     * The connection is being closed in the middle of an answer. The rest of it may have been read already: it must not
     * reach Vert.x, which would take the answer for whole and give the dead connection to the next request.
     */
    static void abandon(ChannelPipeline pipeline) {
        UpstreamCodec codec = pipeline.get(UpstreamCodec.class);
        if (codec != null) {
            codec.abandoned = true;
        }
    }

    /** The request that is about to be sent asks for a tunnel. */
    static void upgrade(ChannelPipeline pipeline) {
        UpstreamCodec codec = pipeline.get(UpstreamCodec.class);
        if (codec != null) {
            codec.upgrading = true;
        }
    }

    /** Whether the upstream has agreed to a tunnel: then all that follows on the connection is its bytes. */
    static boolean switched(ChannelPipeline pipeline) {
        UpstreamCodec codec = pipeline.get(UpstreamCodec.class);
        return codec != null && codec.switched;
    }

    /** Runs an action once the upstream has taken enough of what waits for it. */
    static void onDrain(ChannelPipeline pipeline, Runnable action) {
        UpstreamCodec codec = pipeline.get(UpstreamCodec.class);
        if (codec != null) {
            codec.drained = action;
        }
    }

    /** What the last chunk of the request that is being sent brings along. */
    static void trailers(ChannelPipeline pipeline, MultiMap trailers) {
        UpstreamCodec codec = pipeline.get(UpstreamCodec.class);
        if (codec != null) {
            codec.trailers = trailers;
        }
    }

    final class Encoder extends HttpRequestEncoder {
        private Encoder() {}

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
            if (message instanceof HttpRequest request) {
                asked = request.method();
                if (upgrading) {
                    // Vert.x is told of chunks, so that it lets bytes follow
                    request.headers()
                            .remove(HttpHeaderNames.TRANSFER_ENCODING)
                            .set(HttpHeaderNames.CONNECTION, "keep-alive, Upgrade")
                            .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
                }
            }
            super.write(context, withTrailers(message), promise);
            if (switched && message instanceof LastHttpContent) {
                context.write(Unpooled.EMPTY_BUFFER).addListener(sent -> endOutput(context));
            }
            if (!promise.isVoid()) { // those of a void one reach the connection as an exception, and end it
                promise.addListener(RESET_WHEN_LOST);
            }
        }

        /** The client has sent the last byte of its tunnel. Where the upstream has too, Vert.x closes the connection. */
        @SuppressWarnings("FutureReturnValueIgnored") // an end that cannot be sent is one all the same
        private void endOutput(ChannelHandlerContext context) {
            if (!inputEnded && context.channel() instanceof DuplexChannel channel) {
                SslHandler tls = context.pipeline().get(SslHandler.class);
                if (tls != null) {
                    tls.closeOutbound();
                }
                channel.shutdownOutput();
            }
        }

        /** Vert.x's last content may be Netty's constant one, which is nobody's to change. */
        private Object withTrailers(Object message) {
            MultiMap added = trailers;
            if (added == null || !(message instanceof LastHttpContent last)) {
                return message;
            }
            trailers = null;
            LastHttpContent changed = last == LastHttpContent.EMPTY_LAST_CONTENT ? new DefaultLastHttpContent() : last;
            for (Map.Entry<String, String> trailer : added) {
                changed.trailingHeaders().add(trailer.getKey(), trailer.getValue());
            }
            return changed;
        }
    }

    final class Decoder extends HttpResponseDecoder {
        private boolean informational;

        private Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
            if (abandoned) {
                in.skipBytes(in.readableBytes());
                return;
            }
            if (switched) {
                if (in.isReadable()) {
                    out.add(new DefaultHttpContent(in.readRetainedSlice(in.readableBytes())));
                }
                return;
            }
            if (asked == null && answer == null) {
                in.skipBytes(in.readableBytes());
                Connections.closeNow(context.channel());
                return;
            }
            super.decode(context, in, out);
            for (int i = 0; i < out.size(); i++) {
                Object item = out.get(i);
                if (item instanceof HttpResponse response) {
                    begun(context, response);
                }
                boolean last = item instanceof LastHttpContent;
                if (informational) {
                    ReferenceCountUtil.release(out.remove(i--));
                    informational = !last;
                } else if (last && switched) {
                    out.remove(i--); // Netty's, of an answer without content
                } else if (last) {
                    ended(context, in.isReadable());
                }
            }
            if (out.size() > 1 && out.get(0) instanceof HttpResponse) {
                // its end came along, and must not follow where its head makes the connection be given up
                context.fireChannelRead(out.remove(0));
                if (abandoned) {
                    out.forEach(ReferenceCountUtil::release);
                    out.clear();
                }
            }
        }

        @Override
        protected AsciiString splitHeaderName(byte[] line, int start, int length) {
            if (line[start + length] != ':') {
                throw new IllegalArgumentException("a blank in the name of a header");
            }
            return super.splitHeaderName(line, start, length);
        }

        private void begun(ChannelHandlerContext context, HttpResponse response) {
            int status = response.status().code();
            boolean good = response.decoderResult().isSuccess();
            switched = good && status == 101 && upgrading && isWebSocket(response.headers());
            upgrading = false;
            informational = good && status >= 100 && status < 200 && status != 101;
            if (!informational) {
                asked = null;
                answer = response;
            }
            if (switched) {
                context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, !encrypted(context));
                // at its own end of a 101 Vert.x would put the connection back into the pool
                response.setStatus(HttpResponseStatus.OK);
                close(response.headers());
            }
        }

        /** Has Vert.x close the connection behind an answer: the first token is what it looks at, when it sees the end. */
        private static void close(HttpHeaders headers) {
            List<String> connection = new ArrayList<>(headers.getAll(HttpHeaderNames.CONNECTION));
            connection.add(0, HttpHeaderValues.CLOSE.toString());
            headers.set(HttpHeaderNames.CONNECTION, connection);
        }

        private static boolean encrypted(ChannelHandlerContext context) {
            return context.pipeline().get(SslHandler.class) != null; // where there is no half-closing
        }

        /** Whether a head agrees to a WebSocket. */
        private static boolean isWebSocket(HttpHeaders headers) {
            String protocol = headers.get(HttpHeaderNames.UPGRADE);
            return protocol != null
                    && protocol.equalsIgnoreCase("websocket")
                    && headers.getAll(HttpHeaderNames.CONNECTION).stream()
                            .anyMatch(connection -> HopByHop.lists(connection, "upgrade"));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event instanceof ChannelInputShutdownEvent) {
                tunnelEnded(context);
            }
            super.userEventTriggered(context, event);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
            super.channelWritabilityChanged(context); // Vert.x may have more
            Runnable action = drained;
            if (action != null && context.channel().isWritable()) {
                drained = null;
                action.run();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
            inputEnded = true; // and not in order
            super.exceptionCaught(context, cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) throws Exception {
            tunnelEnded(context);
            super.channelInactive(context);
        }

        private void tunnelEnded(ChannelHandlerContext context) {
            if (switched && !inputEnded && !abandoned) {
                inputEnded = true;
                context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
                context.fireChannelReadComplete(); // until then Vert.x flushes nothing
            }
        }

        private void ended(ChannelHandlerContext context, boolean more) {
            HttpResponse whole = answer;
            answer = null;
            if (whole != null && (more || !KeptConnections.mayStay(context.channel()))) {
                close(whole.headers());
            }
        }

        private static boolean switches(HttpMessage message) {
            return message instanceof HttpResponse response && response.status().code() == 101;
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            return HttpMethod.HEAD.equals(asked) || switches(message) || super.isContentAlwaysEmpty(message);
        }
    }
}
