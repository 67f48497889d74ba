package io.gatehouse.testkit;

import io.gatehouse.api.Target;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A request as it left the plugin for the upstream: its head as it was at that moment, and of its body what the upstream
 * has read until now.
 */
public final class SentRequest {
    private final HttpMethod method;
    private final String uri;
    private final MultiMap headers;
    private final @Nullable Target target;
    private final Buffer body = Buffer.buffer();
    private boolean whole;
    private boolean cancelled;

    SentRequest(HttpMethod method, String uri, MultiMap headers, @Nullable Target target) {
        this.method = method;
        this.uri = uri;
        this.headers = Headers.frozen(headers);
        this.target = target;
    }

    void read(Buffer bytes) {
        body.appendBuffer(bytes);
    }

    void bodyIsWhole() {
        whole = true;
    }

    void isCancelledNow() {
        cancelled = true;
    }

    /** The method. */
    public HttpMethod method() {
        return method;
    }

    /** Path and query. */
    public String uri() {
        return uri;
    }

    /** The headers. */
    public MultiMap headers() {
        return headers;
    }

    /** The first value of a header, or null. */
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    /** Where the plugin sent it, or null for the service's own target. */
    public @Nullable Target target() {
        return target;
    }

    /** What was read of the body, as UTF-8. */
    public String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    /** What was read of the body. */
    public Buffer bytes() {
        return body.copy();
    }

    /** Whether the body was read to a complete end. */
    public boolean isWhole() {
        return whole;
    }

    /** Whether the attempt was cancelled before its response had ended. */
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public String toString() {
        return method + " " + uri;
    }
}
