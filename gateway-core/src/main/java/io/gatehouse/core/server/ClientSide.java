package io.gatehouse.core.server;

import io.gatehouse.core.exchange.ClientPort;
import io.gatehouse.core.exchange.LiveExchange;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.streams.ReadStream;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one request, whatever version of HTTP it speaks: what was asked, and what the front door may do
 * about it. A connection of HTTP/1 is the side of one request after the other, HTTP/2 has one for each stream. Event loop
 * only.
 */
interface ClientSide {
    HttpMethod method();

    /** The request target as it came. */
    String target();

    /** The headers of the request, {@code Host} among them. */
    MultiMap headers();

    HttpVersion version();

    boolean tls();

    /** The server name that the client asked for in its TLS handshake; null when it named none. */
    @Nullable
    String serverName();

    HttpConnection connection();

    /** Who is at the other end. */
    Peer peer(Forwarding forwarding);

    /** Whether the head alone tells that a body follows, without naming its length. */
    boolean bodyFollows();

    /** Whether the request asks for a WebSocket, and waits for the answer with whatever else it sends. */
    boolean upgrades();

    /** The body. It is to be paused before anything else is done with it. */
    ReadStream<Buffer> body();

    /** Where the answer goes. Asked for once for each request. */
    ClientPort port(StrictHead head);

    /** Answers a request that never becomes an exchange. */
    void refuse(int status, MultiMap headers, Buffer body);

    /** The exchange of the request, to be told how the client fares. */
    void serves(LiveExchange exchange);

    /** Both sides speak when they have something to say, as gRPC's do: the client need not take its answer at a rate. */
    default void converses() {}

    /** The exchange has ended: nothing of it is kept here. */
    void served();

    /** The trailers of the request body, once it has come whole; null when there are none. */
    @Nullable
    MultiMap trailers();

    /** Nobody wants the rest of the request's body. */
    void discardRest();

    /** What the request says cannot be trusted: nothing that comes after it on the same connection is listened to. */
    void distrust();

    /** What still comes of the request is not HTTP, or comes too slowly. */
    void requestBroken(Refusal why, String reason);
}
