package io.gatehouse.simulator;

import io.vertx.core.MultiMap;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A request in progress, as the ledger keeps it. What is final is set before it is published; the rest is
 * read and written under the ledger's lock only.
 */
final class LedgerEntry {
    final long sequence;
    final Instant time;
    final long startNanos;
    final String host;
    final String method;
    final String path;
    final @Nullable String query;
    final MultiMap headers;
    final byte[] body;
    final long bodyLength;
    final @Nullable String model;
    final boolean stream;
    /** Computed late; a race computes it twice, with the same result. */
    private @Nullable String sha256;

    LedgerRecord.End end = LedgerRecord.End.OPEN;
    boolean stalled;
    int status;
    long promptTokens;
    long completionTokens;
    long bytesSent;
    long eventsSent;
    long durationMs = -1;
    long peerClosedMs = -1;

    LedgerEntry(
            long sequence,
            Instant time,
            long startNanos,
            String host,
            String method,
            String path,
            @Nullable String query,
            MultiMap headers,
            byte[] body,
            long bodyLength,
            @Nullable String sha256,
            @Nullable String model,
            boolean stream) {
        this.sequence = sequence;
        this.time = time;
        this.startNanos = startNanos;
        this.host = host;
        this.method = method;
        this.path = path;
        this.query = query;
        this.headers = headers;
        this.body = body;
        this.bodyLength = bodyLength;
        this.sha256 = sha256;
        this.model = model;
        this.stream = stream;
    }

    String sha256() {
        String known = sha256;
        if (known == null) {
            known = sha256(body);
            sha256 = known;
        }
        return known;
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
