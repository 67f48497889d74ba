package io.gatehouse.api;

import io.gatehouse.api.body.Body;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A response on its way to the client. Mutable while it travels outward through the chain; the gateway commits it at
 * the end.
 *
 * <p>Thread rule: the exchange's event loop.
 */
public final class Response {
    private static final int SWITCHING = 101;

    private final MultiMap headers;
    private final ResponseSource source;
    private final @Nullable Failure failure;
    private int status;
    private Body body;
    private @Nullable String errorMessage;
    private boolean unwritten;

    private Response(int status, MultiMap headers, Body body, ResponseSource source, @Nullable Failure failure) {
        this.status = status == SWITCHING && source == ResponseSource.UPSTREAM ? status : checkedStatus(status);
        this.headers = Objects.requireNonNull(headers, "headers");
        this.body = Objects.requireNonNull(body, "body");
        this.source = Objects.requireNonNull(source, "source");
        this.failure = failure;
    }

    /** A plugin's own response, without a body yet. */
    public static Response of(int status) {
        return new Response(status, MultiMap.caseInsensitiveMultiMap(), Body.empty(), ResponseSource.PLUGIN, null);
    }

    /**
     * An upstream's answer that a plugin has kept and gives again, without a body yet. The gateway adds to it what it adds
     * to answers of upstreams, the upstream's time being 0; metrics and logs have it as the gateway's.
     */
    public static Response cached(int status) {
        return new Response(status, MultiMap.caseInsensitiveMultiMap(), Body.empty(), ResponseSource.CACHE, null);
    }

    /**
     * A plugin's own error in the gateway's error format: JSON, XML, HTML or plain text as the client's {@code Accept}
     * asks, with the message and the request id. The gateway writes the body when the response leaves the plugin.
     */
    public static Response error(int status, String message) {
        Response response = of(status);
        response.errorMessage = Objects.requireNonNull(message, "message");
        response.unwritten = true;
        return response;
    }

    /**
     * The gateway's own answer to a failure: what {@link Next#proceed} gives when the upstream fails before its head. For
     * a plugin that has seen an answer break off while nothing of it was passed on, so that the client, plugins further
     * out and the log learn the cause and not just that some plugin answered 502.
     *
     * <pre>{@code
     * return response.body().buffer(LIMIT).transform(read -> Response.done(
     *         read.cause() instanceof BodyException broken ? Response.failed(broken.failure()) : checked(response)));
     * }</pre>
     *
     * <p>Its {@link #source} is {@link ResponseSource#GATEWAY} and its {@link #failure} the given one. Status and body
     * are written by the gateway when the response leaves the plugin, by the same table as for all failures: until then
     * the status is 502 and the body empty. Headers that the plugin sets stay.
     */
    public static Response failed(Failure failure) {
        Response response = new Response(
                502,
                MultiMap.caseInsensitiveMultiMap(),
                Body.empty(),
                ResponseSource.GATEWAY,
                Objects.requireNonNull(failure, "failure"));
        response.unwritten = true;
        return response;
    }

    /** A plugin's own JSON answer; {@code json} is sent as it is. */
    public static Response json(int status, String json) {
        Response response = of(status).body(Body.of(Buffer.buffer(json)));
        response.headers.set("Content-Type", "application/json; charset=utf-8");
        return response;
    }

    /** For whoever makes responses that no plugin made: the gateway and its test doubles. */
    public static Response from(
            ResponseSource source, int status, MultiMap headers, Body body, @Nullable Failure failure) {
        return new Response(status, headers, body, source, failure);
    }

    /** A future that already holds this response. */
    public static Future<Response> done(Response response) {
        return Future.succeededFuture(response);
    }

    /**
     * The status code, 200 to 599; or 101, when a client has asked for a WebSocket and its upstream agrees to one. Then
     * the body is what the upstream sends after the handshake, as long as the connection lives: bytes of frames. No
     * plugin makes such a response.
     */
    public int status() {
        return status;
    }

    /** Sets the status code. */
    public Response status(int status) {
        this.status = checkedStatus(status);
        return this;
    }

    /** The headers, mutable, names case-insensitive. Framing headers are the gateway's. */
    public MultiMap headers() {
        return headers;
    }

    /** The body. */
    public Body body() {
        return body;
    }

    /** Replaces the body. The old one must have been consumed, kept inside the new one, or cancelled. */
    public Response body(Body body) {
        this.body = Objects.requireNonNull(body, "body");
        this.errorMessage = null;
        this.unwritten = false;
        return this;
    }

    /** Who made this response. */
    public ResponseSource source() {
        return source;
    }

    /** Why the upstream gave no response, or which inner plugin broke; null when there is nothing wrong. */
    public @Nullable Failure failure() {
        return failure;
    }

    /** The message of an {@link #error} whose body is still to be written; null otherwise. */
    public @Nullable String errorMessage() {
        return errorMessage;
    }

    /** Whether this is an {@link #error} or {@link #failed} whose body the gateway has still to write. */
    public boolean isUnwritten() {
        return unwritten;
    }

    /** Gives up this response: cancels its body, which frees the upstream connection. */
    public void discard() {
        body.cancel();
    }

    private static int checkedStatus(int status) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 200-599)");
        }
        return status;
    }
}
