package io.gatehouse.simulator;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the simulator saw and sent: the last so many requests, and sums over all of them. Thread-safe;
 * nothing here waits, and the futures complete within their time limit in any case.
 */
public final class Ledger {
    /** What the sums are kept for. A request whose body names no model has the model {@code ""}. */
    public record Key(String host, String model) implements Comparable<Key> {
        /** By host, then by model. */
        @Override
        public int compareTo(Key other) {
            int byHost = host.compareTo(other.host);
            return byHost != 0 ? byHost : model.compareTo(other.model);
        }
    }

    /**
     * Sums for one host and model.
     *
     * @param requests requests seen
     * @param ended requests that have ended
     * @param whole requests whose answer was sent whole, errors included
     * @param errors requests answered with a status from 400 on
     * @param promptTokens prompt tokens of the ended ones
     * @param completionTokens completion tokens sent by the ended ones
     * @param totalTokens their sum
     * @param wholePromptTokens prompt tokens of those sent whole
     * @param wholeCompletionTokens completion tokens of those sent whole
     */
    public record Sums(
            long requests,
            long ended,
            long whole,
            long errors,
            long promptTokens,
            long completionTokens,
            long totalTokens,
            long wholePromptTokens,
            long wholeCompletionTokens) {}

    private static final class Counters {
        long requests;
        long ended;
        long whole;
        long errors;
        long promptTokens;
        long completionTokens;
        long wholePromptTokens;
        long wholeCompletionTokens;

        Sums sums() {
            return new Sums(
                    requests,
                    ended,
                    whole,
                    errors,
                    promptTokens,
                    completionTokens,
                    promptTokens + completionTokens,
                    wholePromptTokens,
                    wholeCompletionTokens);
        }
    }

    private record Waiter(int count, Predicate<LedgerRecord> filter, Promise<List<LedgerRecord>> promise) {}

    private static final int MAX_KEYS = 10_000;

    private final Vertx vertx;
    private final int capacity;
    private final AtomicLong sequence = new AtomicLong();
    private final ArrayDeque<LedgerEntry> entries = new ArrayDeque<>();
    private final Map<Key, Counters> counters = new HashMap<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private final AtomicBoolean waking = new AtomicBoolean();
    /** Spares the plain path the look at the waiters. */
    private volatile boolean waiting;

    private long open;

    Ledger(Vertx vertx, int capacity) {
        this.vertx = vertx;
        this.capacity = capacity;
    }

    long nextSequence() {
        return sequence.incrementAndGet();
    }

    void begin(LedgerEntry entry) {
        synchronized (this) {
            if (entries.size() == capacity) {
                entries.removeFirst();
            }
            entries.addLast(entry);
            counters(entry).requests++;
            open++;
        }
        wake();
    }

    private Counters counters(LedgerEntry entry) {
        Key key = new Key(entry.host, entry.model == null ? "" : entry.model);
        Counters found = counters.get(key);
        if (found == null) {
            // a client that invents models must not fill the memory
            key = counters.size() < MAX_KEYS ? key : new Key("", "");
            found = counters.computeIfAbsent(key, absent -> new Counters());
        }
        return found;
    }

    synchronized void head(LedgerEntry entry, int status, long promptTokens) {
        entry.status = status;
        entry.promptTokens = promptTokens;
    }

    void progress(LedgerEntry entry, long eventsSent, long bytesSent, long completionTokens) {
        synchronized (this) {
            entry.eventsSent = eventsSent;
            entry.bytesSent = bytesSent;
            entry.completionTokens = completionTokens;
        }
        wake();
    }

    void stalled(LedgerEntry entry) {
        synchronized (this) {
            entry.stalled = true;
        }
        wake();
    }

    void end(LedgerEntry entry, LedgerRecord.End end) {
        synchronized (this) {
            if (entry.end != LedgerRecord.End.OPEN) {
                return;
            }
            entry.end = end;
            entry.durationMs = (System.nanoTime() - entry.startNanos) / 1_000_000;
            open--;
            Counters sums = counters(entry);
            sums.ended++;
            sums.promptTokens += entry.promptTokens;
            sums.completionTokens += entry.completionTokens;
            if (entry.status >= 400) {
                sums.errors++;
            }
            if (end == LedgerRecord.End.SENT) {
                sums.whole++;
                sums.wholePromptTokens += entry.promptTokens;
                sums.wholeCompletionTokens += entry.completionTokens;
            }
        }
        wake();
    }

    void peerClosed(LedgerEntry entry) {
        synchronized (this) {
            if (entry.peerClosedMs < 0) {
                entry.peerClosedMs = (System.nanoTime() - entry.startNanos) / 1_000_000;
            }
        }
        wake();
    }

    /** The records kept, oldest first. */
    public List<LedgerRecord> records() {
        return records(record -> true);
    }

    /** The records kept that fit, oldest first. */
    public List<LedgerRecord> records(Predicate<LedgerRecord> filter) {
        List<LedgerEntry> copy;
        List<LedgerRecord> found = new ArrayList<>();
        synchronized (this) {
            copy = new ArrayList<>(entries);
        }
        for (LedgerEntry entry : copy) {
            LedgerRecord record;
            synchronized (this) {
                record = new LedgerRecord(entry);
            }
            if (filter.test(record)) {
                found.add(record);
            }
        }
        return found;
    }

    /** The records of one host, oldest first. */
    public List<LedgerRecord> host(String host) {
        String name = Hosts.name(host);
        return records(record -> record.host().equals(name));
    }

    /** The records of one requested model, oldest first. */
    public List<LedgerRecord> model(String model) {
        return records(record -> model.equals(record.model()));
    }

    /** The newest record, or null if there is none. */
    public @Nullable LedgerRecord last() {
        synchronized (this) {
            LedgerEntry newest = entries.peekLast();
            return newest == null ? null : new LedgerRecord(newest);
        }
    }

    /** How many requests have been seen since the last {@link #clear()}; also those no longer kept. */
    public synchronized long seen() {
        long seen = 0;
        for (Counters one : counters.values()) {
            seen += one.requests;
        }
        return seen;
    }

    /** How many requests have not ended. */
    public synchronized long open() {
        return open;
    }

    /** Sums per host and model, over all requests since the last {@link #clear()}; sorted. */
    public synchronized Map<Key, Sums> summary() {
        Map<Key, Sums> all = new TreeMap<>();
        counters.forEach((key, one) -> all.put(key, one.sums()));
        return all;
    }

    /** Sum of everything in {@link #summary()}. */
    public Sums total() {
        Counters total = new Counters();
        for (Sums one : summary().values()) {
            total.requests += one.requests();
            total.ended += one.ended();
            total.whole += one.whole();
            total.errors += one.errors();
            total.promptTokens += one.promptTokens();
            total.completionTokens += one.completionTokens();
            total.wholePromptTokens += one.wholePromptTokens();
            total.wholeCompletionTokens += one.wholeCompletionTokens();
        }
        return total.sums();
    }

    /** Forgets all records and sums. Requests in progress keep running; they count as seen when they end. */
    public synchronized void clear() {
        entries.clear();
        counters.clear();
    }

    /**
     * The first {@code count} ended records that are kept, once there are so many.
     *
     * @return fails with a {@link TimeoutException} after {@code limit}
     */
    public Future<List<LedgerRecord>> awaitEnded(int count, Duration limit) {
        return await(count, LedgerRecord::ended, limit);
    }

    /**
     * The first record that fits, once there is one. The filter is tried whenever something changes (a
     * request came, an event was sent, it ended, the peer closed), so that it can wait for a moment too:
     * {@code await(r -> r.eventsSent() >= 3, limit)}. It must not block.
     *
     * @return fails with a {@link TimeoutException} after {@code limit}
     */
    public Future<LedgerRecord> await(Predicate<LedgerRecord> filter, Duration limit) {
        return await(1, filter, limit).map(found -> found.get(0));
    }

    /**
     * The first {@code count} records that fit, once there are so many.
     *
     * @return fails with a {@link TimeoutException} after {@code limit}
     */
    public Future<List<LedgerRecord>> await(int count, Predicate<LedgerRecord> filter, Duration limit) {
        Waiter waiter = new Waiter(count, filter, Promise.promise());
        synchronized (this) {
            waiters.add(waiter);
            waiting = true;
        }
        long timer = vertx.setTimer(Math.max(1, limit.toMillis()), id -> {
            forget(waiter);
            waiter.promise.tryFail(
                    new TimeoutException("ledger: " + records(filter).size() + " fitting records within "
                            + limit.toMillis() + " ms (expected: " + count + "); seen: " + records()));
        });
        waiter.promise.future().onComplete(done -> vertx.cancelTimer(timer));
        wake();
        return waiter.promise.future();
    }

    /**
     * Completes once no request is open. A client has its answer a moment before the simulator knows that it
     * was sent, so this belongs between the last answer and a look at the sums.
     *
     * @return fails with a {@link TimeoutException} after {@code limit}
     */
    public Future<Void> awaitIdle(Duration limit) {
        Promise<Void> promise = Promise.promise();
        idle(promise, System.nanoTime() + limit.toNanos());
        return promise.future();
    }

    private void idle(Promise<Void> promise, long deadline) {
        long left = open();
        if (left == 0) {
            promise.complete();
        } else if (System.nanoTime() - deadline >= 0) {
            promise.fail(new TimeoutException(
                    "ledger: " + left + " requests open (expected: 0): " + records(record -> !record.ended())));
        } else {
            vertx.setTimer(1, id -> idle(promise, deadline));
        }
    }

    private synchronized void forget(Waiter waiter) {
        waiters.remove(waiter);
        waiting = !waiters.isEmpty();
    }

    /** Has the waiters looked at soon: once for all changes of a millisecond, since a look is not cheap. */
    private void wake() {
        if (waiting && waking.compareAndSet(false, true)) {
            vertx.setTimer(1, id -> look());
        }
    }

    private void look() {
        waking.set(false);
        List<Waiter> all;
        synchronized (this) {
            all = new ArrayList<>(waiters);
        }
        for (Waiter waiter : all) {
            try {
                List<LedgerRecord> found = records(waiter.filter);
                if (found.size() >= waiter.count) {
                    forget(waiter);
                    waiter.promise.tryComplete(List.copyOf(found.subList(0, waiter.count)));
                }
            } catch (RuntimeException e) {
                forget(waiter);
                waiter.promise.tryFail(e);
            }
        }
    }
}
