package io.gatehouse.plugins.support;

import static java.util.Objects.requireNonNull;

import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.HttpCallException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bounded queue between event loops and something slow that takes entries in batches: a log sink, a collector, a file.
 * The keys and their meaning are those of Kong's {@code queue} blocks.
 *
 * <p>At every moment {@code offered = delivered + dropped + queued}, entries that are being sent counted as queued; {@link
 * #counts()} shows the four. Entries and bytes are bounded. When there is no room the oldest entry that is not being sent
 * is dropped. A batch whose sending fails is sent again, later and later, until it arrives or {@code maxRetryTime} is over.
 * A batch may therefore arrive twice, if its answer was lost.
 *
 * <pre>{@code
 * BatchQueue<byte[]> queue = BatchQueue.<byte[]>builder("my-log", context)
 *         .maxBatch(200)
 *         .coalescing(Duration.ofSeconds(1))
 *         .onLoss((loss, entries) -> dropped.with(loss.label()).add(entries))
 *         .build(batch -> sendAll(batch.entries()));
 * queue.offer(entry, entry.length);   // on any event loop
 * queue.close(Duration.ofSeconds(10));   // in Plugin.close
 * }</pre>
 *
 * <p>Thread rule: any thread, event loops included: {@link #offer} holds a lock for some field accesses and never waits.
 * The sender is called on worker threads of the gateway. Only {@link #close} blocks.
 *
 * @param <T> an entry; it must not change once it was offered
 */
public final class BatchQueue<T> {
    private static final Logger LOG = LoggerFactory.getLogger(BatchQueue.class);
    private static final Duration QUIET = Duration.ofSeconds(10);

    private final String name;
    private final FactoryContext context;
    private final Sender<T> sender;
    private final ObjIntConsumer<Loss> onLoss;
    private final int maxEntries;
    private final long maxBytes;
    private final int maxBatch;
    private final long maxBatchBytes;
    private final int concurrency;
    private final Duration coalescing;
    private final long initialRetryNanos;
    private final long maxRetryNanos;
    private final @Nullable Duration maxRetryTime;

    private final Object lock = new Object();
    private final ArrayDeque<Item<T>> waiting = new ArrayDeque<>();
    private final Set<Batch<T>> flying = new HashSet<>();
    /** Those of the flying batches that wait for their next attempt. */
    private final Set<Batch<T>> resting = new HashSet<>();

    private final Map<Loss, Long> dropped = new EnumMap<>(Loss.class);
    private final Promise<Void> drained = Promise.promise();
    private long waitingBytes;
    private int flyingEntries;
    private long flyingBytes;
    private long offered;
    private long delivered;
    private boolean timerSet;
    /** Entries have waited long enough for others to join them. */
    private boolean ripe;

    private boolean pumping;
    private boolean closing;
    private boolean closed;
    private boolean nearlyFull;

    /** The error log knows that sending fails, or that the queue is full, and is to be told when that is over. */
    private boolean failureTold;

    private boolean fullTold;

    /** When something of this kind was last told. What comes and goes with every batch is not told each time. */
    private final Map<String, Long> toldAtMillis = new HashMap<>();

    /** Takes batches away. */
    @FunctionalInterface
    public interface Sender<T> {
        /**
         * Sends a batch. Called on a worker thread; it may block, though a sender that returns early leaves the thread to
         * others.
         *
         * @return succeeds when all of the batch has arrived. When it fails, or this method throws, what was not {@link
         *     Batch#delivered delivered} is sent again
         */
        Future<?> send(Batch<T> batch) throws Exception;
    }

    /**
     * The balance of a queue.
     *
     * @param offered entries offered so far
     * @param delivered entries that arrived
     * @param dropped entries that were dropped, by reason
     * @param queued entries that wait or are being sent
     */
    public record Counts(long offered, long delivered, Map<Loss, Long> dropped, long queued) {
        /** Copies the map. */
        public Counts {
            dropped = Map.copyOf(dropped);
        }

        /** All that were dropped. */
        public long allDropped() {
            long all = 0;
            for (long one : dropped.values()) {
                all += one;
            }
            return all;
        }
    }

    private record Item<T>(T entry, int bytes) {}

    /** Entries that are sent together. For the sender only, on one thread at a time. */
    public static final class Batch<T> {
        private final BatchQueue<T> queue;
        private final ArrayDeque<Item<T>> items = new ArrayDeque<>();
        private long bytes;
        private long retryNanos;
        private long firstAttemptMillis = -1;

        private Batch(BatchQueue<T> queue) {
            this.queue = queue;
        }

        /** What is still to be delivered, in the order it was offered in. A copy. */
        public List<T> entries() {
            List<T> entries = new ArrayList<>(items.size());
            for (Item<T> item : items) {
                entries.add(item.entry());
            }
            return Collections.unmodifiableList(entries);
        }

        private boolean isEmpty() {
            synchronized (queue.lock) {
                return items.isEmpty();
            }
        }

        /**
         * Says that the first so many of {@link #entries()} have arrived, whatever becomes of the others: they are not sent
         * again.
         */
        public void delivered(int count) {
            queue.delivered(this, count);
        }
    }

    private BatchQueue(Builder<T> builder, Sender<T> sender) {
        this.name = builder.name;
        this.context = builder.context;
        this.sender = sender;
        this.onLoss = builder.onLoss;
        this.maxEntries = builder.maxEntries;
        this.maxBytes = builder.maxBytes;
        this.maxBatch = builder.maxBatch;
        this.maxBatchBytes = builder.maxBatchBytes;
        this.concurrency = builder.concurrency;
        this.coalescing = builder.coalescing;
        this.initialRetryNanos = builder.initialRetryDelay.toNanos();
        this.maxRetryNanos = builder.maxRetryDelay.toNanos();
        this.maxRetryTime = builder.maxRetryTime;
    }

    /**
     * Starts a queue.
     *
     * @param name shown in the error log
     * @param context gives worker threads, timers and the clock; it must outlive the queue
     */
    public static <T> Builder<T> builder(String name, FactoryContext context) {
        return new Builder<>(name, context);
    }

    /**
     * Adds an entry, or drops it or older ones where there is no room.
     *
     * @param bytes what the entry counts against the byte limits
     */
    public void offer(T entry, int bytes) {
        Loss loss = null;
        int lost = 0;
        boolean go = false;
        boolean warn;
        synchronized (lock) {
            offered++;
            if (closing) {
                loss = Loss.CLOSED;
                lost = 1;
            } else if (bytes > maxBytes) {
                loss = Loss.TOO_LARGE;
                lost = 1;
            } else if (flyingEntries >= maxEntries || flyingBytes + bytes > maxBytes) {
                loss = Loss.QUEUE_FULL; // what is being sent leaves no room for it, whatever else went
                lost = 1;
            } else {
                while (!hasRoom(bytes)) {
                    loss = Loss.QUEUE_FULL;
                    lost++;
                    waitingBytes -= waiting.remove().bytes();
                }
                waiting.add(new Item<>(entry, bytes));
                waitingBytes += bytes;
                go = due();
            }
            if (loss != null) {
                dropped.merge(loss, (long) lost, Long::sum);
            }
            boolean nearly = (waiting.size() + flyingEntries) * 5L >= maxEntries * 4L;
            warn = nearly && !nearlyFull && maxEntries > 1 && mayTell("nearly full");
            nearlyFull = nearly;
        }
        if (loss != null) {
            lost(loss, lost);
        }
        if (warn) {
            LOG.warn("the queue is 80 % full: queue={} max_entries={}", name, maxEntries);
        }
        if (go) {
            pump();
        }
    }

    private boolean hasRoom(int bytes) {
        return waiting.size() + flyingEntries < maxEntries && waitingBytes + flyingBytes + bytes <= maxBytes;
    }

    /** The balance now. */
    public Counts counts() {
        synchronized (lock) {
            return new Counts(offered, delivered, dropped, (long) waiting.size() + flyingEntries);
        }
    }

    /**
     * Takes no more entries, sends what is left without waiting for others to join, and returns when all has arrived or the
     * limit has passed; what is left then is dropped. Blocks, so it is not for event loops.
     */
    public void close(Duration limit) {
        List<Batch<T>> now = new ArrayList<>();
        synchronized (lock) {
            closing = true;
            now.addAll(resting);
            resting.clear();
            for (Batch<T> batch : now) {
                batch.retryNanos = 0; // what was far apart is tried quickly once more
            }
        }
        now.forEach(this::launch);
        pump();
        completeWhenEmpty();
        try {
            drained.future().toCompletionStage().toCompletableFuture().get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            giveUp();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            giveUp();
        } catch (ExecutionException neverFails) {
            throw new IllegalStateException(neverFails);
        }
    }

    /** Whether a batch is to be sent now; sets the timer when one is to be sent later. Under the lock. */
    private boolean due() {
        if (waiting.isEmpty()) {
            return false;
        }
        boolean whole = waiting.size() >= maxBatch || waitingBytes >= maxBatchBytes;
        if (!whole && !closing && !ripe && !coalescing.isZero()) {
            if (!timerSet) {
                timerSet = true;
                context.after(coalescing, this::ripen);
            }
            return false;
        }
        return flying.size() < concurrency;
    }

    private void ripen() {
        synchronized (lock) {
            timerSet = false;
            ripe = true;
        }
        pump();
    }

    /** Launches what is due. One thread does it at a time, without recursion; the others leave it to that one. */
    private void pump() {
        synchronized (lock) {
            if (pumping) {
                return;
            }
            pumping = true;
        }
        while (true) {
            Batch<T> batch;
            synchronized (lock) {
                if (!due()) {
                    pumping = false;
                    return;
                }
                batch = take();
            }
            launch(batch);
        }
    }

    private Batch<T> take() {
        Batch<T> batch = new Batch<>(this);
        Item<T> item = waiting.peek();
        while (item != null
                && batch.items.size() < maxBatch
                && (batch.items.isEmpty() || batch.bytes + item.bytes() <= maxBatchBytes)) {
            waiting.remove();
            batch.items.add(item);
            batch.bytes += item.bytes();
            item = waiting.peek();
        }
        ripe = false;
        waitingBytes -= batch.bytes;
        flyingBytes += batch.bytes;
        flyingEntries += batch.items.size();
        flying.add(batch);
        return batch;
    }

    private void launch(Batch<T> batch) {
        Future<Boolean> run;
        try {
            run = context.blocking(() -> {
                attempt(batch);
                return true;
            });
        } catch (RuntimeException e) {
            run = Future.failedFuture(e);
        }
        run.onFailure(noThread -> failed(batch, noThread));
    }

    // a sender of a plugin may throw anything; the queue survives it
    @SuppressWarnings("CatchingUnchecked")
    private void attempt(Batch<T> batch) {
        synchronized (lock) {
            if (!flying.contains(batch)) {
                return;
            }
            if (batch.firstAttemptMillis < 0) {
                batch.firstAttemptMillis = context.clock().millis();
            }
        }
        Future<?> outcome;
        try {
            outcome = requireNonNull(sender.send(batch), "the sender's future");
        } catch (Exception | LinkageError e) {
            outcome = Future.failedFuture(e);
        }
        outcome.onComplete(done -> {
            if (done.succeeded() || batch.isEmpty()) {
                arrived(batch);
            } else {
                failed(batch, done.cause());
            }
        });
    }

    private void delivered(Batch<T> batch, int count) {
        synchronized (lock) {
            if (!flying.contains(batch)) {
                return; // given up meanwhile, and counted as dropped
            }
            for (int i = 0; i < count; i++) {
                Item<T> item = batch.items.remove();
                batch.bytes -= item.bytes();
                flyingBytes -= item.bytes();
            }
            flyingEntries -= count;
            delivered += count;
        }
    }

    private void arrived(Batch<T> batch) {
        boolean again;
        long lost;
        synchronized (lock) {
            if (!flying.contains(batch)) {
                return;
            }
            delivered += batch.items.size();
            land(batch);
            again = failureTold || fullTold;
            lost = dropped.getOrDefault(Loss.QUEUE_FULL, 0L);
            failureTold = false;
            fullTold = false;
        }
        if (again) {
            LOG.info("queued entries are delivered again: queue={} dropped_when_full={}", name, lost);
        }
        pump();
        completeWhenEmpty();
    }

    /** Takes a batch out of the books. Under the lock. */
    private void land(Batch<T> batch) {
        flying.remove(batch);
        resting.remove(batch);
        flyingEntries -= batch.items.size();
        flyingBytes -= batch.bytes;
    }

    private void failed(Batch<T> batch, Throwable cause) {
        boolean first;
        int lost = 0;
        synchronized (lock) {
            if (!flying.contains(batch)) {
                return;
            }
            first = !failureTold && mayTell("failing");
            failureTold |= first;
            Duration limit = maxRetryTime;
            long tried = batch.firstAttemptMillis < 0 ? 0 : context.clock().millis() - batch.firstAttemptMillis;
            if (limit != null && tried > limit.toMillis()) {
                lost = batch.items.size();
                dropped.merge(Loss.RETRY_TIME, (long) lost, Long::sum);
                land(batch);
            } else {
                resting.add(batch);
                long delay = batch.retryNanos == 0 ? initialRetryNanos : batch.retryNanos * 2;
                batch.retryNanos = Math.min(maxRetryNanos, delay);
                context.after(Duration.ofNanos(batch.retryNanos), () -> wake(batch));
            }
        }
        if (first) {
            LOG.warn("queued entries cannot be delivered, they are sent again: queue={} cause={}", name, text(cause));
        }
        if (lost > 0) {
            lost(Loss.RETRY_TIME, lost);
            pump();
            completeWhenEmpty();
        }
    }

    private void wake(Batch<T> batch) {
        boolean mine;
        synchronized (lock) {
            mine = resting.remove(batch);
        }
        if (mine) {
            launch(batch);
        }
    }

    private void completeWhenEmpty() {
        synchronized (lock) {
            if (!closing || closed || !waiting.isEmpty() || !flying.isEmpty()) {
                return;
            }
            closed = true;
        }
        drained.tryComplete();
    }

    private void giveUp() {
        int lost;
        synchronized (lock) {
            lost = waiting.size() + flyingEntries;
            waiting.clear();
            flying.clear();
            resting.clear();
            waitingBytes = 0;
            flyingBytes = 0;
            flyingEntries = 0;
            closed = true;
            if (lost > 0) {
                dropped.merge(Loss.CLOSED, (long) lost, Long::sum);
            }
        }
        drained.tryComplete();
        if (lost > 0) {
            lost(Loss.CLOSED, lost);
        }
    }

    private void lost(Loss loss, int entries) {
        onLoss.accept(loss, entries);
        long all;
        synchronized (lock) {
            if ((loss == Loss.QUEUE_FULL && fullTold) || !mayTell(loss.label())) {
                return;
            }
            fullTold |= loss == Loss.QUEUE_FULL;
            all = dropped.getOrDefault(loss, 0L);
        }
        String text = switch (loss) {
            case QUEUE_FULL -> "the queue is full, the oldest entries are dropped until others were delivered";
            case TOO_LARGE -> "an entry is larger than the whole queue and dropped";
            case RETRY_TIME -> "entries could not be delivered in time and are dropped";
            case CLOSED -> "entries are dropped, the queue is closed";
        };
        LOG.warn("{}: queue={} entries={} dropped_so_far={}", text, name, entries, all);
    }

    /** Whether something of this kind may be told again. Under the lock. */
    private boolean mayTell(String kind) {
        long now = context.clock().millis();
        Long last = toldAtMillis.get(kind);
        if (last != null && now - last < QUIET.toMillis()) {
            return false;
        }
        toldAtMillis.put(kind, now);
        return true;
    }

    private static String text(Throwable cause) {
        return cause instanceof HttpCallException ? String.valueOf(cause.getMessage()) : cause.toString();
    }

    /** Collects the limits of a queue. Those not set are Kong's defaults. */
    public static final class Builder<T> {
        private final String name;
        private final FactoryContext context;
        private ObjIntConsumer<Loss> onLoss = (loss, entries) -> {};
        private int maxEntries = 10_000;
        private long maxBytes = 64L * 1024 * 1024;
        private int maxBatch = 1;
        private long maxBatchBytes = Long.MAX_VALUE;
        private int concurrency = 1;
        private Duration coalescing = Duration.ofSeconds(1);
        private Duration initialRetryDelay = Duration.ofMillis(10);
        private Duration maxRetryDelay = Duration.ofSeconds(60);
        private @Nullable Duration maxRetryTime = Duration.ofSeconds(60);

        private Builder(String name, FactoryContext context) {
            this.name = requireNonNull(name, "name");
            this.context = requireNonNull(context, "context");
        }

        /** Sets how many entries may wait or be on their way. */
        public Builder<T> maxEntries(int entries) {
            this.maxEntries = positive("maxEntries", entries);
            return this;
        }

        /** Sets how many bytes may wait or be on their way; 64 MiB unless set. A larger entry is dropped. */
        public Builder<T> maxBytes(long bytes) {
            this.maxBytes = bytes;
            return this;
        }

        /** Sets how many entries are sent together at most. */
        public Builder<T> maxBatch(int entries) {
            this.maxBatch = positive("maxBatch", entries);
            return this;
        }

        /** Sets how many bytes are sent together at most, unless a single entry has more. */
        public Builder<T> maxBatchBytes(long bytes) {
            this.maxBatchBytes = bytes;
            return this;
        }

        /** Sets how many batches may be on their way at once; with 1 entries arrive in their order. */
        public Builder<T> concurrency(int batches) {
            this.concurrency = positive("concurrency", batches);
            return this;
        }

        /** Sets how long an entry may wait for others to join it. */
        public Builder<T> coalescing(Duration delay) {
            this.coalescing = delay;
            return this;
        }

        /** Sets the wait before a failed batch is sent again. It doubles with each failure, up to a limit. */
        public Builder<T> retryDelay(Duration initial, Duration max) {
            this.initialRetryDelay = initial;
            this.maxRetryDelay = max;
            return this;
        }

        /** Sets for how long a batch is tried, from its first attempt: negative for once, null for ever. */
        public Builder<T> maxRetryTime(@Nullable Duration time) {
            this.maxRetryTime = time;
            return this;
        }

        /** Sets what is told of dropped entries: the reason and how many. Called on any thread; must not block. */
        public Builder<T> onLoss(ObjIntConsumer<Loss> listener) {
            this.onLoss = requireNonNull(listener, "listener");
            return this;
        }

        /** Makes the queue. */
        public BatchQueue<T> build(Sender<T> sender) {
            return new BatchQueue<>(this, requireNonNull(sender, "sender"));
        }

        private static int positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + ": " + value + " (expected: at least 1)");
            }
            return value;
        }
    }
}
