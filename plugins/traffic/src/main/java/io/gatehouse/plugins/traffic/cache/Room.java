package io.gatehouse.plugins.traffic.cache;

import java.util.concurrent.atomic.AtomicLong;

/** So many bytes may be in use at a time. Any thread. */
final class Room {
    private final long max;
    private final AtomicLong taken = new AtomicLong();

    Room(long max) {
        this.max = max;
    }

    /** Takes some; false, and nothing is taken, when there are not as many. */
    boolean take(long bytes) {
        if (taken.addAndGet(bytes) > max) {
            taken.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void give(long bytes) {
        taken.addAndGet(-bytes);
    }

    long taken() {
        return taken.get();
    }
}
