package io.gatehouse.plugins.logging;

import io.gatehouse.api.Outlet;
import io.gatehouse.api.PluginContext;
import io.gatehouse.plugins.support.BatchQueue;
import io.gatehouse.plugins.support.Loss;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.List;

/**
 * Between log plugins and an {@link Outlet}: lines wait here, in bounded memory, for as long as they cannot be written, and are
 * dropped and counted after a minute of trying.
 *
 * <p>Any thread.
 */
public final class OutletQueue {
    private static final int MAX_ENTRIES = 10_000;
    private static final long MAX_BYTES = 64L << 20;
    private static final int BATCH_ENTRIES = 500;
    private static final long BATCH_BYTES = 256L << 10;
    private static final Duration GATHERING = Duration.ofMillis(10);
    private static final Duration FIRST_RETRY = Duration.ofMillis(10);
    private static final Duration MOST_RETRY = Duration.ofSeconds(5);
    private static final Duration RETRY_TIME = Duration.ofSeconds(60);
    private static final Duration DRAIN = Duration.ofSeconds(10);

    private final Outlet outlet;
    private final DroppedEntries dropped;
    private final int maxLine;
    private final BatchQueue<byte[]> queue;

    /**
     * Makes a queue.
     *
     * @param name of the plugin, for the error log
     * @param maxLine how long a line may be; a longer one is dropped and counted
     * @param together whether lines may be written in one piece, as to a stream
     */
    public OutletQueue(
            String name, PluginContext context, Outlet outlet, DroppedEntries dropped, int maxLine, boolean together) {
        this.outlet = outlet;
        this.dropped = dropped;
        this.maxLine = maxLine;
        this.queue = BatchQueue.<byte[]>builder(name + ' ' + context.pluginId(), context)
                .maxEntries(MAX_ENTRIES)
                .maxBytes(MAX_BYTES)
                .maxBatch(BATCH_ENTRIES)
                .maxBatchBytes(BATCH_BYTES)
                .coalescing(GATHERING)
                .retryDelay(FIRST_RETRY, MOST_RETRY)
                .maxRetryTime(RETRY_TIME)
                .onLoss(dropped)
                .build(batch -> together ? writeTogether(batch.entries()) : writeEach(batch, batch.entries(), 0));
    }

    /** Takes a line. */
    public void add(byte[] line) {
        if (line.length > maxLine) {
            dropped.accept(Loss.TOO_LARGE, 1);
        } else {
            queue.offer(line, line.length);
        }
    }

    /** Writes what is left, for some seconds at most. */
    public void close() {
        queue.close(DRAIN);
    }

    private Future<?> writeTogether(List<byte[]> lines) {
        int length = 0;
        for (byte[] line : lines) {
            length += line.length;
        }
        Buffer all = Buffer.buffer(length);
        lines.forEach(all::appendBytes);
        return outlet.write(all);
    }

    private Future<Void> writeEach(BatchQueue.Batch<byte[]> batch, List<byte[]> lines, int from) {
        return from == lines.size()
                ? Future.succeededFuture()
                : outlet.write(Buffer.buffer(lines.get(from))).compose(done -> {
                    batch.delivered(1);
                    return writeEach(batch, lines, from + 1);
                });
    }
}
