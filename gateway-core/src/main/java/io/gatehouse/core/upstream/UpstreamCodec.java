package io.gatehouse.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1 with an upstream that is not trusted to keep to it. Beyond Netty's own client codec it sees to it that
 *
 * <ul>
 *   <li>bytes behind an answer, or without a request, end the connection: they would be read as the answer to the next
 *       request, perhaps another client's;
 *   <li>informational answers, however many, are not taken for the answer;
 *   <li>a request's trailers are sent, for which Vert.x has no means.
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
            }
            super.write(context, withTrailers(message), promise);
            if (!promise.isVoid()) { // those of a void one reach the connection as an exception, and end it
                promise.addListener(RESET_WHEN_LOST);
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
            if (asked == null && answer == null) {
                in.skipBytes(in.readableBytes());
                Connections.closeNow(context.channel());
                return;
            }
            super.decode(context, in, out);
            for (int i = 0; i < out.size(); i++) {
                Object item = out.get(i);
                if (item instanceof HttpResponse response) {
                    begun(response);
                }
                boolean last = item instanceof LastHttpContent;
                if (informational) {
                    ReferenceCountUtil.release(out.remove(i--));
                    informational = !last;
                } else if (last) {
                    ended(in.isReadable());
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

        private void begun(HttpResponse response) {
            int status = response.status().code();
            informational = status >= 100 && status < 200 && status != 101;
            if (!informational) {
                asked = null;
                answer = response;
            }
        }

        private void ended(boolean more) {
            HttpResponse whole = answer;
            answer = null;
            if (more && whole != null) {
                // read by Vert.x when it has seen the end: the connection is closed instead of kept
                whole.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            }
        }

        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            return HttpMethod.HEAD.equals(asked) || super.isContentAlwaysEmpty(message);
        }
    }
}
