package io.gatehouse.core.service;

import io.gatehouse.api.RedisOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The ways to the Redis servers of this gateway: one for the counters and one for the values of all who name a server in the same
 * way, so that no counter waits behind a large value. Each is there for as long as anybody uses it, so that a reload that keeps a
 * plugin, or makes it anew, keeps connection and breaker.
 *
 * <p>Any thread.
 */
public final class RedisLinks {
    private final Vertx vertx;
    private final BiConsumer<RedisOptions, NetClientOptions> trust;
    private final Map<Way, Shared> links = new HashMap<>();

    /** What is sent over a way. */
    public enum Load {
        /** Short calls, for which requests wait. */
        COUNTERS,
        /** Bytes, of which there may be many. */
        VALUES
    }

    private record Way(RedisOptions to, Load load) {}

    private static final class Shared {
        private final RedisLink link;
        private int users;

        private Shared(RedisLink link) {
            this.link = link;
        }
    }

    /**
     * Makes none yet.
     *
     * @param trust sets up whom connections trust, where the server's certificate is checked
     */
    public RedisLinks(Vertx vertx, BiConsumer<RedisOptions, NetClientOptions> trust) {
        this.vertx = vertx;
        this.trust = trust;
    }

    /** The way to a server, to be given back; nothing is connected before it is used. */
    public synchronized RedisLink borrow(RedisOptions options, Load load) {
        Shared shared = links.computeIfAbsent(
                new Way(options, load),
                way -> new Shared(new RedisLink(vertx, options, client -> trust.accept(options, client))));
        shared.users++;
        return shared.link;
    }

    /** Gives one back; the last one to do so closes it, and calls that are under way fail. */
    public synchronized Future<Void> giveBack(RedisLink link) {
        for (Map.Entry<Way, Shared> entry : links.entrySet()) {
            Shared shared = entry.getValue();
            if (shared.link.equals(link)) {
                shared.users--;
                if (shared.users > 0) {
                    return Future.succeededFuture();
                }
                links.remove(entry.getKey());
                return link.close();
            }
        }
        throw new IllegalArgumentException(link + ": given back more often than borrowed");
    }
}
