package io.gatehouse.api.ai;

import io.gatehouse.api.ExtensionPoint;
import io.gatehouse.api.Request;
import io.gatehouse.api.config.Problems;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;

/**
 * A provider of LLMs: data and pure functions that the AI plugins work with. Listed in {@code
 * META-INF/services/io.gatehouse.api.ai.LlmProvider} of its JAR; one instance serves all plugins and event loops.
 *
 * <p>As it stands the provider speaks the OpenAI format, so requests and answers pass as bytes. What a provider with a
 * format of its own needs is added as default methods.
 *
 * <p>Thread rule: every method may be called from any event loop and must not block.
 *
 * <pre>{@code
 * public final class Acme implements LlmProvider {
 *   public String name() { return "acme"; }
 *   public boolean supports(LlmModel model, LlmOperation operation) { return operation == LlmOperation.CHAT; }
 *   public LlmEndpoint endpoint(LlmModel model, LlmOperation operation, boolean stream) {
 *     return LlmEndpoint.of("https://llm.acme.example/v1/chat/completions");
 *   }
 * }
 * }</pre>
 */
@ExtensionPoint
public interface LlmProvider {
    /** The name users write in {@code model.provider}. Unique among all loaded JARs. */
    String name();

    /** Whether requests for an operation can be sent to a model. */
    boolean supports(LlmModel model, LlmOperation operation);

    /**
     * Adds what is wrong with a model, beyond what the plugin checks for every provider. Pure.
     *
     * @param model templates are not resolved yet: {@code $(...)} stands for itself
     * @param problems paths are relative to the target, such as {@code model.options.upstream_url}
     */
    default void validate(LlmModel model, LlmOperation operation, Problems problems) {}

    /**
     * Where an operation is sent. Pure: the answer for a model is kept for as long as the configuration lives, and asked
     * for again only where the model is named by a request.
     *
     * @param stream whether the answer is wanted as a stream
     * @throws IllegalArgumentException when the model's options do not make an address; the client gets a 400 with the
     *     message
     */
    LlmEndpoint endpoint(LlmModel model, LlmOperation operation, boolean stream);

    /**
     * Adds credentials that the configuration does not hold as a header or parameter: signatures, tokens from an
     * identity service. Called last, on the final request of every attempt, on the exchange's event loop. A failure
     * ends the request with a 500; its text is logged, not sent.
     */
    default Future<Void> authorize(Request request, LlmModel model) {
        return Future.succeededFuture();
    }

    /** How usage of a streamed answer is had. */
    default StreamUsage streamUsage(LlmModel model, LlmOperation operation) {
        return StreamUsage.ASK;
    }

    /** The body field for the most tokens of an answer. */
    default String maxTokensField(LlmModel model, LlmOperation operation) {
        return operation == LlmOperation.RESPONSES ? "max_output_tokens" : "max_tokens";
    }

    /**
     * The status that failover criteria judge an answer by. A provider that says "overloaded" with a status of its own
     * gives the common one here; the client still gets the original.
     */
    default int failoverStatus(int status, MultiMap headers) {
        return status;
    }

    /** How a provider reports the usage of a streamed answer. */
    enum StreamUsage {
        /** When asked by {@code stream_options.include_usage}; the gateway always asks. */
        ASK,
        /** Always; {@code stream_options} is not understood and is taken out. */
        ALWAYS,
        /** Never, or only by its own means; {@code stream_options} is left as the client sent it. */
        NEVER
    }
}
