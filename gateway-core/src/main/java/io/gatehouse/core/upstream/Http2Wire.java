package io.gatehouse.core.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.HostAndPort;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A stream of HTTP/2. Giving the request up resets it, and leaves the others of its connection alone. */
final class Http2Wire extends Wire {
    /** More may not wait for the upstream; Vert.x's own limit is 16 pieces, whatever their size. */
    private static final int MAX_UNSENT = 64 * 1024;

    private boolean begun;
    private long unsent;
    private @Nullable Runnable drained;

    Http2Wire(HttpClientRequest out) {
        super(out);
    }

    private Http2ConnectionHandler handler() {
        return channel().pipeline().get(Http2ConnectionHandler.class);
    }

    @Override
    void begins() {}

    @Override
    void headers(MultiMap headers, String host) {
        HostAndPort authority = HostAndPort.parseAuthority(host, -1);
        if (authority == null) {
            throw new IllegalArgumentException(
                    "Host: " + host + " (expected: a name or an address, with or without port)");
        }
        out.authority(authority);
        MultiMap own = out.headers();
        own.addAll(headers);
        own.remove(HttpHeaders.HOST);
        HopByHop.removeOfHttp1(own);
    }

    @Override
    void sendHead() {
        begun = true;
        orAbort(out.sendHead());
    }

    @Override
    void write(Buffer piece) {
        begun = true;
        int bytes = piece.length();
        unsent += bytes;
        orAbort(out.write(piece).onSuccess(sent -> taken(bytes)));
    }

    private void taken(int bytes) {
        unsent -= bytes;
        Runnable action = drained;
        if (action != null && unsent <= MAX_UNSENT / 2) {
            drained = null;
            action.run();
        }
    }

    @Override
    void end(@Nullable Buffer piece, @Nullable MultiMap trailers) {
        if (trailers == null) {
            begun = true;
            orAbort(piece == null ? out.end() : out.end(piece));
            return;
        }
        // Vert.x has no trailers of requests; an empty piece waits behind those that wait for the window
        Future<Void> written = out.write(piece == null ? Buffer.buffer() : piece);
        begun = true;
        orAbort(written.onSuccess(v -> last(trailers)));
    }

    private void last(MultiMap trailers) {
        Http2ConnectionHandler handler = handler();
        int id = out.streamId();
        if (handler == null || handler.connection().stream(id) == null) {
            return; // it has ended meanwhile
        }
        Http2Headers last = new DefaultHttp2Headers();
        for (Map.Entry<String, String> trailer : trailers) {
            last.add(trailer.getKey().toLowerCase(Locale.ROOT), trailer.getValue());
        }
        ChannelHandlerContext context = channel().pipeline().context(handler);
        handler.encoder()
                .writeHeaders(context, id, last, 0, true, context.newPromise())
                .addListener(sent -> {
                    if (!sent.isSuccess()) {
                        abort();
                    }
                });
        context.flush();
    }

    /** A piece that could not be sent, for want of memory say: the next ones would make a request that looks whole. */
    private void orAbort(Future<Void> written) {
        written.onFailure(e -> abort());
    }

    @Override
    boolean isFull() {
        return unsent >= MAX_UNSENT;
    }

    @Override
    void onDrain(Runnable action) {
        drained = action;
    }

    @Override
    void unused() {
        // Vert.x forgets to give back what it has lent when there is no stream yet: so there is one that asks for
        // nothing
        out.setMethod(HttpMethod.OPTIONS).setURI("*").headers().clear();
        sendHead();
        abort();
    }

    @Override
    void abort() {
        out.reset(Http2Error.CANCEL.code());
    }

    /** It may be the connection that is dead, and the next streams would fare no better on it. */
    @Override
    void silent() {
        Connections.probe(out.connection());
    }

    /** An upstream that says goodbye takes what is on its way to it, and may close the connection behind that. */
    @Override
    boolean isOver() {
        Http2ConnectionHandler handler = handler();
        return handler == null
                || handler.connection().goAwayReceived()
                || !channel().isActive();
    }

    @Override
    boolean mayBeRefused() {
        return true;
    }

    @Override
    boolean unprocessed(Throwable e) {
        if (e instanceof StreamResetException reset) {
            return reset.getCode() == Http2Error.REFUSED_STREAM.code();
        }
        Http2ConnectionHandler handler = handler();
        if (!(e instanceof HttpClosedException) || handler == null || !begun) {
            return false;
        }
        Http2Connection connection = handler.connection();
        return connection.goAwayReceived()
                && out.streamId() > connection.local().lastStreamKnownByPeer();
    }

    /** The stream's window is held back. What Vert.x pauses it keeps, and drops when the connection closes. */
    @Override
    public void open() {
        HeldFlow.open(channel(), out.streamId());
    }

    @Override
    public void shut() {
        HeldFlow.shut(channel(), out.streamId());
    }

    private Channel channel() {
        return Connections.channel(out.connection());
    }
}
