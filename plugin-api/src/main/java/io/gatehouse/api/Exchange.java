package io.gatehouse.api;

import io.gatehouse.api.ai.AiCall;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client request and everything that happens because of it, from its head to its {@link Completion}.
 *
 * <p>Implemented by the gateway and by the testkit only. Thread rule: its own event loop, unless a method says
 * otherwise.
 */
public interface Exchange {
    /** Stands for a deleted field in {@link Completion#logFields()}. */
    Object DELETED = new Object();

    /**
     * Among the {@link #attributes()}: groups that an auth plugin found out by itself, such as those in a token, whether
     * there is a consumer or not. Plugins that allow or deny by group read them.
     *
     * <pre>{@code
     * exchange.attributes().set(Exchange.AUTHENTICATED_GROUPS, List.copyOf(groupsInToken));
     * }</pre>
     */
    Key<List<String>> AUTHENTICATED_GROUPS = Key.of("authenticated_groups");

    /** The request id: 32 lower-case hex digits, made by the gateway, sent as {@code X-Kong-Request-Id}. Any thread. */
    String id();

    /** The client's head as it came in, frozen. */
    RequestHead original();

    /** The client's address without port, after trusted proxies. */
    String clientAddress();

    /** When the first byte was read: milliseconds since the epoch. */
    long startedAtMillis();

    /** Nanoseconds since the first byte was read, on a clock that never jumps. */
    long elapsedNanos();

    /** The matched route; null when none matched. */
    @Nullable
    Route route();

    /** The matched route's service; null when it has none. */
    @Nullable
    Service service();

    /**
     * What the route's regex captured, by name and by number, of which {@code 0} is the whole match; empty for a regex
     * without groups and for other routes.
     */
    Map<String, String> uriCaptures();

    /** The authenticated consumer, or null. */
    @Nullable
    Consumer consumer();

    /** The credential that authenticated the consumer, or null. */
    @Nullable
    Credential credential();

    /**
     * Says who the client is. Plugins further in are then chosen for this consumer. Does nothing once the exchange has
     * ended.
     *
     * @param credential null for an anonymous consumer
     */
    void authenticate(Consumer consumer, @Nullable Credential credential);

    /** Consumers and credentials of this exchange's snapshot. */
    Directory directory();

    /** Values that plugins leave for each other. */
    Attributes attributes();

    /** Attempts to reach an upstream so far, in order. */
    List<Attempt> attempts();

    /** Calls to LLMs so far: the main one, judges, embeddings, abandoned ones. */
    List<AiCall> aiCalls();

    /** Adds a finished, cut or failed call to an LLM. */
    void add(AiCall call);

    /** What log entries of this route must not show. */
    Redaction redaction();

    /**
     * Which parts of the client's request auth plugins of this route read credentials from. They never go to an LLM
     * provider, whatever the auth plugin leaves in the request.
     */
    Redaction credentialsRead();

    /**
     * Sets a field of the log entry.
     *
     * @param path dots nest; {@code \.} is a literal dot
     * @param value a JSON-like value of JDK types; null deletes the field, see {@link #DELETED}
     */
    void logField(String path, @Nullable Object value);

    /** Runs an action when the exchange ends, before the completion is frozen; last in, first out. */
    void onEnd(Runnable action);

    /** Whether the exchange has ended: nothing is sent any more. */
    boolean ended();

    /** Completes when the exchange's snapshot is retired: long-lived streams should come to an end. */
    Future<Void> retiring();

    /** The same result, completed on this exchange's event loop. Any thread. */
    <T> Future<T> adopt(Future<T> future);
}
