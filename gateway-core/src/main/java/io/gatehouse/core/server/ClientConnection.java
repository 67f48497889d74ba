package io.gatehouse.core.server;

import io.gatehouse.core.exchange.ClientLine;
import io.gatehouse.core.exchange.ClientPort;
import io.gatehouse.core.exchange.LiveExchange;
import io.gatehouse.core.exchange.SocketClient;
import io.gatehouse.core.exchange.StatusLines;
import io.gatehouse.core.exchange.Sweeper;
import io.gatehouse.core.exchange.Watched;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.ShutdownEvent;
import io.vertx.core.streams.ReadStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's own eyes and hands on a client's connection, in front of Vert.x's handler. It
 *
 * <ul>
 *   <li>lets one request at a time through: what is pipelined waits here, and is released when the client leaves;
 *   <li>keeps the time: for a head to come, for the next request, for a client to take its answer;
 *   <li>tells the exchange at once when the client is gone or sends no HTTP any more;
 *   <li>ends connections such that the client gets its answer (it reads on for a while what the client still sends), or
 *       such that it cannot take half an answer for a whole one.
 * </ul>
 *
 * <p>Event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of Netty's: that a connection has closed is told by channelInactive
final class ClientConnection extends ChannelDuplexHandler implements ClientLine, ClientSide {
    /** Its name in the pipeline. */
    static final String NAME = "gatehouse";

    private static final int UPGRADE_REQUIRED = HttpResponseStatus.UPGRADE_REQUIRED.code();

    private static final AttributeKey<ClientConnection> KEY = AttributeKey.valueOf(ClientConnection.class, "line");

    /** What may wait behind a request that is not answered yet before no more is read. */
    private static final long HELD_LIMIT = 64 * 1024;

    /** How often a client that has sent its last byte is asked whether it is still there. */
    private static final long PROBE_NANOS = 200_000_000L;

    /** What the time is kept for. */
    private enum Waiting {
        NOTHING,
        NEXT_REQUEST,
        HEAD,
        DISCARD,
        PROBE,
        SENDING,
        LINGER
    }

    private final HttpConnection connection;
    private final @Nullable String serverName;
    private final Limits limits;
    private final Unwanted unwanted;
    private final Clock clock;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ArrayDeque<Object> held;
    private long heldBytes;
    private @Nullable HttpServerRequest request;
    private @Nullable Peer peer;
    private @Nullable LiveExchange exchange;
    private @Nullable MultiMap trailers;
    private boolean receiving;
    private boolean answering;
    private boolean committed;
    private boolean probable;
    private boolean inputEnded;
    private boolean ending;
    private boolean discarding;
    private boolean closeAfterAnswer;
    private boolean refused;
    private boolean stopping;
    private boolean broken;
    private boolean stoppedReading;
    private @Nullable ChannelPromise lingering;
    private @Nullable Runnable drained;
    private boolean headBegun;
    private long unsent;
    private long allowance;
    private long slowSince;
    private @Nullable StrictDecoder decoder;
    private boolean upgrading;
    private boolean tunnel;

    /** A piece that could not be sent, for want of memory say: the next ones would make an answer that looks whole. */
    private final ChannelFutureListener cutWhenLost = sent -> {
        if (!sent.isSuccess()) {
            cut(true);
        }
    };

    private ClientConnection(HttpConnection connection, Limits limits, Sweeper sweeper) {
        this.connection = connection;
        this.serverName = ServerNames.of(connection);
        this.limits = limits;
        this.unwanted = new Unwanted(limits);
        this.clock = new Clock(sweeper);
    }

    /** Takes its place on a new connection. */
    static void accept(HttpConnection connection, HttpServerOptions options, Limits limits, Sweeper sweeper) {
        ClientConnection own = new ClientConnection(connection, limits, sweeper);
        ChannelPipeline pipeline = ((ConnectionBase) connection).channel().pipeline();
        pipeline.channel().attr(KEY).set(own);
        StrictDecoder decoder = new StrictDecoder(options, own::bytesCame, limits.maxHeaders());
        own.decoder = decoder;
        pipeline.replace("httpDecoder", "httpDecoder", decoder);
        pipeline.addBefore("handler", NAME, own);
        if (pipeline.get(SslHandler.class) == null) { // under TLS there is no half-closing
            pipeline.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }
        own.clock.start(Waiting.HEAD, limits.headNanos());
    }

    /** The connection that a request came on. */
    static ClientConnection of(HttpServerRequest request) {
        return ((ConnectionBase) request.connection()).channel().attr(KEY).get();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    /** The client speaks another version of HTTP. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        clock.stop();
    }

    private ChannelHandlerContext context() {
        ChannelHandlerContext known = context;
        if (known == null) {
            throw new IllegalStateException("not on a connection");
        }
        return known;
    }

    // ---- what the front door says

    @Override
    public Peer peer(Forwarding forwarding) {
        Peer known = peer;
        if (known == null) {
            known = forwarding.peer(connection);
            peer = known;
        }
        return known;
    }

    /** A request is on its way: its body can be given up. */
    ClientConnection begins(HttpServerRequest current) {
        request = current;
        return this;
    }

    private HttpServerRequest request() {
        HttpServerRequest current = request;
        if (current == null) {
            throw new IllegalStateException("no request is under way");
        }
        return current;
    }

    @Override
    public io.vertx.core.http.HttpMethod method() {
        return request().method();
    }

    @Override
    public String target() {
        return request().uri();
    }

    @Override
    public MultiMap headers() {
        return request().headers();
    }

    @Override
    public io.vertx.core.http.HttpVersion version() {
        return request().version();
    }

    @Override
    public boolean tls() {
        return connection.isSsl();
    }

    @Override
    public @Nullable String serverName() {
        return serverName;
    }

    @Override
    public HttpConnection connection() {
        return connection;
    }

    @Override
    public boolean bodyFollows() {
        return false; // a length or a transfer coding tells
    }

    @Override
    public ReadStream<Buffer> body() {
        return request();
    }

    @Override
    public ClientPort port(StrictHead head) {
        SocketClient client = new SocketClient(request(), this);
        if (head.closes()) {
            closeAfterAnswer();
        }
        if (head.takesTrailers()) {
            client.takesTrailers();
        }
        if (head.expectsContinue()) {
            client.waitsForContinue();
        }
        return client;
    }

    @Override
    public void refuse(int status, MultiMap headers, Buffer body) {
        SocketClient.refuse(request(), this, status, headers, body);
    }

    @Override
    public void distrust() {
        closeAfterAnswer();
    }

    @Override
    public void serves(LiveExchange current) {
        exchange = current;
    }

    @Override
    public void served() {
        exchange = null;
        drained = null;
        if (tunnel) {
            context().channel().close();
        }
    }

    @Override
    public boolean upgrades() {
        return upgrading;
    }

    @Override
    public @Nullable MultiMap trailers() {
        return trailers;
    }

    /** The gateway is about to stop: this connection is not to be waited for longer than needed. */
    private void stopSoon() {
        stopping = true;
        closeAfterAnswer = true;
        if (clock.waiting == Waiting.LINGER || clock.waiting == Waiting.DISCARD) {
            readOn(clock.waiting);
        }
    }

    /** Reads it and drops it, up to a limit. */
    @Override
    public void discardRest() {
        discarding = true;
        HttpServerRequest current = request;
        if (current != null) {
            current.resume(); // what Vert.x has of it goes the way of all that nobody reads
        }
    }

    // ---- what an exchange says

    @Override
    public boolean closesAfterAnswer() {
        return closeAfterAnswer;
    }

    @Override
    public void closeAfterAnswer() {
        closeAfterAnswer = true;
    }

    @Override
    public boolean isFull() {
        Channel channel = context().channel();
        return channel.isActive() && !channel.isWritable();
    }

    @Override
    public void onDrain(Runnable action) {
        drained = action;
    }

    @Override
    public void cut(boolean hard) {
        ChannelHandlerContext ctx = context();
        if (!ctx.channel().isActive()) {
            return;
        }
        answering = true; // whatever else comes in goes nowhere
        refused = true;
        if (hard) {
            ctx.flush();
            reset();
        } else {
            // what was sent so far still goes out, as long as the client takes it
            ending = true;
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
                ending = false;
                ctx.close();
            });
            if (ending) {
                clock.stop();
                watchSending();
            }
        }
    }

    /** Ends the connection with a reset: past TLS, which would end it politely. */
    private void reset() {
        Channel channel = context().channel();
        if (!channel.isOpen()) {
            return; // the exchange, told of it, has done so
        }
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            context().close();
        } else {
            channel.pipeline().context(tls).close();
        }
    }

    // ---- what comes in

    /** Bytes came, whatever they will turn out to be. */
    private void bytesCame() {
        if (!headBegun) {
            headBegun = true;
            if (clock.waiting == Waiting.NEXT_REQUEST) {
                clock.start(Waiting.HEAD, limits.headNanos());
            }
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (refused || !ctx.channel().isActive()) {
            unwanted.came(size(message));
            ReferenceCountUtil.release(message);
        } else if (held != null && !held.isEmpty() || message instanceof HttpRequest && (answering || receiving)) {
            hold(ctx, message);
        } else {
            take(ctx, message);
        }
    }

    private void hold(ChannelHandlerContext ctx, Object message) {
        if (held == null) {
            held = new ArrayDeque<>();
        }
        held.add(message);
        heldBytes += size(message);
        if (heldBytes > HELD_LIMIT && !stoppedReading) {
            stoppedReading = true;
            ctx.channel().config().setAutoRead(false);
        }
    }

    private static int size(Object message) {
        return message instanceof HttpContent content ? content.content().readableBytes() : 512;
    }

    private void takeHeld() {
        ChannelHandlerContext ctx = context();
        ArrayDeque<Object> waiting = held;
        while (waiting != null && !waiting.isEmpty()) {
            if (waiting.peek() instanceof HttpRequest && (answering || receiving)) {
                break;
            }
            Object message = waiting.remove();
            heldBytes -= size(message);
            if (stoppedReading && heldBytes <= HELD_LIMIT) {
                stoppedReading = false;
                ctx.channel().config().setAutoRead(true); // now: Vert.x may have its own reasons not to read on
            }
            take(ctx, message);
        }
        ctx.fireChannelReadComplete();
        if (inputEnded && answering) {
            inputEnded(ctx);
        }
    }

    private void releaseHeld() {
        if (held != null) {
            held.forEach(ReferenceCountUtil::release);
            held.clear();
        }
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest head) {
            clock.stop();
            receiving = head.decoderResult().isSuccess();
            refused = !receiving; // nothing that comes after it is HTTP
            answering = true;
            committed = false;
            upgrading = decoder != null && decoder.isHandshake(head);
            probable = head.protocolVersion().equals(HttpVersion.HTTP_1_1);
            discarding = false;
            unwanted.restart();
            slowSince = 0;
            trailers = null;
            ctx.fireChannelRead(message);
        } else if (message instanceof HttpContent content) {
            takeContent(ctx, content);
        } else {
            ctx.fireChannelRead(message);
        }
    }

    private void takeContent(ChannelHandlerContext ctx, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            content.release();
            requestBroken(Refusal.BAD_REQUEST, "invalid_request");
            return;
        }
        boolean last = content instanceof LastHttpContent;
        if (last) {
            receiving = false;
            headBegun = false;
            keepTrailers(((LastHttpContent) content).trailingHeaders());
        }
        if (!discarding) {
            ctx.fireChannelRead(content);
        } else {
            unwanted.came(content.content().readableBytes());
            content.release();
            if (last) {
                ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            } else if (unwanted.isTooMuch()) {
                closeAfterAnswer = true;
                if (!answering) {
                    ctx.channel().close();
                }
            }
        }
        if (last && !answering) {
            ready();
        }
    }

    /** Vert.x drops them. */
    private void keepTrailers(HttpHeaders came) {
        if (!came.isEmpty()) {
            MultiMap kept = io.vertx.core.http.HttpHeaders.headers();
            for (Map.Entry<String, String> trailer : came) {
                kept.add(trailer.getKey(), trailer.getValue());
            }
            trailers = kept;
        }
    }

    @Override
    public void requestBroken(Refusal why, String reason) {
        refused = true;
        closeAfterAnswer = true;
        LiveExchange current = exchange;
        if (current != null) {
            current.requestBroken(why.status(), why.text(), reason);
        } else if (!answering) {
            context().channel().close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        broken |= exchange != null || cause instanceof IOException;
        gone(inputEnded ? "closed" : "reset");
        ctx.fireExceptionCaught(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        clock.stop();
        gone("closed");
        releaseHeld();
        HttpServerRequest current = request;
        if (current != null) {
            request = null;
            current.resume(); // Vert.x keeps what it has of a paused body, and its buffers, for ever
        }
        ctx.fireChannelInactive();
        if (lingering != null) {
            lingering.trySuccess();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ShutdownEvent) {
            stopSoon();
        } else if (event instanceof ChannelInputShutdownEvent) {
            inputEnded(ctx);
        }
        ctx.fireUserEventTriggered(event);
    }

    /**
     * The client has sent its last byte: it is gone, or it only waits for its answer. As long as no byte of an answer is
     * on its way this is found out, and afterwards only what is in hand is still worth sending.
     */
    private void inputEnded(ChannelHandlerContext ctx) {
        inputEnded = true;
        if (tunnel && decoder != null) {
            decoder.tunnelEnded();
            return;
        }
        if (!answering && held != null && !held.isEmpty()) {
            return; // its next request is taken in a moment, and this looked at again
        }
        boolean waits = answering && !receiving && lingering == null;
        if (!waits || committed && !ending || !committed && !probable) {
            ctx.close();
        } else if (!committed) {
            probe();
        }
    }

    /**
     * Sends what a client that waits must ignore, and what makes the system of one that has left answer with a reset:
     * that is seen as an error of the connection, at the latest when the next probe is written.
     */
    private void probe() {
        ChannelHandlerContext ctx = context();
        clock.start(Waiting.PROBE, PROBE_NANOS);
        ctx.writeAndFlush(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER))
                .addListener(sent -> {
                    if (!sent.isSuccess()) {
                        ctx.close();
                    }
                });
    }

    private void gone(String reason) {
        LiveExchange current = exchange;
        if (current != null) {
            current.clientGone(reason);
        }
    }

    // ---- what goes out

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        boolean interim = message instanceof HttpResponse head && isInterim(head);
        if (!interim && !committed) {
            committed = true;
            if (clock.waiting == Waiting.PROBE) {
                clock.stop();
            }
            if (upgrading && message instanceof HttpResponse head) {
                settle(head);
            }
            if (message instanceof HttpResponse head) {
                if (head.protocolVersion().equals(HttpVersion.HTTP_1_0) && closesAfterAnswer()) {
                    head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE); // Vert.x says keep-alive
                }
                if (head.status().code() == UPGRADE_REQUIRED) {
                    nameUpgrade(head.headers());
                }
                head.setStatus(StatusLines.of(head.status()));
            }
        }
        if (interim || !(message instanceof LastHttpContent)) {
            ctx.write(message, promise);
            if (!promise.isVoid()) { // those of a void one reach the connection as an exception, and end it
                promise.addListener(cutWhenLost);
            }
            return;
        }
        ending = true;
        ChannelPromise written = ctx.newPromise();
        ctx.write(message, written);
        written.addListener(sent -> {
            if (sent.isSuccess()) {
                promise.trySuccess();
            } else {
                cut(true);
                promise.tryFailure(sent.cause());
            }
            answered();
        });
    }

    /** Who says {@code Upgrade} has to name it in {@code Connection}, where Vert.x has set what becomes of the connection. */
    private static void nameUpgrade(HttpHeaders headers) {
        String connection = headers.get(HttpHeaderNames.CONNECTION);
        if (connection != null
                && headers.contains(HttpHeaderNames.UPGRADE)
                && !HttpHeaderValues.UPGRADE.contentEqualsIgnoreCase(connection)) {
            headers.set(HttpHeaderNames.CONNECTION, "Upgrade, " + connection);
        }
    }

    /** The answer to a handshake decides what the client's bytes behind it are. */
    private void settle(HttpResponse head) {
        upgrading = false;
        tunnel = head.status().code() == HttpResponseStatus.SWITCHING_PROTOCOLS.code();
        if (tunnel) {
            // told to Vert.x, so that it lets bytes follow; to Netty, the other would say that none do
            head.headers().remove(HttpHeaderNames.TRANSFER_ENCODING).remove(HttpHeaderNames.SEC_WEBSOCKET_VERSION);
        }
        boolean switched = tunnel;
        StrictDecoder held = decoder;
        if (held != null) {
            context().executor().execute(() -> held.answered(switched)); // Vert.x has to come to its own end first
        }
    }

    private static boolean isInterim(HttpResponse head) {
        return head.status().codeClass() == HttpStatusClass.INFORMATIONAL
                && head.status().code() != HttpResponseStatus.SWITCHING_PROTOCOLS.code();
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        ctx.flush();
        if (ending) {
            watchSending(); // the last byte did not fit: it is waited for, but not for ever
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            if (clock.waiting == Waiting.SENDING && !ending) {
                clock.stop();
            }
        } else {
            watchSending();
        }
        ctx.fireChannelWritabilityChanged(); // Vert.x may have more
        Runnable action = drained;
        if (action != null && ctx.channel().isWritable()) {
            drained = null;
            action.run();
        }
    }

    private void watchSending() {
        if (clock.waiting != Waiting.SENDING && context().channel().isActive()) {
            allowance = allowance();
            unsent = unsent();
            clock.start(Waiting.SENDING, allowance);
        }
    }

    /** How long a client may take nothing. */
    private long allowance() {
        // an answer that was cut off is not worth as much waiting as one that goes on, least of all at the very end
        long most = refused && stopping ? Math.min(Unwanted.STOP_NANOS, limits.sendNanos()) : limits.sendNanos();
        if (!isHurried()) {
            return most;
        }
        long now = System.nanoTime();
        if (slowSince == 0) {
            slowSince = now | 1;
        }
        return Math.min(most, limits.rateGraceNanos() + (now - slowSince));
    }

    /**
     * Whether the client has to take its answer at a rate: it may pause for as long as it has kept up before, and for a
     * while in any case. Only where the system tells what it does with the bytes that it took.
     */
    private boolean isHurried() {
        return limits.sendRate() > 0 && !tunnel && context().channel() instanceof EpollSocketChannel;
    }

    /**
     * How much longer a client is waited for that has used up its time: not at all if it took too little. The system
     * takes many bytes at once and then none for long, since it has room for them; so what it has sent to the client
     * lately counts too, and it sends no trifles.
     */
    private long patience() {
        long now = unsent();
        boolean hurried = isHurried();
        if (hurried ? unsent - now >= limits.sendPace().bytesIn(allowance) : unsent != now) {
            unsent = now;
            return allowance;
        }
        return hurried && context().channel() instanceof EpollSocketChannel socket
                ? allowance - TimeUnit.MILLISECONDS.toNanos(socket.tcpInfo().lastDataSent())
                : 0;
    }

    /** Reads and drops what comes for a while, or until too little comes. */
    private void readOn(Waiting what) {
        clock.start(what, unwanted.linger(stopping));
    }

    /** The last byte of the answer went to the socket, or will never go. */
    private void answered() {
        ending = false;
        if (tunnel) {
            tunnelAnswered();
            return;
        }
        answering = false;
        if (clock.waiting == Waiting.SENDING) {
            clock.stop();
        }
        Channel channel = context().channel();
        if (!channel.isActive() || lingering != null) {
            return;
        }
        if (closeAfterAnswer) {
            channel.close();
        } else if (receiving) {
            if (unwanted.isTooMuch()) {
                channel.close();
            } else {
                readOn(Waiting.DISCARD);
            }
        } else {
            ready();
        }
    }

    /** The upstream has ended its side: the client may still send, until the exchange ends. */
    private void tunnelAnswered() {
        if (clock.waiting == Waiting.SENDING) {
            clock.stop();
        }
        ChannelHandlerContext ctx = context();
        if (ctx.channel().isActive() && lingering == null) {
            endOutput(ctx);
        }
    }

    private static void endOutput(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.closeOutbound();
        }
        if (ctx.channel() instanceof DuplexChannel channel) {
            channel.shutdownOutput();
        }
    }

    /** The connection is free for the next request. */
    private void ready() {
        request = null;
        if (held != null && !held.isEmpty()) {
            context().executor().execute(this::takeHeld); // Vert.x has to come to its own end first
        } else if (inputEnded) {
            context().channel().close();
        } else {
            // a part of the next head may have come already
            clock.start(
                    headBegun ? Waiting.HEAD : Waiting.NEXT_REQUEST,
                    headBegun ? limits.headNanos() : limits.idleNanos());
        }
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        boolean more = receiving || refused || held != null && !held.isEmpty();
        if (lingering != null) {
            lingering.addListener(closed -> promise.trySuccess());
        } else if (more && !broken && ctx.channel().isActive() && ctx.channel() instanceof DuplexChannel channel) {
            linger(ctx, channel, promise);
        } else {
            ctx.close(promise);
        }
    }

    /**
     * Closes in two steps. A socket that is closed with bytes unread resets, and the client may lose the answer that it
     * was just sent: so the last byte is sent first, and what the client still sends is read and dropped for a while.
     */
    private void linger(ChannelHandlerContext ctx, DuplexChannel channel, ChannelPromise promise) {
        lingering = promise;
        refused = true;
        releaseHeld();
        ending = true;
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> {
            ending = false;
            endOutput(ctx);
            channel.config().setAutoRead(true);
            readOn(Waiting.LINGER);
        });
        if (ending) {
            watchSending();
        }
    }

    // ---- time

    private void expired(Waiting waitedFor) {
        Channel channel = context().channel();
        switch (waitedFor) {
            case NOTHING -> {}
            case NEXT_REQUEST -> channel.close();
            case DISCARD, LINGER -> {
                long more = unwanted.patience();
                if (more > 0) {
                    clock.start(waitedFor, more);
                } else {
                    context().close();
                }
            }
            case PROBE -> probe();
            case HEAD -> {
                if (headBegun) {
                    DefaultFullHttpRequest late = new DefaultFullHttpRequest(
                            HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
                    late.setDecoderResult(DecoderResult.failure(Refusal.TOO_SLOW.refused()));
                    take(context(), late);
                    context().fireChannelReadComplete();
                } else {
                    channel.close();
                }
            }
            case SENDING -> {
                long more = patience();
                if (more > 0) {
                    clock.start(Waiting.SENDING, more);
                } else {
                    gone("send_timeout");
                    reset();
                }
            }
        }
    }

    /** Bytes that the socket has not taken yet: changes as long as the client reads. */
    private long unsent() {
        ChannelOutboundBuffer buffer = context().channel().unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
    }

    /** What is waited for, and until when. */
    private final class Clock extends Watched {
        private final Sweeper sweeper;
        private Waiting waiting = Waiting.NOTHING;

        Clock(Sweeper sweeper) {
            this.sweeper = sweeper;
        }

        void start(Waiting what, long nanos) {
            waiting = what;
            sweeper.add(this, System.nanoTime() + nanos);
        }

        void stop() {
            if (waiting != Waiting.NOTHING) {
                waiting = Waiting.NOTHING;
                sweeper.remove(this);
            }
        }

        @Override
        protected void expired() {
            Waiting was = waiting;
            waiting = Waiting.NOTHING;
            ClientConnection.this.expired(was);
        }
    }
}
