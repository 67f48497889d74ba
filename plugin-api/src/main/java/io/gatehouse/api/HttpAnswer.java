package io.gatehouse.api;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/**
 * The answer to an {@link HttpCall}.
 *
 * <p>Implemented by the gateway and the testkit only; immutable.
 */
public interface HttpAnswer {
    /** The status, 200-599. */
    int status();

    /** The headers. */
    MultiMap headers();

    /** The body, as far as {@link HttpOptions#maxAnswerBytes()} allows. */
    Buffer body();

    /** Whether the body was longer. */
    boolean truncated();
}
