package io.gatehouse.simulator;

import io.vertx.core.buffer.Buffer;

/**
 * A correct answer to one request: whole, or as a row of events that are made on demand. Pure functions of
 * the request, the id and the time; no threads, no I/O.
 */
interface Answer {
    /** The body of an answer that is not streamed. */
    Buffer body();

    /** How many SSE events a streamed answer has, {@code [DONE]} included. */
    int events();

    /** The SSE event of that index, from 0, with its blank line. */
    Buffer event(int index);

    /** How many completion tokens the first {@code events} events carry. */
    long completionTokens(int events);

    /** The completion tokens of the whole answer. */
    long completionTokens();
}
