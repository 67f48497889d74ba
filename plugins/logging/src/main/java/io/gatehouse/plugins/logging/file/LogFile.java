package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.FactoryContext;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.support.BatchQueue;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that many plugin instances and event loops log to: a bounded queue in front of one writer.
 *
 * <p>Lines appear in the order they were queued in, whole, many in one append. While the file cannot be written they wait,
 * and what does not fit into the queue any more is dropped and counted, the oldest first. A line that was written in part
 * is taken back, or finished by the next write where that is not possible.
 */
final class LogFile {
    static final int MAX_ENTRIES = 10_000;
    static final long MAX_BYTES = 64L * 1024 * 1024;

    /** Lines gather for so long: a write each would cost more than the line. */
    static final Duration GATHERING = Duration.ofMillis(10);

    /** How long what is still queued is written when the file is closed. */
    static final Duration DRAIN = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
    private static final int BATCH_ENTRIES = 1000;
    private static final int BATCH_BYTES = 256 * 1024;
    private static final Duration FIRST_RETRY = Duration.ofMillis(100);
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final String path;
    private final Sink sink;
    private final BatchQueue<Line> queue;
    private final ReentrantLock writing = new ReentrantLock();
    private @Nullable ByteBuffer buffer;
    private int users;

    /** How much of the first line that is not delivered is in the file already. Guarded by {@code writing}. */
    private int torn;

    private static final class Line {
        private final byte[] entry;
        private final boolean reopen;

        Line(byte[] entry, boolean reopen) {
            this.entry = entry;
            this.reopen = reopen;
        }

        int bytes() {
            return entry.length + 1;
        }
    }

    LogFile(String path, Sink sink, FactoryContext context, DroppedEntries dropped) {
        this.path = path;
        this.sink = sink;
        this.queue = BatchQueue.<Line>builder(FileLogFactory.NAME + ' ' + path, context)
                .maxEntries(MAX_ENTRIES)
                .maxBytes(MAX_BYTES)
                .maxBatch(BATCH_ENTRIES)
                .maxBatchBytes(BATCH_BYTES)
                .coalescing(GATHERING)
                .retryDelay(FIRST_RETRY, RETRY)
                .maxRetryTime(null)
                .onLoss(dropped)
                .build(this::write);
    }

    String path() {
        return path;
    }

    /** One more user. Guarded by the factory. */
    void acquire() {
        users++;
    }

    /** One user less; says whether it was the last one. Guarded by the factory. */
    boolean release() {
        users--;
        return users == 0;
    }

    /** Queues a line. Any thread; never waits for the disk. */
    void add(byte[] entry, boolean reopen) {
        Line line = new Line(entry, reopen);
        queue.offer(line, line.bytes());
    }

    /** Writes what is queued, brings it to the disk, and closes the file. */
    void close() {
        queue.close(DRAIN);
        boolean mine = false;
        try {
            mine = writing.tryLock(1, TimeUnit.SECONDS);
            if (mine) {
                sink.sync();
                sink.close();
            } else {
                LOG.warn("a log file was not closed, a write to it does not return: path={}", path);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("a log file did not close: path={}", path, e);
        } finally {
            if (mine) {
                writing.unlock();
            }
        }
    }

    private Future<?> write(BatchQueue.Batch<Line> batch) {
        writing.lock();
        try {
            append(batch);
            return Future.succeededFuture();
        } catch (IOException | RuntimeException e) {
            return Future.failedFuture(e);
        } finally {
            writing.unlock();
        }
    }

    private void append(BatchQueue.Batch<Line> batch) throws IOException {
        List<Line> lines = batch.entries();
        boolean reopen = false;
        int size = 0;
        for (Line line : lines) {
            size += line.bytes();
            reopen |= line.reopen;
        }
        if (sink.open(reopen)) {
            torn = 0; // another file: what is left of a line does not belong into it
        }
        ByteBuffer bytes = buffer(size);
        for (Line line : lines) {
            bytes.put(line.entry).put((byte) '\n');
        }
        bytes.flip().position(torn);
        try {
            while (bytes.hasRemaining()) {
                sink.write(bytes);
            }
            torn = 0;
        } catch (IOException | RuntimeException e) {
            brokeOff(batch, lines, bytes.position());
            throw e;
        }
    }

    /** Keeps the whole lines of a write that broke off, and takes back the part of a line behind them. */
    private void brokeOff(BatchQueue.Batch<Line> batch, List<Line> lines, int written) {
        int whole = 0;
        int end = 0;
        while (whole < lines.size() && end + lines.get(whole).bytes() <= written) {
            end += lines.get(whole).bytes();
            whole++;
        }
        batch.delivered(whole);
        torn = written - end;
        try {
            if (torn > 0 && sink.takeBack(torn)) {
                torn = 0;
            }
        } catch (IOException e) {
            LOG.debug("a part of a line stays until it can be finished: path={}", path, e);
        }
        try {
            sink.close(); // a file that fails is opened anew
        } catch (IOException e) {
            LOG.debug("a log file did not close: path={}", path, e);
        }
    }

    /** Memory for a write: outside the heap, where it would be copied to anyway. */
    private ByteBuffer buffer(int size) {
        if (size > BATCH_BYTES) {
            return ByteBuffer.allocate(size);
        }
        ByteBuffer kept = buffer;
        if (kept == null) {
            kept = ByteBuffer.allocateDirect(BATCH_BYTES);
            buffer = kept;
        }
        return kept.clear();
    }
}
