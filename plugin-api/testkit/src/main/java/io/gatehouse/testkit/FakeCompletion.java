package io.gatehouse.testkit;

import io.gatehouse.api.Attempt;
import io.gatehouse.api.Attributes;
import io.gatehouse.api.Completion;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Outcome;
import io.gatehouse.api.Redaction;
import io.gatehouse.api.ResponseSource;
import io.gatehouse.api.Timings;
import io.gatehouse.api.ai.AiCall;
import io.vertx.core.MultiMap;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A completion whose facts a test sets, for plugins that only observe.
 *
 * <pre>{@code
 * Completion completion = FakeCompletion.of(exchange).status(502).source(ResponseSource.GATEWAY).build();
 * tester.log(completion);
 * }</pre>
 */
public final class FakeCompletion implements Completion {
    /** What the gateway redacts when no auth plugin is in effect. */
    public static final Redaction DEFAULT_REDACTION = new Redaction(Redaction.USUAL_HEADERS, Set.of(), Set.of());

    private final Builder facts;
    private final MultiMap responseHeaders;
    private final List<Attempt> attempts;
    private final List<AiCall> aiCalls;
    private final Map<String, Object> logFields;
    private final Attributes attributes = new Attributes();

    private FakeCompletion(Builder facts) {
        this.facts = facts;
        this.responseHeaders = Headers.frozen(facts.responseHeaders);
        this.attempts = List.copyOf(facts.exchange.attempts());
        this.aiCalls = List.copyOf(facts.exchange.aiCalls());
        this.logFields = Collections.unmodifiableMap(new LinkedHashMap<>(facts.logFields));
    }

    /**
     * Starts a completion: sent whole with status 200 by the upstream, nothing else known. Attempts, LLM calls and
     * redaction are the exchange's, and so are the log fields of a {@link FakeExchange}.
     */
    public static Builder of(Exchange exchange) {
        return new Builder(exchange);
    }

    @Override
    public Exchange exchange() {
        return facts.exchange;
    }

    @Override
    public Outcome outcome() {
        return facts.outcome;
    }

    @Override
    public int status() {
        return facts.status;
    }

    @Override
    public ResponseSource source() {
        return facts.source;
    }

    @Override
    public MultiMap responseHeaders() {
        return responseHeaders;
    }

    @Override
    public long requestBytes() {
        return facts.requestBytes;
    }

    @Override
    public long responseBytes() {
        return facts.responseBytes;
    }

    @Override
    public Timings timings() {
        return facts.timings;
    }

    @Override
    public List<Attempt> attempts() {
        return attempts;
    }

    @Override
    public List<AiCall> aiCalls() {
        return aiCalls;
    }

    @Override
    public Map<String, Object> logFields() {
        return logFields;
    }

    @Override
    public Redaction redaction() {
        return facts.redaction;
    }

    @Override
    public Attributes attributes() {
        return attributes;
    }

    @Override
    public @Nullable TlsFacts tls() {
        return facts.tls;
    }

    /** Collects the facts of a {@link FakeCompletion}. */
    public static final class Builder {
        private final Exchange exchange;
        private Outcome outcome = new Outcome(Outcome.Kind.SENT, "ok");
        private int status = 200;
        private ResponseSource source = ResponseSource.UPSTREAM;
        private MultiMap responseHeaders = MultiMap.caseInsensitiveMultiMap();
        private long requestBytes;
        private long responseBytes;
        private Timings timings = new Timings(0, 0, -1, 0, 0, 0);
        private Map<String, Object> logFields;
        private Redaction redaction;
        private @Nullable TlsFacts tls;

        private Builder(Exchange exchange) {
            this.exchange = Objects.requireNonNull(exchange, "exchange");
            this.redaction = exchange.redaction();
            this.logFields = exchange instanceof FakeExchange fake ? fake.logFields() : Map.of();
        }

        /** Sets how it ended. */
        public Builder outcome(Outcome.Kind kind, String reason) {
            this.outcome = new Outcome(kind, reason);
            return this;
        }

        /** Sets the status that was sent. */
        public Builder status(int status) {
            this.status = status;
            return this;
        }

        /** Sets who made the response. */
        public Builder source(ResponseSource source) {
            this.source = source;
            return this;
        }

        /** Sets the response headers. */
        public Builder responseHeaders(MultiMap headers) {
            this.responseHeaders = headers;
            return this;
        }

        /** Adds a response header. */
        public Builder responseHeader(String name, String value) {
            this.responseHeaders.add(name, value);
            return this;
        }

        /** Sets the bytes of request and response, heads included. */
        public Builder bytes(long request, long response) {
            this.requestBytes = request;
            this.responseBytes = response;
            return this;
        }

        /** Sets where the time went. */
        public Builder timings(Timings timings) {
            this.timings = timings;
            return this;
        }

        /** Sets the extra fields for the log entry. */
        public Builder logFields(Map<String, Object> fields) {
            this.logFields = fields;
            return this;
        }

        /** Sets what log entries must not show. */
        public Builder redaction(Redaction redaction) {
            this.redaction = redaction;
            return this;
        }

        /** Sets the client's TLS session. */
        public Builder tls(@Nullable TlsFacts tls) {
            this.tls = tls;
            return this;
        }

        /** Makes the completion. */
        public Completion build() {
            return new FakeCompletion(this);
        }
    }
}
