package io.gatehouse.simulator;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One request as the simulator saw it, and what it sent. An immutable copy, taken when it was asked for. */
public final class LedgerRecord {
    /** How a request ended. */
    public enum End {
        /** Not yet: its answer is being sent, or waits. */
        OPEN,
        /** The whole answer was handed to the operating system. */
        SENT,
        /** The peer closed or reset the connection first. */
        CLIENT_GONE,
        /** The simulator cut the connection, as told. */
        CUT,
        /** The simulator fell silent, as told, and the peer has closed or reset the connection since. */
        STALLED
    }

    private final LedgerEntry entry;
    private final End end;
    private final boolean stalled;
    private final int status;
    private final long promptTokens;
    private final long completionTokens;
    private final long bytesSent;
    private final long eventsSent;
    private final long durationMs;
    private final long peerClosedMs;

    LedgerRecord(LedgerEntry entry) {
        this.entry = entry;
        end = entry.end;
        stalled = entry.stalled;
        status = entry.status;
        promptTokens = entry.promptTokens;
        completionTokens = entry.completionTokens;
        bytesSent = entry.bytesSent;
        eventsSent = entry.eventsSent;
        durationMs = entry.durationMs;
        peerClosedMs = entry.peerClosedMs;
    }

    /** Number of the request, from 1, in the order in which request bodies were complete. */
    public long sequence() {
        return entry.sequence;
    }

    /** When the request head was read. */
    public Instant time() {
        return entry.time;
    }

    /** The Host header in lower case and without its port; empty if there was none. */
    public String host() {
        return entry.host;
    }

    /** Method, as sent. */
    public String method() {
        return entry.method;
    }

    /** Path, as sent, without the query. */
    public String path() {
        return entry.path;
    }

    /** Query, as sent, without the question mark; null if there was none. */
    public @Nullable String query() {
        return entry.query;
    }

    /** All header lines in their order; a name may occur several times. */
    public List<Map.Entry<String, String>> headers() {
        return List.copyOf(entry.headers.entries());
    }

    /** First value of a header, its name in any case; null if there is none. */
    public @Nullable String header(String name) {
        return entry.headers.get(name);
    }

    /** Value of the Authorization header; null if there was none. */
    public @Nullable String authorization() {
        return header("authorization");
    }

    /** The beginning of the request body, as far as the ledger keeps it. */
    public byte[] body() {
        return entry.body.clone();
    }

    /** {@link #body()} as UTF-8 text. */
    public String bodyText() {
        return new String(entry.body, StandardCharsets.UTF_8);
    }

    /** Length of the whole request body in bytes. */
    public long bodyLength() {
        return entry.bodyLength;
    }

    /** SHA-256 of the whole request body in hexadecimal digits. */
    public String bodySha256() {
        return entry.sha256();
    }

    /** The model that the body asks for; null if it names none. */
    public @Nullable String model() {
        return entry.model;
    }

    /** Whether a stream was asked for. */
    public boolean stream() {
        return entry.stream;
    }

    /** Status sent; 0 if none was. */
    public int status() {
        return status;
    }

    /** Prompt tokens of the answer; 0 for an error. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Completion tokens in what was sent: all of them if the answer was sent whole. */
    public long completionTokens() {
        return completionTokens;
    }

    /** Sum of prompt and completion tokens. */
    public long totalTokens() {
        return promptTokens + completionTokens;
    }

    /** Bytes of the response body sent, after compression, without the framing of HTTP. */
    public long bytesSent() {
        return bytesSent;
    }

    /** SSE events sent. */
    public long eventsSent() {
        return eventsSent;
    }

    /** How it ended, or {@link End#OPEN}. */
    public End end() {
        return end;
    }

    /** Whether the simulator fell silent, as told; {@link #end()} says whether the peer has closed since. */
    public boolean stalled() {
        return stalled;
    }

    /** Whether it has ended. */
    public boolean ended() {
        return end != End.OPEN;
    }

    /** Milliseconds from the request head to the end; -1 while it is open. */
    public long durationMs() {
        return durationMs;
    }

    /**
     * Milliseconds from the request head until the peer's close of the connection was seen; empty if it was
     * not. After the end it is still noted for the last request of a connection.
     */
    public OptionalLong peerClosedMs() {
        return peerClosedMs < 0 ? OptionalLong.empty() : OptionalLong.of(peerClosedMs);
    }

    /** Number, method, host, path, status and end. */
    @Override
    public String toString() {
        return "#" + sequence() + " " + method() + " " + host() + path() + " " + status + " " + end;
    }
}
