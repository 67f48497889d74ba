package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.Metrics;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that many plugin instances and event loops log to: a bounded queue in front of one writer.
 *
 * <p>Lines appear in the order they were queued in, whole, many in one append. What does not fit into the queue or cannot
 * be written is dropped and counted; nothing waits for the disk.
 */
final class LogFile {
    static final int MAX_ENTRIES = 10_000;
    static final long MAX_BYTES = 64L * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(LogFile.class);
    private static final int BATCH_BYTES = 256 * 1024;

    private final String path;
    private final Sink sink;
    private final Worker worker;
    private final Metrics.Counter drops;
    private final Object writing = new Object();
    private final ArrayDeque<Line> queue = new ArrayDeque<>();
    private long queuedBytes;
    private boolean scheduled;
    private int users;

    /** The last write broke off within a line, so the next one has to begin a new one. Guarded by {@code writing}. */
    private boolean torn;

    /** Whether the last write failed: a lasting fault is logged once. Guarded by {@code writing}. */
    private boolean failing;

    /** Runs blocking work off the event loops. */
    interface Worker {
        <T> Future<T> run(Callable<T> work);
    }

    private record Line(Buffer entry, boolean reopen) {
        int bytes() {
            return entry.length() + 1;
        }
    }

    LogFile(String path, Sink sink, Worker worker, Metrics.Counter drops) {
        this.path = path;
        this.sink = sink;
        this.worker = worker;
        this.drops = drops;
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

    /** Queues a line. Any thread; never blocks on the disk. */
    void add(Buffer entry, boolean reopen) {
        Line line = new Line(entry, reopen);
        synchronized (queue) {
            if (queue.size() >= MAX_ENTRIES || (!queue.isEmpty() && queuedBytes + line.bytes() > MAX_BYTES)) {
                dropped("queue_full");
                return;
            }
            queue.add(line);
            queuedBytes += line.bytes();
            if (scheduled) {
                return;
            }
            scheduled = true;
        }
        worker.run(this::writeAll).onFailure(cause -> {
            // the pool is closing or full: the next line, or the flush at the end, tries again
            synchronized (queue) {
                scheduled = false;
            }
        });
    }

    /** Counts an entry that was not written. */
    void dropped(String reason) {
        drops.with(FileLogFactory.NAME, reason).add(1);
    }

    /** Writes what is queued now, on the calling thread. */
    void flush(boolean close) {
        synchronized (writing) {
            drain();
            if (close) {
                closeQuietly();
            }
        }
    }

    private @Nullable Void writeAll() {
        synchronized (writing) {
            drain();
        }
        return null;
    }

    private void drain() {
        List<Line> batch = new ArrayList<>();
        while (true) {
            batch.clear();
            int bytes = 0;
            synchronized (queue) {
                while (!queue.isEmpty()
                        && (batch.isEmpty() || bytes + queue.peek().bytes() <= BATCH_BYTES)) {
                    Line line = queue.remove();
                    bytes += line.bytes();
                    batch.add(line);
                }
                queuedBytes -= bytes;
                if (batch.isEmpty()) {
                    scheduled = false;
                    return;
                }
            }
            write(batch, bytes);
        }
    }

    private void write(List<Line> batch, int size) {
        boolean reopen = false;
        ByteBuffer bytes = ByteBuffer.allocate(size + 1);
        int lead = torn ? 1 : 0;
        if (torn) {
            bytes.put((byte) '\n');
        }
        for (Line line : batch) {
            bytes.put(line.entry().getBytes()).put((byte) '\n');
            reopen |= line.reopen();
        }
        bytes.flip();
        String reason = "open_failed";
        try {
            if (reopen) {
                sink.close();
            }
            sink.open();
            reason = "write_failed";
            while (bytes.hasRemaining()) {
                sink.write(bytes);
            }
            torn = false;
            if (failing) {
                failing = false;
                LOG.atWarn().addKeyValue("path", path).log("Log entries are written again");
            }
        } catch (IOException | RuntimeException e) {
            failed(batch, bytes.position() - lead, reason, e);
        }
    }

    /**
     * Some lines of a batch may have been written, and one of them in part.
     *
     * @param written bytes of the batch's lines that were written, -1 when not even the line end in front of them was
     */
    private void failed(List<Line> batch, int written, String reason, Exception cause) {
        int end = 0;
        int lost = 0;
        boolean within = false;
        for (Line line : batch) {
            int start = end;
            end += line.bytes();
            if (end > written) {
                lost++;
                dropped(reason);
                within |= start < written;
            }
        }
        if (written >= 0) {
            torn = within;
        }
        closeQuietly();
        if (!failing) {
            failing = true;
            LOG.atWarn()
                    .addKeyValue("path", path)
                    .addKeyValue("reason", reason)
                    .addKeyValue("cause", cause.toString())
                    .addKeyValue("lost", lost)
                    .log("Log entries are lost until the file can be written");
        }
    }

    private void closeQuietly() {
        try {
            sink.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("path", path).log("A log file did not close");
        }
    }
}
