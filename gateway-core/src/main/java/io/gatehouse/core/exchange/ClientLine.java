package io.gatehouse.core.exchange;

/** What an exchange may do to the connection that its client is on. Event loop only. */
public interface ClientLine {
    /** Whether the connection ends with the answer that is under way. */
    boolean closesAfterAnswer();

    /** Ends the connection with the answer that is under way. */
    void closeAfterAnswer();

    /**
     * Ends the connection in the middle of an answer.
     *
     * @param hard whether the client must be told by a reset, since a plain end would look like the end of the answer
     */
    void cut(boolean hard);
}
