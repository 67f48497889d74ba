package io.gatehouse.core.server;

import io.gatehouse.core.exchange.Pace;
import io.gatehouse.core.exchange.Sweeper;
import io.gatehouse.core.exchange.Watched;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.ShutdownEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection that speaks HTTP/2. It
 *
 * <ul>
 *   <li>makes a {@link ClientStream} of each request and brings it to the front door;
 *   <li>bounds what a client may ask for: streams, resets, header bytes, empty and continued frames;
 *   <li>keeps the time: for the preface, for a head that has begun, between two requests;
 *   <li>ends in two steps: the client hears that no new request is welcome, and what is under way ends first.
 * </ul>
 *
 * <p>It takes the place of the codec of HTTP/1; Vert.x's handler stays behind it for the connection's beginning and end.
 * Event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of Netty's: what could not be written shows in the streams
final class ClientStreams extends Http2ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ClientStreams.class);

    static final int MAX_STREAMS = 100;

    /** What all streams of a connection together may send before somebody takes it; one alone has 64 KiB. */
    private static final int CONNECTION_WINDOW = 1024 * 1024;

    /** So many resets, the client's own or those that it provokes, in so many seconds: nobody needs more. */
    private static final int MAX_RESETS = 200;

    private static final int RESETS_SECONDS = 30;
    private static final int MAX_SMALL_CONTINUATIONS = 16;
    private static final int MAX_EMPTY_DATA = 8;

    /** How long a closing connection may take to tell the client. */
    private static final long CLOSE_MILLIS = 1000;

    /** How long a client has to answer a ping that asks whether it has heard that the connection is about to end. */
    private static final long FAREWELL_NANOS = 1_000_000_000L;

    private static final int REMEMBERED = 512;

    private static final long FAREWELL = 0x676f6f64627965L;

    private final HttpConnection connection;
    private final @Nullable String serverName;
    private final FrontDoor door;
    private final Limits limits;
    private final Sweeper sweeper;
    private final Pace sendPace;
    private final Http2Connection.PropertyKey key;
    private final FrameBounds bounds = new FrameBounds();
    private final Timer head = new Timer(this::headIsLate);
    private final Timer idle = new Timer(this::idleForTooLong);
    private final Timer farewell = new Timer(this::lastStreamIsKnown);
    private @Nullable ChannelHandlerContext context;
    private @Nullable Peer peer;
    private boolean reading;
    private boolean flushPlanned;
    private int[] resets = {};
    private int nextReset;
    private int givenUp;
    private long givenUpSince;
    private final List<ClientStream> postponed = new ArrayList<>(0);
    private boolean breaksOff;
    private boolean stopping;

    private ClientStreams(
            Builder from, Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
        super(decoder, encoder, settings);
        this.connection = from.connection;
        this.serverName = ServerNames.of(from.connection);
        this.door = from.door;
        this.limits = from.limits;
        this.sweeper = from.sweeper;
        this.sendPace = limits.sendPace();
        this.key = connection().newKey();
    }

    /** Takes the place of the codec of HTTP/1 on a connection. */
    static void accept(HttpConnection connection, FrontDoor door, Limits limits, Sweeper sweeper) {
        ClientStreams own = new Builder(connection, door, limits, sweeper).make();
        Channel channel = ((ConnectionBase) connection).channel();
        ChannelPipeline pipeline = channel.pipeline();
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        pipeline.remove("httpEncoder");
        pipeline.replace("httpDecoder", "http2", own);
    }

    private static final class Builder extends AbstractHttp2ConnectionHandlerBuilder<ClientStreams, Builder> {
        private final HttpConnection connection;
        private final FrontDoor door;
        private final Limits limits;
        private final Sweeper sweeper;

        Builder(HttpConnection connection, FrontDoor door, Limits limits, Sweeper sweeper) {
            this.connection = connection;
            this.door = door;
            this.limits = limits;
            this.sweeper = sweeper;
        }

        ClientStreams make() {
            return server(true)
                    .initialSettings(Http2Settings.defaultSettings()
                            .maxConcurrentStreams(MAX_STREAMS)
                            .maxHeaderListSize(limits.headBytes()))
                    .decoderEnforceMaxRstFramesPerWindow(0, 0) // counted where it is known what was reset
                    .encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESETS_SECONDS)
                    .decoderEnforceMaxSmallContinuationFrames(MAX_SMALL_CONTINUATIONS)
                    .decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_DATA)
                    .gracefulShutdownTimeoutMillis(CLOSE_MILLIS)
                    .build();
        }

        @Override
        protected ClientStreams build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            ClientStreams made = new ClientStreams(this, decoder, encoder, settings);
            decoder.frameListener(made.new Frames());
            made.connection().addListener(made.new Lives());
            encoder.flowController().listener(made::writabilityChanged);
            return made;
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
        context = ctx;
        super.handlerAdded(ctx);
        // from the start, and not only from when the client says that it has read them
        connection().remote().maxActiveStreams(MAX_STREAMS);
        Http2Stream whole = connection().connectionStream();
        decoder()
                .flowController()
                .incrementWindowSize(
                        whole, CONNECTION_WINDOW - decoder().flowController().windowSize(whole));
        head.start(limits.headNanos());
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext known = context;
        if (known == null) {
            throw new IllegalStateException("not on a connection");
        }
        return known;
    }

    private @Nullable ClientStream of(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(key);
    }

    // ---- what streams need

    HttpConnection httpConnection() {
        return connection;
    }

    @Nullable
    String serverName() {
        return serverName;
    }

    Peer peer(Forwarding forwarding) {
        Peer known = peer;
        if (known == null) {
            known = forwarding.peer(connection);
            peer = known;
        }
        return known;
    }

    ChannelPromise promise() {
        return context().newPromise();
    }

    void writeHeaders(Http2Stream stream, Http2Headers headers, boolean last, ChannelPromise promise) {
        encoder().writeHeaders(context(), stream.id(), headers, 0, last, promise);
        flushSoon();
    }

    void writeData(Http2Stream stream, ByteBuf data, boolean last, ChannelPromise promise) {
        encoder().writeData(context(), stream.id(), data, 0, last, promise);
        flushSoon();
    }

    void reset(Http2Stream stream, Http2Error why) {
        if (connection().stream(stream.id()) == stream) {
            resetStream(context(), stream.id(), why.code(), context().newPromise());
            flushSoon();
        }
    }

    boolean isWritable(Http2Stream stream) {
        return encoder().flowController().isWritable(stream);
    }

    /** Somebody took bytes of a body: the client may send as many more. */
    void consumed(Http2Stream stream, int bytes) {
        if (connection().stream(stream.id()) != stream) {
            return; // Netty has given them back when the stream was closed
        }
        try {
            if (decoder().flowController().consumeBytes(stream, bytes)) {
                flushSoon();
            }
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    /** Changes whenever the client takes something of an answer. */
    long progress(Http2Stream stream) {
        ChannelOutboundBuffer buffer = context().channel().unsafe().outboundBuffer();
        long unsent = buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
        int window = connection().stream(stream.id()) == stream
                ? encoder().flowController().windowSize(stream)
                : 0;
        return unsent * Integer.MAX_VALUE + window;
    }

    /** Bytes of an answer that left for the client, of which it has granted so many beside those of every stream. */
    long sent(Http2Stream stream, long granted) {
        if (connection().stream(stream.id()) != stream) {
            return 0;
        }
        Http2RemoteFlowController flow = encoder().flowController();
        return flow.initialWindowSize() + granted - flow.windowSize(stream);
    }

    Pace sendPace() {
        return sendPace;
    }

    Limits limits() {
        return limits;
    }

    /** Whether the gateway is about to stop. */
    boolean isStopping() {
        return stopping;
    }

    void watch(Watched stream, long now, long atMost) {
        sweeper.add(stream, now + Math.min(limits.sendNanos(), atMost));
    }

    /** Watches for so long, whatever the client may take of an answer. */
    void watch(Watched stream, long nanos) {
        sweeper.add(stream, System.nanoTime() + nanos);
    }

    /** Whether half of the streams that there may be are there. */
    boolean isCrowded() {
        return connection().numActiveStreams() > MAX_STREAMS / 2;
    }

    void unwatch(Watched stream) {
        sweeper.remove(stream);
    }

    /** A stream was given up since the client takes nothing: if the whole connection is stuck, nothing will reach it. */
    void stuck() {
        Channel channel = context().channel();
        if (!channel.isWritable()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.unsafe().closeForcibly();
        }
    }

    /** What is written in one turn of the loop leaves together. */
    private void flushSoon() {
        if (!flushPlanned && !reading) {
            flushPlanned = true;
            context().executor().execute(() -> {
                flushPlanned = false;
                flush(context());
            });
        }
    }

    private void writabilityChanged(Http2Stream stream) {
        ClientStream own = of(stream);
        if (own != null) {
            own.writabilityChanged();
        }
    }

    // ---- what comes in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        reading = true;
        int before = bounds.units();
        if (message instanceof ByteBuf bytes) {
            bounds.read(bytes);
        }
        if (!bounds.isOpen()) {
            head.stop();
        } else if (!head.isRunning() || bounds.units() != before) {
            head.start(limits.headNanos()); // each has its own time
        }
        super.channelRead(ctx, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        reading = false;
        super.channelReadComplete(ctx);
    }

    private final class Frames extends Http2FrameAdapter {
        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean last)
                throws Http2Exception {
            Http2Stream stream = connection().stream(streamId);
            ClientStream known = of(stream);
            if (known != null) {
                known.receivedAll(StreamHead.trailers(streamId, headers, limits.maxHeaders()));
                return;
            }
            StreamHead read = StreamHead.of(streamId, headers, limits.maxHeaders());
            ClientStream begun = new ClientStream(ClientStreams.this, stream, read, !last);
            stream.setProperty(key, begun);
            Refusal refusal = read.refusal();
            if (refusal != null) {
                door.invalid(begun, refusal);
            } else if (breaksOff) {
                postpone(begun);
            } else {
                door.handle(begun);
            }
        }

        @Override
        public void onHeadersRead(
                ChannelHandlerContext ctx,
                int streamId,
                Http2Headers headers,
                int dependency,
                short weight,
                boolean exclusive,
                int padding,
                boolean last)
                throws Http2Exception {
            onHeadersRead(ctx, streamId, headers, padding, last);
        }

        @Override
        public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean last) {
            ClientStream stream = of(connection().stream(streamId));
            if (stream == null) {
                return data.readableBytes() + padding;
            }
            int taken = stream.received(data);
            if (last) {
                stream.receivedAll(null);
            }
            return taken + padding;
        }

        @Override
        public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) throws Http2Exception {
            remember(-streamId);
            ClientStream stream = of(connection().stream(streamId));
            boolean answered = stream != null && stream.isAnswered();
            if (stream != null) {
                breaksOff |= !stream.headSent();
                stream.gone("reset");
            }
            if (!answered) {
                givenUp();
            }
        }

        /** The client wants no answer any more. Who is answered before the request has ended may well reset its rest. */
        private void givenUp() throws Http2Exception {
            long now = System.nanoTime();
            if (givenUp == 0 || now - givenUpSince >= TimeUnit.SECONDS.toNanos(RESETS_SECONDS)) {
                givenUpSince = now;
                givenUp = 0;
            }
            if (++givenUp > MAX_RESETS) {
                throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too many resets");
            }
        }

        @Override
        public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int increment) {
            ClientStream stream = streamId == 0 ? null : of(connection().stream(streamId));
            if (stream != null) {
                stream.granted(increment);
            }
        }

        @Override
        public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
            if (connection().numActiveStreams() == 0 && !idle.isRunning()) {
                idle.start(limits.idleNanos());
            }
        }

        @Override
        public void onPingAckRead(ChannelHandlerContext ctx, long data) {
            if (data == FAREWELL) {
                lastStreamIsKnown();
            }
        }
    }

    /**
     * A client that has broken off a request before its answer may be doing that with all of them: its next ones begin when
     * what has been read so far is dealt with, so that those which it has given up by then cost nobody anything.
     */
    private void postpone(ClientStream begun) {
        begun.pause();
        postponed.add(begun);
        if (postponed.size() == 1) {
            context().executor().execute(this::beginPostponed);
        }
    }

    private void beginPostponed() {
        List<ClientStream> all = List.copyOf(postponed);
        postponed.clear();
        for (ClientStream next : all) {
            if (next.isClosed()) {
                door.malformed();
            } else {
                door.handle(next);
            }
        }
    }

    /** How streams begin and end. */
    private final class Lives extends Http2ConnectionAdapter {
        @Override
        public void onStreamActive(Http2Stream stream) {
            idle.stop();
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            if (stream.isResetSent()) {
                remember(stream.id());
            }
            ClientStream own = of(stream);
            if (own != null) {
                own.gone("closed");
            }
        }

        @Override
        public void onStreamRemoved(Http2Stream stream) {
            if (connection().numActiveStreams() == 0) {
                if (stopping && !farewell.isRunning()) {
                    context().close();
                } else {
                    idle.start(limits.idleNanos());
                }
            }
        }
    }

    @Override
    protected void onStreamError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, Http2Exception.StreamException error) {
        LOG.debug("stream of a client is in error: outbound={}", outbound, cause);
        int id = error.streamId();
        ClientStream stream = of(connection().stream(id));
        if (stream != null) {
            breaksOff |= !stream.headSent();
            stream.gone("protocol_error");
        } else if (!outbound && error.error() == Http2Error.STREAM_CLOSED) {
            late(ctx, error);
            return;
        } else if (!outbound) {
            door.malformed();
            remember(id);
        }
        super.onStreamError(ctx, outbound, cause, isSecondHead(stream, error) ? closedStream(id) : error);
    }

    /** A frame has come for a stream that is over. */
    private void late(ChannelHandlerContext ctx, Http2Exception.StreamException error) {
        int id = error.streamId();
        if (isReset(id)) {
            return;
        }
        if (isReset(-id)) {
            remember(id); // one word is enough
            resetStream(ctx, id, error.error().code(), ctx.newPromise());
        } else {
            onError(ctx, false, Http2Exception.connectionError(error.error(), error, "stream %d is over", id));
        }
    }

    /** The head is so long that Netty makes none of it, and resets the stream once it is answered. */
    @Override
    protected void handleServerHeaderDecodeSizeError(ChannelHandlerContext ctx, Http2Stream stream) {
        Http2Headers answer = ClientStream.status(Refusal.TOO_MANY.status()).add("date", door.date());
        encoder().writeHeaders(ctx, stream.id(), answer, 0, true, ctx.newPromise());
    }

    /** A head on a stream whose request has come whole: Netty says only that it is one too many. */
    private static boolean isSecondHead(@Nullable ClientStream stream, Http2Exception.StreamException error) {
        return stream != null
                && stream.hasCome()
                && String.valueOf(error.getMessage()).contains("too many headers");
    }

    private static Http2Exception.StreamException closedStream(int id) {
        return (Http2Exception.StreamException)
                Http2Exception.streamError(id, Http2Error.STREAM_CLOSED, "stream %d has ended", id);
    }

    /**
     * Frames for a stream that was reset here may be on their way still, and are no fault of the client. Those that follow its
     * own reset are, but of that stream alone: grpc-java sends the rest of a request that was answered early.
     *
     * @param id of the stream; negative when it was the client that has reset it
     */
    private void remember(int id) {
        if (resets.length == 0) {
            resets = new int[REMEMBERED];
        }
        resets[nextReset] = id;
        nextReset = (nextReset + 1) % REMEMBERED;
    }

    private boolean isReset(int id) {
        for (int reset : resets) {
            if (reset == id) {
                return true;
            }
        }
        return false;
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception error) {
        if (error == null && !(cause instanceof IOException)) {
            LOG.error("a connection of HTTP/2 failed", cause); // not the client's fault, whatever it sent
        } else {
            LOG.debug("connection of a client is in error: outbound={}", outbound, cause);
        }
        super.onConnectionError(ctx, outbound, cause, error);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        head.stop();
        idle.stop();
        farewell.stop();
    }

    // ---- time, and the end

    /** A head, or any frame but of a body, is not to take for ever. */
    private void headIsLate() {
        goAway(
                context(),
                connection().remote().lastStreamCreated(),
                Http2Error.ENHANCE_YOUR_CALM.code(),
                Unpooled.EMPTY_BUFFER,
                promise());
        flush(context());
        context().close();
    }

    private void idleForTooLong() {
        context().channel().close();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof ShutdownEvent) {
            stopSoon();
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    /** Tells the client to make no new streams; those that are on their way are still served. */
    private void stopSoon() {
        if (stopping) {
            return;
        }
        stopping = true;
        if (connection().numActiveStreams() == 0 && !prefaceCame()) {
            context().close();
            return;
        }
        goAway(context(), Integer.MAX_VALUE, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, promise());
        encoder().writePing(context(), false, FAREWELL, promise());
        farewell.start(FAREWELL_NANOS);
        hurry();
        flushSoon();
    }

    /** Requests that are answered are not to be waited for longer than needed. */
    private void hurry() {
        try {
            connection().forEachActiveStream(stream -> {
                ClientStream own = of(stream);
                if (own != null) {
                    own.linger();
                }
                return true;
            });
        } catch (Http2Exception e) {
            onError(context(), true, e);
        }
    }

    private boolean prefaceCame() {
        return decoder().prefaceReceived();
    }

    /** What the client has sent before it heard of the end has come by now. */
    private void lastStreamIsKnown() {
        if (!stopping) {
            return;
        }
        farewell.stop();
        goAway(
                context(),
                connection().remote().lastStreamCreated(),
                Http2Error.NO_ERROR.code(),
                Unpooled.EMPTY_BUFFER,
                promise());
        flushSoon();
        if (connection().numActiveStreams() == 0) {
            context().close();
        }
    }

    private final class Timer extends Watched {
        private final Runnable action;
        private boolean running;

        Timer(Runnable action) {
            this.action = action;
        }

        boolean isRunning() {
            return running;
        }

        void start(long nanos) {
            running = true;
            sweeper.add(this, System.nanoTime() + nanos);
        }

        void stop() {
            if (running) {
                running = false;
                sweeper.remove(this);
            }
        }

        @Override
        protected void expired() {
            running = false;
            action.run();
        }
    }
}
