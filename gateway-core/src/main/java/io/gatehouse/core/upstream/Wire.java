package io.gatehouse.core.upstream;

import io.gatehouse.core.exchange.StreamReader;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * What carries one request and its answer: a connection of HTTP/1 while it does, or a stream of HTTP/2. Its valve holds back
 * the bytes of the answer. Event loop only.
 */
abstract class Wire implements StreamReader.Valve {
    final HttpClientRequest out;

    Wire(HttpClientRequest out) {
        this.out = out;
    }

    /** The wire of a request of which nothing was sent yet. */
    static Wire of(HttpClientRequest out) {
        return out.version() == HttpVersion.HTTP_2 ? new Http2Wire(out) : new Http1Wire(out);
    }

    /** A request is about to be sent. */
    abstract void begins();

    /** Takes over the headers to send, {@code Host} among them. */
    abstract void headers(MultiMap headers, String host);

    /** Sends the head by itself. */
    abstract void sendHead();

    /** Sends a piece of the body, the head before it. */
    abstract void write(Buffer piece);

    /** Sends the last piece, and trailers if there are any. */
    abstract void end(@Nullable Buffer piece, @Nullable MultiMap trailers);

    /** Whether enough bytes wait for the upstream: what is written now takes memory until it takes them. */
    abstract boolean isFull();

    /** Runs an action once the upstream has taken enough of them. */
    abstract void onDrain(Runnable action);

    /** Gives it up before anything was sent. */
    abstract void unused();

    /** Gives it up at once, with all that is under way on it. */
    abstract void abort();

    /** Nothing came although something should have. */
    abstract void silent();

    /** Whether the connection takes no new request any more, though it did when it was chosen. */
    abstract boolean isOver();

    /** Whether an upstream may say that it did nothing with what was sent. */
    abstract boolean mayBeRefused();

    /** Whether a failure says that the upstream did nothing with the request, though it was sent. */
    abstract boolean unprocessed(Throwable e);
}
