package io.gatehouse.plugins.traffic.cache;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/** What is kept under a key. Immutable; headers and body are never changed. */
sealed interface Kept {
    /** When it is to be forgotten, milliseconds since the epoch. */
    long until();

    /** About how many bytes of memory it takes. */
    long size();

    /**
     * An answer.
     *
     * @param at when it was made as far as it says, else kept, milliseconds since the epoch
     * @param seconds how long it is good from then on
     */
    record Answer(int status, MultiMap headers, Buffer body, long at, long seconds, long until) implements Kept {
        @Override
        public long size() {
            long size = 500L + body.length();
            for (var header : headers) {
                size += 100L + header.getKey().length() + header.getValue().length();
            }
            return size;
        }

        /** Its age in seconds; 0 when the clock was set back. */
        long age(long now) {
            return Math.max(0, (now - at) / 1000);
        }
    }

    /**
     * Says that answers differ by these headers of the request, and are kept under keys of their own.
     *
     * @param id tells these variants from earlier ones of the same key, where those may still be there; empty in memory
     * @param last under which key the last one was kept; empty in memory
     */
    record Variants(List<String> names, String id, String last, long until) implements Kept {
        public Variants {
            names = List.copyOf(names);
        }

        @Override
        public long size() {
            return 300L + 60L * names.size();
        }
    }

    /** Says that the last answer could not be kept, so that nobody waits for the next one. */
    record NotCacheable(long until) implements Kept {
        @Override
        public long size() {
            return 250;
        }
    }
}
