package io.gatehouse.plugins.traffic.cache;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Answers in memory, bounded in bytes, in the order of use; and which of them are being fetched. Any thread: the lock is held for
 * a look-up only.
 */
final class ResponseStore {
    /** All that is kept takes about this many bytes at most. */
    static final long MAX_BYTES = 64L << 20;

    /** Answers that are on their way and may be kept take this many bytes at most. */
    static final long MAX_PENDING_BYTES = 32L << 20;

    private static final int KEY_BYTES = 200;

    private final LinkedHashMap<String, Kept> all = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Flight> flights = new ConcurrentHashMap<>();
    private final AtomicLong pending = new AtomicLong();
    private long bytes;

    synchronized @Nullable Kept get(String key, long now) {
        Kept found = all.get(key);
        if (found != null && found.until() <= now) {
            remove(key);
            return null;
        }
        return found;
    }

    synchronized void put(String key, Kept kept) {
        remove(key);
        all.put(key, kept);
        bytes += kept.size() + KEY_BYTES;
        Iterator<Map.Entry<String, Kept>> eldest = all.entrySet().iterator();
        while (bytes > MAX_BYTES && eldest.hasNext()) {
            bytes -= eldest.next().getValue().size() + KEY_BYTES;
            eldest.remove();
        }
    }

    private void remove(String key) {
        Kept old = all.remove(key);
        if (old != null) {
            bytes -= old.size() + KEY_BYTES;
        }
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Takes room for an answer on its way; false when there is none. */
    boolean reserve(long more) {
        if (pending.addAndGet(more) > MAX_PENDING_BYTES) {
            pending.addAndGet(-more);
            return false;
        }
        return true;
    }

    void release(long reserved) {
        pending.addAndGet(-reserved);
    }

    long pending() {
        return pending.get();
    }

    /** Who fetches the answer for this key: the caller when it is the new one's, else somebody before. */
    Flight join(String key, Flight mine) {
        Flight other = flights.putIfAbsent(key, mine);
        return other == null ? mine : other;
    }

    void land(String key, Flight flight, Flight.Outcome outcome) {
        flights.remove(key, flight);
        flight.land(outcome);
    }
}
