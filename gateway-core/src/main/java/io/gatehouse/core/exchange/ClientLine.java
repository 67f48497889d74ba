package io.gatehouse.core.exchange;

/** What an exchange may do to the connection that its client is on. Event loop only. */
public interface ClientLine {
    /** Whether the connection ends with the answer that is under way. */
    boolean closesAfterAnswer();

    /** Ends the connection with the answer that is under way. */
    void closeAfterAnswer();

    /** Whether enough bytes wait for the client: what is written now takes memory until it takes them. */
    boolean isFull();

    /** Runs an action once the client has taken enough of them. */
    void onDrain(Runnable action);

    /**
     * Ends the connection in the middle of an answer.
     *
     * @param hard whether the client must be told by a reset, since a plain end would look like the end of the answer
     */
    void cut(boolean hard);
}
