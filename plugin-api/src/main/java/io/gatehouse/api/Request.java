package io.gatehouse.api;

import io.gatehouse.api.body.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to the upstream: what is in it is what will be sent. At the start of the chain it holds the
 * client's method, headers and body, and the upstream path that route and service lead to; the client's own head is
 * {@link Exchange#original()}.
 *
 * <p>A head is mutable until {@link Next#proceed} has been called with it, and is sent once: an attempt more needs a
 * {@link #copy()}.
 *
 * <p>Thread rule: the exchange's event loop.
 */
public final class Request {
    private final Exchange exchange;
    private final MultiMap headers;
    private final Attributes attributes;
    private HttpMethod method;
    private String uri;
    private Body body;
    private @Nullable Target target;
    private @Nullable Runnable canceller;
    private boolean cancelled;

    /**
     * Makes a request of an exchange.
     *
     * @param uri path and query, in origin form
     * @param headers taken over, not copied
     */
    public Request(Exchange exchange, HttpMethod method, String uri, MultiMap headers, Body body) {
        this(exchange, method, uri, headers, body, new Attributes(), null);
    }

    private Request(
            Exchange exchange,
            HttpMethod method,
            String uri,
            MultiMap headers,
            Body body,
            Attributes attributes,
            @Nullable Target target) {
        this.exchange = Objects.requireNonNull(exchange, "exchange");
        this.method = Objects.requireNonNull(method, "method");
        this.uri = Objects.requireNonNull(uri, "uri");
        this.headers = Objects.requireNonNull(headers, "headers");
        this.body = Objects.requireNonNull(body, "body");
        this.attributes = attributes;
        this.target = target;
    }

    /** The exchange this request belongs to. */
    public Exchange exchange() {
        return exchange;
    }

    /** The method. */
    public HttpMethod method() {
        return method;
    }

    /** Sets the method. */
    public Request method(HttpMethod method) {
        this.method = Objects.requireNonNull(method, "method");
        return this;
    }

    /** Path and query as they will be sent. */
    public String uri() {
        return uri;
    }

    /** Sets path and query, in origin form and already escaped. */
    public Request uri(String uri) {
        if (uri.isEmpty() || uri.charAt(0) != '/') {
            throw new IllegalArgumentException("uri: " + uri + " (expected: starts with /)");
        }
        this.uri = uri;
        return this;
    }

    /** The path as it will be sent. */
    public String path() {
        int mark = uri.indexOf('?');
        return mark < 0 ? uri : uri.substring(0, mark);
    }

    /** The raw query without its question mark, or null when there is none. */
    public @Nullable String query() {
        int mark = uri.indexOf('?');
        return mark < 0 ? null : uri.substring(mark + 1);
    }

    /** Sets or, with null, removes the raw query. */
    public Request query(@Nullable String query) {
        this.uri = query == null ? path() : path() + '?' + query;
        return this;
    }

    /**
     * The headers, mutable, names case-insensitive. {@code Content-Length} and {@code Transfer-Encoding} are the
     * gateway's: what is set here is ignored. {@code Host} is present only when it overrides the target's name.
     */
    public MultiMap headers() {
        return headers;
    }

    /** The body. */
    public Body body() {
        return body;
    }

    /** Replaces the body. The old one must have been consumed, kept inside the new one, or cancelled. */
    public Request body(Body body) {
        this.body = Objects.requireNonNull(body, "body");
        return this;
    }

    /** Values of this attempt; visible in the {@link Attempt} that it becomes. */
    public Attributes attributes() {
        return attributes;
    }

    /** Where this request goes instead of the service's own target; null for the service's. */
    public @Nullable Target target() {
        return target;
    }

    /**
     * Sends this request to a target of the plugin's choice. It then means exactly one attempt: the service's {@code
     * retries} do not apply.
     */
    public Request to(Target target) {
        this.target = Objects.requireNonNull(target, "target");
        return this;
    }

    /**
     * A deep copy of head and attributes for one more attempt; it shares the buffered bytes.
     *
     * @throws IllegalStateException when the body is neither empty nor buffered: it can be read once only
     */
    public Request copy() {
        if (!body.isEmpty() && !body.isBuffered()) {
            throw new IllegalStateException("body: streaming (expected: empty or buffered, call body().buffer(max))");
        }
        MultiMap copied = MultiMap.caseInsensitiveMultiMap();
        copied.addAll(headers);
        return new Request(exchange, method, uri, copied, body, attributes.copy(), target);
    }

    /** Aborts the attempt that this request became; without effect once its response body has ended. */
    public void cancel() {
        cancelled = true;
        Runnable running = canceller;
        if (running != null) {
            canceller = null;
            running.run();
        }
    }

    /** Whether {@link #cancel()} was called. */
    public boolean isCancelled() {
        return cancelled;
    }

    /** For whoever sends this request: what {@link #cancel()} shall do. Runs at once when already cancelled. */
    public void onCancel(Runnable action) {
        if (cancelled) {
            action.run();
        } else {
            canceller = action;
        }
    }
}
