package io.gatehouse.core.service;

import io.gatehouse.api.RedisOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The ways to the Redis servers of this gateway: one for all who name a server in the same way. It is there for as long as
 * anybody uses it, so that a reload that keeps a plugin, or makes it anew, keeps connection and breaker.
 *
 * <p>Any thread.
 */
public final class RedisLinks {
    private final Vertx vertx;
    private final BiConsumer<RedisOptions, NetClientOptions> trust;
    private final Map<RedisOptions, Shared> links = new HashMap<>();

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
    public synchronized RedisLink borrow(RedisOptions options) {
        Shared shared = links.computeIfAbsent(
                options, to -> new Shared(new RedisLink(vertx, to, client -> trust.accept(to, client))));
        shared.users++;
        return shared.link;
    }

    /** Gives one back; the last one to do so closes it, and calls that are under way fail. */
    public synchronized Future<Void> giveBack(RedisLink link) {
        Shared shared = links.get(link.options());
        if (shared == null || shared.link != link) {
            throw new IllegalArgumentException(link.options() + ": given back more often than borrowed");
        }
        shared.users--;
        if (shared.users > 0) {
            return Future.succeededFuture();
        }
        links.remove(link.options());
        return link.close();
    }
}
