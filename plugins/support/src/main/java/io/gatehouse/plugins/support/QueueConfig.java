package io.gatehouse.plugins.support;

import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Problems;
import io.gatehouse.api.config.Range;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Kong's {@code queue} block, to be a component of a plugin's configuration record.
 *
 * <p>Two things are bounded here that Kong leaves open: bytes, when {@code max_bytes} is absent, and batches that are on
 * their way at once, when {@code concurrency_limit} is -1.
 */
@Doc("How entries are queued and sent.")
public record QueueConfig(
        @Doc("How many entries are sent together at most.") @Default("1") @Range(min = 1, max = 1_000_000)
        int maxBatchSize,

        @Doc("Seconds that an entry waits for others to be sent with. Without effect when `max_batch_size` is 1.")
        @Default("1")
        @Range(min = 0, max = 3600)
        double maxCoalescingDelay,

        @Doc("How many entries may wait. When there are more, the oldest are dropped and counted.")
        @Default("10000")
        @Range(min = 1, max = 1_000_000)
        int maxEntries,

        @Doc("How many bytes may wait; 64 MiB when absent. A larger entry is dropped and counted.") @Nullable
        Long maxBytes,

        @Doc("Seconds until a batch that failed is sent again; doubled with each failure.")
        @Default("0.01")
        @Range(min = 0.001, max = 1_000_000)
        double initialRetryDelay,

        @Doc("The most seconds between two attempts.") @Default("60") @Range(min = 0.001, max = 1_000_000)
        double maxRetryDelay,

        @Doc("Seconds after which a batch that fails is dropped and counted; -1 for no second attempt.") @Default("60")
        double maxRetryTime,

        @Doc(
                "1 sends one batch after the other, which keeps the order. -1 sends each entry at once and by itself, up to 64"
                        + " at a time.")
        @Default("1")
        @Range(min = -1, max = 1)
        int concurrencyLimit) {
    /** How many entries are on their way at once where there is no limit. */
    public static final int UNLIMITED = 64;

    /**
     * Reports what annotations cannot say.
     *
     * @param path where the block stands, such as {@code queue}
     */
    public void validate(String path, Problems problems) {
        if (concurrencyLimit == 0) {
            problems.add(path + ".concurrency_limit", "expected one of: 1, -1 (got: 0)");
        }
    }

    /** How many batches are on their way at once. */
    public int concurrency() {
        return concurrencyLimit < 0 ? UNLIMITED : 1;
    }

    /**
     * Starts a queue with these limits.
     *
     * @param name shown in the error log
     * @param context must outlive the queue
     */
    public <T> BatchQueue.Builder<T> builder(String name, FactoryContext context) {
        BatchQueue.Builder<T> builder = BatchQueue.<T>builder(name, context)
                .maxBatch(concurrencyLimit < 0 ? 1 : maxBatchSize)
                .coalescing(seconds(maxCoalescingDelay))
                .maxEntries(maxEntries)
                .retryDelay(seconds(initialRetryDelay), seconds(maxRetryDelay))
                .maxRetryTime(seconds(maxRetryTime))
                .concurrency(concurrency());
        return maxBytes == null ? builder : builder.maxBytes(maxBytes);
    }

    /** This block with what older fields of a plugin say instead; null where they say nothing. */
    public QueueConfig with(@Nullable Integer batchSize, @Nullable Double coalescingDelay) {
        return new QueueConfig(
                batchSize == null ? maxBatchSize : batchSize,
                coalescingDelay == null ? maxCoalescingDelay : coalescingDelay,
                maxEntries,
                maxBytes,
                initialRetryDelay,
                maxRetryDelay,
                maxRetryTime,
                concurrencyLimit);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }
}
