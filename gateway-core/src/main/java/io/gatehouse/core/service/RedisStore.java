package io.gatehouse.core.service;

import io.gatehouse.api.Store;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in Redis, shared by several nodes. Beside the values stands one that changes with every deletion: it is read with each
 * value, and compared, in one step with the writing, when one is put. So no node puts what another one has deleted meanwhile.
 *
 * <p>Any thread.
 */
public final class RedisStore implements Store {
    /** The mark of a deletion is kept so long; nothing that is put was begun earlier. */
    private static final long MARK_MILLIS = Duration.ofDays(1).toMillis();

    /** So many keys are looked at in one step of a walk over all of them. */
    private static final int STEP = 1000;

    private static final String PUT = """
            if (redis.call('GET', KEYS[2]) or '') ~= ARGV[3] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """;

    private final RedisLink link;
    private final String values;
    private final String mark;

    /**
     * Makes the store of a plugin.
     *
     * @param link stays the caller's, who gives it back
     */
    public RedisStore(RedisLink link, String plugin) {
        this.link = link;
        // the braces keep all of a store on one node of a cluster
        this.values = "gatehouse:{" + plugin + "}:value:";
        this.mark = "gatehouse:{" + plugin + "}:deleted";
    }

    private record Looked(@Nullable Buffer value, String mark) implements Found {}

    @Override
    public Future<Found> get(String key) {
        return link.call(
                Request.cmd(Command.MGET)
                        .arg(values + Objects.requireNonNull(key, "key"))
                        .arg(mark),
                RedisStore::looked);
    }

    private static Found looked(@Nullable Response answer) {
        Response both = whole(answer);
        Response value = both.get(0);
        Response mark = both.get(1);
        return new Looked(value == null ? null : value.toBuffer(), mark == null ? "" : mark.toString());
    }

    @Override
    public Future<Boolean> put(String key, Buffer value, Duration ttl, Found before) {
        if (value.length() > MAX_VALUE) {
            throw new IllegalArgumentException(
                    "value: " + value.length() + " bytes (expected: at most " + MAX_VALUE + ')');
        }
        long millis = ttl.toMillis();
        if (millis < 1) {
            throw new IllegalArgumentException("ttl: " + ttl + " (expected: at least 1 ms)");
        }
        return link.call(
                Request.cmd(Command.EVAL)
                        .arg(PUT)
                        .arg(2)
                        .arg(values + key)
                        .arg(mark)
                        .arg(value)
                        .arg(millis)
                        .arg(((Looked) before).mark()),
                answer -> whole(answer).toLong() == 1);
    }

    @Override
    public Future<Boolean> delete(String key) {
        Request unlink = Request.cmd(Command.UNLINK).arg(values + Objects.requireNonNull(key, "key"));
        return mark().compose(
                        marked -> link.call(unlink, answer -> whole(answer).toLong() == 1));
    }

    @Override
    public Future<Long> deleteAll(String prefix) {
        String pattern = (values + prefix).replaceAll("[*?\\[\\]\\\\]", "\\\\$0") + '*';
        return mark().compose(marked -> walk("0", pattern, 0));
    }

    /** From now on nothing is put any more that was begun earlier. */
    private Future<Boolean> mark() {
        return link.call(
                Request.cmd(Command.SET)
                        .arg(mark)
                        .arg(UUID.randomUUID().toString())
                        .arg("PX")
                        .arg(MARK_MILLIS),
                answer -> true);
    }

    private Future<Long> walk(String from, String pattern, long before) {
        Request scan = Request.cmd(Command.SCAN)
                .arg(from)
                .arg("MATCH")
                .arg(pattern)
                .arg("COUNT")
                .arg(STEP);
        return link.call(scan, RedisStore::whole).compose(step -> {
            String next = step.get(0).toString();
            return unlink(step.get(1)).compose(deleted -> {
                long all = before + deleted;
                return next.equals("0") ? Future.succeededFuture(all) : walk(next, pattern, all);
            });
        });
    }

    private Future<Long> unlink(Response keys) {
        if (keys.size() == 0) {
            return Future.succeededFuture(0L);
        }
        Request unlink = Request.cmd(Command.UNLINK);
        for (Response key : keys) {
            unlink.arg(key.toBuffer());
        }
        return link.call(unlink, answer -> whole(answer).toLong());
    }

    private static Response whole(@Nullable Response answer) {
        return Objects.requireNonNull(answer, "an answer");
    }
}
