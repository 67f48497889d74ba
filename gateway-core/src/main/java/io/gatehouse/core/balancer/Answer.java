package io.gatehouse.core.balancer;

import io.gatehouse.core.balancer.DnsOptions.RecordType;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What a name resolves to, or why it does not. Immutable but for the place in the round. */
final class Answer {
    private final @Nullable RecordType type;
    private final List<Found> records;
    private final @Nullable NameError error;
    private final long ttlNanos;
    private final long ended;
    private final long expires;
    private final AtomicInteger turns;
    private @Nullable Sockets sockets; // whoever sees an old one makes its own

    /**
     * One address.
     *
     * @param ip the address; of an SRV record as it came the name to ask for next
     * @param port 0 when the record says none
     * @param weight -1 when the record says none
     * @param name what the record calls it; null when it says none
     */
    record Found(String ip, int port, int weight, @Nullable String name) {}

    /** The addresses with a port. */
    private static final class Sockets {
        final int port;
        final SocketAddress[] addresses;

        Sockets(int port, List<Found> records) {
            this.port = port;
            this.addresses = new SocketAddress[records.size()];
            for (int i = 0; i < addresses.length; i++) {
                Found one = records.get(i);
                addresses[i] = SocketAddress.inetSocketAddress(one.port() == 0 ? port : one.port(), one.ip());
            }
        }
    }

    private Answer(
            @Nullable RecordType type,
            List<Found> records,
            @Nullable NameError error,
            long ttlNanos,
            long ended,
            long expires,
            AtomicInteger turns) {
        this.type = type;
        this.records = records;
        this.error = error;
        this.ttlNanos = ttlNanos;
        this.ended = ended;
        this.expires = expires;
        this.turns = turns;
    }

    static Answer of(RecordType type, List<Found> records, long ttlNanos, long now) {
        return new Answer(
                type, List.copyOf(records), null, ttlNanos, now + ttlNanos, now + ttlNanos, new AtomicInteger());
    }

    static Answer of(NameError error, long ttlNanos, long now) {
        return new Answer(null, List.of(), error, ttlNanos, now + ttlNanos, now + ttlNanos, new AtomicInteger());
    }

    /** Not to be asked for again until then, though it has ended: there is nothing newer. */
    Answer until(long then) {
        return new Answer(type, records, error, ttlNanos, ended, then, turns);
    }

    /** Whether it is kept beyond its time already. */
    boolean isKept() {
        return expires != ended;
    }

    /** Of its records; null for none. */
    @Nullable
    RecordType type() {
        return type;
    }

    /** At least one when there is no error. */
    List<Found> records() {
        return records;
    }

    /** Why there are none; null when there are some. */
    @Nullable
    NameError error() {
        return error;
    }

    /** Whether it is good for once only. */
    boolean isForOnce() {
        return ttlNanos == 0;
    }

    /** When it has to be asked for again, on the clock of {@link System#nanoTime()}. */
    long expires() {
        return expires;
    }

    boolean isFresh(long now) {
        return expires - now > 0;
    }

    /** Whether it is not older than an answer may be beyond its time. */
    boolean isStale(long now, long limit) {
        return now - ended < limit;
    }

    /** The next address in turn, where weights say so by chance in proportion. */
    SocketAddress next(int port) {
        Sockets known = sockets;
        if (known == null || known.port != port) {
            known = new Sockets(port, records);
            sockets = known;
        }
        return known.addresses[type == RecordType.SRV ? weighted() : inTurn()];
    }

    private int inTurn() {
        return records.size() == 1 ? 0 : Integer.remainderUnsigned(turns.getAndIncrement(), records.size());
    }

    private int weighted() {
        int total = 0;
        for (int i = 0; i < records.size(); i++) {
            total += records.get(i).weight();
        }
        int point = ThreadLocalRandom.current().nextInt(total);
        int i = 0;
        while (point >= records.get(i).weight()) {
            point -= records.get(i).weight();
            i++;
        }
        return i;
    }
}
