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

    /** Answers from elsewhere that are on their way to clients take this many bytes at most. */
    static final long MAX_GIVEN_BYTES = 64L << 20;

    private static final int KEY_BYTES = 200;

    /** For answers on their way from upstreams. */
    final Room pending = new Room(MAX_PENDING_BYTES);

    /** For answers on their way from elsewhere to clients. */
    final Room given = new Room(MAX_GIVEN_BYTES);

    private final LinkedHashMap<String, Kept> all = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Flight> flights = new ConcurrentHashMap<>();
    private final AtomicLong landed = new AtomicLong();
    private long bytes;
    private long purges;

    synchronized @Nullable Kept get(String key, long now) {
        Kept found = all.get(key);
        if (found != null && found.until() <= now) {
            remove(key);
            return null;
        }
        return found;
    }

    /** What a key leads to; of variants any one. Looking does not count as use. */
    synchronized Kept.@Nullable Answer find(String key, long now) {
        for (Map.Entry<String, Kept> one : all.entrySet()) {
            if (isOf(key, one.getKey()) && one.getValue() instanceof Kept.Answer answer && answer.until() > now) {
                return answer;
            }
        }
        return null;
    }

    /** Forgets what is kept under a key, and its variants. Says whether there was an answer. */
    synchronized boolean purge(String key, long now) {
        purges++;
        boolean found = false;
        Iterator<Map.Entry<String, Kept>> entries = all.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<String, Kept> one = entries.next();
            if (isOf(key, one.getKey())) {
                found |= one.getValue() instanceof Kept.Answer answer && answer.until() > now;
                bytes -= one.getValue().size() + KEY_BYTES;
                entries.remove();
            }
        }
        return found;
    }

    /** Forgets everything. */
    synchronized void clear() {
        purges++;
        all.clear();
        bytes = 0;
    }

    /** How often something was purged. */
    synchronized long purges() {
        return purges;
    }

    private static boolean isOf(String key, String kept) {
        return kept.startsWith(key) && (kept.length() == key.length() || kept.charAt(key.length()) == CacheKey.VARIANT);
    }

    /** Keeps an answer, unless something was purged since it was asked for: it may be what was to be forgotten. */
    synchronized void put(String key, Kept kept, long asked) {
        if (asked == purges) {
            put(key, kept);
        }
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

    /** Who fetches the answer for this key: the caller when it is the new one's, else somebody before. */
    Flight join(String key, Flight mine) {
        Flight other = flights.putIfAbsent(key, mine);
        return other == null ? mine : other;
    }

    void land(String key, Flight flight, Flight.Outcome outcome) {
        if (outcome == Flight.Outcome.KEPT) {
            landed.incrementAndGet();
        }
        flights.remove(key, flight);
        flight.land(outcome);
    }

    /** How many flights have brought an answer that was kept. */
    long landed() {
        return landed.get();
    }
}
