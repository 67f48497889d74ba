package io.gatehouse.api;

import io.gatehouse.api.ai.AiCall;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A finished exchange, frozen: what {@link Plugin#log} sees.
 *
 * <p>Implemented by the gateway and the testkit only. Immutable, so it may be handed to other threads; that does not
 * hold for {@link #exchange()}.
 */
public interface Completion {
    /** The exchange: identity, matched entities, attributes. */
    Exchange exchange();

    /** How it ended. */
    Outcome outcome();

    /** The status that was sent; 499 when the client left before a head was sent. */
    int status();

    /** Who made the response. */
    ResponseSource source();

    /** The response headers that were sent. */
    MultiMap responseHeaders();

    /** Bytes of the request, head included. */
    long requestBytes();

    /** Bytes of the response sent to the client, head included. */
    long responseBytes();

    /** Where the time went. */
    Timings timings();

    /** All attempts, in order. */
    List<Attempt> attempts();

    /** All LLM calls, in order. */
    List<AiCall> aiCalls();

    /** Extra fields for the log entry; dots in names nest. */
    Map<String, Object> logFields();

    /** What log entries must not show. */
    Redaction redaction();

    /** A place for values that several log plugins share, such as the serialised entry. */
    Attributes attributes();

    /** TLS version and cipher of the client's connection, or null on plain HTTP. */
    @Nullable
    TlsFacts tls();

    /**
     * The client's TLS session.
     *
     * @param version such as {@code TLSv1.3}
     * @param cipher such as {@code TLS_AES_256_GCM_SHA384}
     */
    record TlsFacts(String version, String cipher) {}
}
