package io.gatehouse.core.exchange;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange knows of its client: a socket, a stream of HTTP/2; an in-process caller is to be another one. Nobody
 * but the exchange's finisher sends an answer through it.
 */
public interface ClientPort {
    /** Tells a client that waits for it to send its body, unless it has an answer already. */
    void sendContinue();

    /**
     * Sends the head.
     *
     * @param length of the body, or -1 when unknown
     * @param hasBody false for answers that never carry one (HEAD, 204, 304)
     */
    void head(int status, MultiMap headers, long length, boolean hasBody);

    /** Whether the head is on its way, so that another one cannot be sent any more. */
    boolean headSent();

    /** Sends the head now, if it has not gone out with bytes of the body yet. */
    void flushHead();

    /** Sends a piece of the body. */
    void write(Buffer bytes);

    /** Whether the client takes no more for now. */
    boolean isFull();

    /** Sets what happens once it takes more again. */
    void onDrain(Runnable action);

    /** Sends the last piece and ends the response whole. */
    void end(@Nullable Buffer last, @Nullable MultiMap trailers, Done done);

    /** Breaks the response off, so that the client cannot take it for whole. */
    void reset();

    /** The headers of the answer as they were sent, framing included; the ones to be sent before that. */
    MultiMap sentHeaders();

    /** Bytes that were sent beside the header lines: the status line, the body, and what frames its pieces. */
    long bytesWritten();

    /** Who waits for the end of a response. */
    @FunctionalInterface
    interface Done {
        /**
         * Hears of the end, once.
         *
         * @param whole whether the last byte was handed to the socket; false when the client cannot get it any more
         */
        void sent(boolean whole);
    }
}
