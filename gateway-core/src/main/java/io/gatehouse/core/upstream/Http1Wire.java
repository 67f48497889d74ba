package io.gatehouse.core.upstream;

import io.netty.channel.Channel;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** A connection of HTTP/1. Giving the request up ends it. */
final class Http1Wire extends Wire {
    Http1Wire(HttpClientRequest out) {
        super(out);
    }

    @Override
    void begins() {
        KeptConnections.begins(out.connection());
    }

    @Override
    void headers(MultiMap headers, String host) {
        MultiMap own = out.headers();
        own.setAll(headers); // there is nothing yet, and of its own kind it takes entries as they are
        own.set(HttpHeaders.HOST, host);
        own.set(
                HttpHeaders.CONNECTION,
                HttpHeaders.KEEP_ALIVE); // as nginx has it, though it is what HTTP/1.1 means anyway
    }

    @Override
    void sendHead() {
        out.sendHead();
    }

    @Override
    void write(Buffer piece) {
        out.write(piece); // one that is lost is seen by the codec
    }

    @Override
    void end(@Nullable Buffer piece, @Nullable MultiMap trailers) {
        if (trailers != null) {
            Connections.trailers(out.connection(), trailers);
        }
        if (piece == null) {
            out.end();
        } else {
            out.end(piece);
        }
    }

    /** Vert.x's own limit is 16 pieces, whatever their size. */
    @Override
    boolean isFull() {
        Channel channel = Connections.channel(out.connection());
        return channel.isActive() && !channel.isWritable();
    }

    @Override
    void onDrain(Runnable action) {
        Connections.onDrain(out.connection(), action);
    }

    @Override
    void unused() {
        out.reset();
    }

    @Override
    void abort() {
        Connections.abort(out.connection());
    }

    @Override
    void silent() {
        // giving it up is enough: nobody else is on this connection
    }

    /** Vert.x tells of that by itself. */
    @Override
    boolean isOver() {
        return false;
    }

    @Override
    boolean mayBeRefused() {
        return false;
    }

    @Override
    boolean unprocessed(Throwable e) {
        return false;
    }

    /**
     * Reading from the socket is held back. A stream that Vert.x pauses keeps what it has read in the connection, and drops
     * it, the end of a whole answer included, when the upstream closes.
     */
    @Override
    public void open() {
        Connections.channel(out.connection()).config().setAutoRead(true);
    }

    @Override
    public void shut() {
        Connections.channel(out.connection()).config().setAutoRead(false);
    }
}
