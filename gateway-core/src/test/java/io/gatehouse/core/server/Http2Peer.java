package io.gatehouse.core.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.CharsetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;

/** An upstream that speaks HTTP/2 without TLS, frame by frame, as it is told to. */
@NullUnmarked
@SuppressWarnings({"FutureReturnValueIgnored", "JdkObsolete"
}) // what is not written fails a test; which reads meanwhile
final class Http2Peer implements AutoCloseable {
    /** One stream as it came. */
    final class Stream {
        final Channel channel;
        final int number;
        private final ChannelHandlerContext context;
        private final Http2FrameStream stream;
        final Map<String, String> headers = new ConcurrentHashMap<>();
        final Map<String, String> trailers = new ConcurrentHashMap<>();
        final StringBuffer body = new StringBuffer();
        final AtomicLong written = new AtomicLong();
        volatile boolean ended;
        volatile long reset = -1;

        private Stream(ChannelHandlerContext context, Http2FrameStream stream) {
            this.context = context;
            this.channel = context.channel();
            this.stream = stream;
            this.number = streams.size();
        }

        void head(String status, boolean end, String... headers) {
            Http2Headers head = new DefaultHttp2Headers().status(status);
            for (int i = 0; i < headers.length; i += 2) {
                head.add(headers[i], headers[i + 1]);
            }
            if (!minding) {
                try {
                    channel.pipeline()
                            .get(Http2FrameCodec.class)
                            .encoder()
                            .configuration()
                            .headersConfiguration()
                            .maxHeaderListSize(Http2CodecUtil.MAX_HEADER_LIST_SIZE);
                } catch (Http2Exception e) {
                    throw new AssertionError(e);
                }
            }
            context.writeAndFlush(new DefaultHttp2HeadersFrame(head, end).stream(stream));
        }

        void trailers(String... trailers) {
            Http2Headers last = new DefaultHttp2Headers();
            for (int i = 0; i < trailers.length; i += 2) {
                last.add(trailers[i], trailers[i + 1]);
            }
            context.writeAndFlush(new DefaultHttp2HeadersFrame(last, true).stream(stream));
        }

        void data(String text, boolean end) {
            context.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer(text, CharsetUtil.ISO_8859_1), end)
                            .stream(stream))
                    .addListener(sent -> written.addAndGet(sent.isSuccess() ? text.length() : 0));
        }

        void reset(long code) {
            context.writeAndFlush(new DefaultHttp2ResetFrame(code).stream(stream));
        }

        /** Tells that streams up to this number are served, from 1 on, and no later one. */
        void goAway(int lastTaken) {
            Http2FrameCodec codec = channel.pipeline().get(Http2FrameCodec.class);
            ChannelHandlerContext below = channel.pipeline().context(codec);
            codec.encoder().writeGoAway(below, lastTaken, 0, Unpooled.EMPTY_BUFFER, below.newPromise());
            below.flush();
        }

        /** Ends this stream with an answer, and says in the same breath that no later one is served. */
        void lastAnswer(int number) {
            context.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), true).stream(stream));
            goAway(number);
        }

        /** Whatever comes on this connection is not heard any more. */
        void deafen() {
            channel.pipeline().addFirst(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ReferenceCountUtil.release(message);
                }
            });
        }
    }

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;
    final List<Stream> streams = new CopyOnWriteArrayList<>();
    final List<Channel> connections = new CopyOnWriteArrayList<>();
    volatile boolean takesBodies = true;
    /** Whether it keeps to the length of heads that its peers allow. */
    volatile boolean minding = true;

    /**
     * Starts one.
     *
     * @param settings what it allows its peers
     * @param script called with each stream at its head, at each piece of its body, and when the peer has reset it
     */
    Http2Peer(Http2Settings settings, Consumer<Stream> script) throws InterruptedException {
        server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forServer()
                                                .initialSettings(settings)
                                                .build(),
                                        new Frames(script));
                    }
                })
                .bind("127.0.0.1", 0)
                .sync()
                .channel();
    }

    Http2Peer(Consumer<Stream> script) throws InterruptedException {
        this(Http2Settings.defaultSettings(), script);
    }

    int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    Stream stream(int number) {
        Rig.await(() -> streams.size() > number, () -> "streams: " + streams.size());
        return streams.get(number);
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Frames extends ChannelInboundHandlerAdapter {
        private final Consumer<Stream> script;
        private final Map<Http2FrameStream, Stream> known = new HashMap<>();

        private Frames(Consumer<Stream> script) {
            this.script = script;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            try {
                if (message instanceof Http2StreamFrame frame) {
                    read(context, frame);
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private void read(ChannelHandlerContext context, Http2StreamFrame frame) {
            Stream stream = known.get(frame.stream());
            if (stream == null) {
                stream = new Stream(context, frame.stream());
                known.put(frame.stream(), stream);
            }
            if (frame instanceof Http2HeadersFrame head) {
                Map<String, String> into = stream.headers.isEmpty() ? stream.headers : stream.trailers;
                head.headers()
                        .forEach(field -> into.merge(
                                field.getKey().toString(),
                                field.getValue().toString(),
                                (one, two) -> one + ", " + two));
                stream.ended = head.isEndStream();
                if (into == stream.headers) {
                    streams.add(stream);
                }
            } else if (frame instanceof Http2DataFrame data) {
                stream.body.append(data.content().toString(CharsetUtil.ISO_8859_1));
                stream.ended = data.isEndStream();
                if (takesBodies) {
                    context.writeAndFlush(new DefaultHttp2WindowUpdateFrame(data.initialFlowControlledBytes())
                            .stream(frame.stream()));
                }
            } else if (frame instanceof Http2ResetFrame reset) {
                stream.reset = reset.errorCode();
            } else {
                return;
            }
            script.accept(stream);
        }
    }
}
