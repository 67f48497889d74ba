package io.gatehouse.core.service;

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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The end of an exchange of which only end, status and LLM calls are known. */
record EndedExchange(Outcome outcome, int status, List<AiCall> aiCalls) implements Completion {
    static EndedExchange of(Outcome.Kind kind, int status, AiCall... calls) {
        return new EndedExchange(new Outcome(kind, "test"), status, List.of(calls));
    }

    @Override
    public Exchange exchange() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ResponseSource source() {
        return ResponseSource.UPSTREAM;
    }

    @Override
    public MultiMap responseHeaders() {
        return MultiMap.caseInsensitiveMultiMap();
    }

    @Override
    public long requestBytes() {
        return 0;
    }

    @Override
    public long responseBytes() {
        return 0;
    }

    @Override
    public Timings timings() {
        return new Timings(0, 0, 0, 0, 0, 0);
    }

    @Override
    public List<Attempt> attempts() {
        return List.of();
    }

    @Override
    public Map<String, Object> logFields() {
        return Map.of();
    }

    @Override
    public Redaction redaction() {
        return new Redaction(Set.of(), Set.of(), Set.of());
    }

    @Override
    public Attributes attributes() {
        return new Attributes();
    }

    @Override
    public @Nullable TlsFacts tls() {
        return null;
    }
}
