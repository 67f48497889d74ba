package io.gatehouse.core.service;

import io.gatehouse.api.RedisOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClientOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is tried against a real Redis, where one is on the PATH. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AgainstRedis {
    /** With one loop, so that what is called there comes together. */
    final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

    private final List<RedisLink> open = new ArrayList<>();
    RealRedis redis;

    @BeforeEach
    void prepare(@TempDir Path folder) {
        redis = new RealRedis(folder);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (RedisLink link : open) {
            await(link.close());
        }
        open.clear();
        redis.close();
    }

    @AfterAll
    void stop() throws Exception {
        await(vertx.close());
    }

    /** A way of its own, as each node has; closed after the test. */
    RedisLink link(RedisOptions options) {
        return link(options, client -> client.setTrustAll(!options.verifyTls()));
    }

    RedisLink link(RedisOptions options, Consumer<NetClientOptions> trust) {
        RedisLink link = new RedisLink(vertx, options, trust);
        open.add(link);
        return link;
    }

    static <T> T await(Future<T> future) throws Exception {
        try {
            return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
