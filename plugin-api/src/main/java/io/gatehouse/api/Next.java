package io.gatehouse.api;

import io.vertx.core.Future;

/** The rest of the chain, ending at the upstream. */
@FunctionalInterface
public interface Next {
    /**
     * Sends a request further in. The future never fails: a fault is a {@link Response} with a {@link
     * Response#failure()}. It completes on the exchange's event loop with the response head; the body waits, paused.
     * After the exchange has ended nothing is sent any more.
     */
    Future<Response> proceed(Request request);
}
