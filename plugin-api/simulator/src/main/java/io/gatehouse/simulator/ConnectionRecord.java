package io.gatehouse.simulator;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** One connection as a {@link FaultServer} saw it. An immutable copy, taken when it was asked for. */
public final class ConnectionRecord {
    /** How a connection ended. */
    public enum End {
        /** Not yet. */
        OPEN,
        /** The peer sent a FIN, and the script could not go on. */
        PEER_CLOSED,
        /** The peer sent a reset, or was gone when something was sent to it. */
        PEER_RESET,
        /** The script closed it. */
        CLOSED,
        /** The script reset it. */
        RESET,
        /** The server was closed first. */
        SERVER_STOPPED
    }

    private final int index;
    private final End end;
    private final boolean stalled;
    private final int requests;
    private final byte[] captured;
    private final long bytesReceived;
    private final long bytesSent;
    private final long peerClosedMs;
    private final long durationMs;

    ConnectionRecord(
            int index,
            End end,
            boolean stalled,
            int requests,
            byte[] captured,
            long bytesReceived,
            long bytesSent,
            long peerClosedMs,
            long durationMs) {
        this.index = index;
        this.end = end;
        this.stalled = stalled;
        this.requests = requests;
        this.captured = captured;
        this.bytesReceived = bytesReceived;
        this.bytesSent = bytesSent;
        this.peerClosedMs = peerClosedMs;
        this.durationMs = durationMs;
    }

    /** Number of the connection, from 0, in the order of acceptance. */
    public int index() {
        return index;
    }

    /** How it ended, or {@link End#OPEN}. */
    public End end() {
        return end;
    }

    /** Whether it has ended. */
    public boolean ended() {
        return end != End.OPEN;
    }

    /** Whether the script reached a step that falls silent for good. */
    public boolean stalled() {
        return stalled;
    }

    /** How many request heads the script has read. */
    public int requests() {
        return requests;
    }

    /** The beginning of what the peer sent, as far as it is kept. */
    public byte[] received() {
        return captured.clone();
    }

    /** {@link #received()} as text, a character for each byte. */
    public String receivedText() {
        return new String(captured, StandardCharsets.ISO_8859_1);
    }

    /** How many bytes were read from the peer. */
    public long bytesReceived() {
        return bytesReceived;
    }

    /**
     * How many bytes the operating system took for the peer. When the peer stops reading, this stands still
     * once both sides' socket buffers are full.
     */
    public long bytesSent() {
        return bytesSent;
    }

    /** Milliseconds from acceptance until the peer's FIN or reset was seen; empty if it was not. */
    public OptionalLong peerClosedMs() {
        return peerClosedMs < 0 ? OptionalLong.empty() : OptionalLong.of(peerClosedMs);
    }

    /** Milliseconds from acceptance to the end; -1 while it is open. */
    public long durationMs() {
        return durationMs;
    }

    /** Index, counts and end. */
    @Override
    public String toString() {
        return "connection " + index + ": " + requests + " requests, " + bytesReceived + " bytes in, " + bytesSent
                + " bytes out, " + end;
    }
}
