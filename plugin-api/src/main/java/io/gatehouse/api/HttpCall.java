package io.gatehouse.api;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request that a plugin sends by an {@link HttpCaller}. The lengths of its head and {@code Host} are the gateway's
 * business.
 *
 * <p>Immutable as long as nobody changes headers or body; may be sent several times. Any thread.
 */
public final class HttpCall {
    private final HttpMethod method;
    private final Target target;
    private final String uri;
    private final MultiMap headers;
    private final @Nullable Buffer body;
    private final Duration timeout;

    private HttpCall(Builder builder) {
        this.method = builder.method;
        this.target = builder.target;
        this.uri = builder.uri;
        this.headers = builder.headers;
        this.body = builder.body;
        this.timeout = builder.timeout;
    }

    /**
     * Starts a request.
     *
     * @param target whom to; of its time-outs only the one for connecting counts
     * @param uri path and query
     */
    public static Builder to(HttpMethod method, Target target, String uri) {
        return new Builder(method, target, uri);
    }

    /** The method. */
    public HttpMethod method() {
        return method;
    }

    /** Whom it goes to. */
    public Target target() {
        return target;
    }

    /** Path and query. */
    public String uri() {
        return uri;
    }

    /** The headers. */
    public MultiMap headers() {
        return headers;
    }

    /** The body, or null. */
    public @Nullable Buffer body() {
        return body;
    }

    /** The time within which the whole answer must have come, connecting included. */
    public Duration timeout() {
        return timeout;
    }

    /** Collects the facts of an {@link HttpCall}. */
    public static final class Builder {
        private final HttpMethod method;
        private final Target target;
        private final String uri;
        private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        private @Nullable Buffer body;
        private Duration timeout = Target.DEFAULT_TIMEOUT;

        private Builder(HttpMethod method, Target target, String uri) {
            this.method = Objects.requireNonNull(method, "method");
            this.target = Objects.requireNonNull(target, "target");
            this.uri = Objects.requireNonNull(uri, "uri");
        }

        /** Adds a header. */
        public Builder header(String name, String value) {
            headers.add(name, value);
            return this;
        }

        /** Sets the body. */
        public Builder body(Buffer body) {
            this.body = body;
            return this;
        }

        /** Sets the time within which the whole answer must have come; 60 s unless set. */
        public Builder timeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("timeout: " + timeout + " (expected: positive)");
            }
            this.timeout = timeout;
            return this;
        }

        /** Makes the request. */
        public HttpCall build() {
            return new HttpCall(this);
        }
    }
}
