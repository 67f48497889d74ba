package io.gatehouse.core.service;

import io.gatehouse.api.Counters;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Counters in Redis, shared by several nodes: one script looks and counts, so that no two nodes grant the same place.
 *
 * <p>A window is kept with its beginning, under a key that tells its length only. A node whose clock is behind counts in the
 * window that is there. A window is forgotten when it is as old as it is long, so that one which a clock made too early is in
 * nobody's way for longer.
 *
 * <p>Any thread.
 */
public final class RedisCounters implements Counters {
    /** A window is kept so much longer than it lasts, for nodes whose clocks are behind, but never longer than it is long. */
    private static final long GRACE_MILLIS = 60_000;

    private static final String SCRIPT = """
            local amount = tonumber(ARGV[1])
            local answer = {1}
            for i = 1, #KEYS do
              local kept = redis.call('HMGET', KEYS[i], 'start', 'count')
              local count = 0
              if kept[1] and tonumber(kept[1]) >= tonumber(ARGV[3 * i - 1]) then count = tonumber(kept[2]) end
              answer[i + 1] = count
              if count + amount > tonumber(ARGV[3 * i]) then answer[1] = 0 end
            end
            if answer[1] == 1 and amount > 0 then
              for i = 1, #KEYS do
                if answer[i + 1] > 0 then
                  redis.call('HINCRBY', KEYS[i], 'count', ARGV[1])
                else
                  redis.call('HMSET', KEYS[i], 'start', ARGV[3 * i - 1], 'count', ARGV[1])
                  redis.call('PEXPIRE', KEYS[i], ARGV[3 * i + 1])
                end
              end
            end
            return answer
            """;

    private final RedisLink link;
    private final String prefix;
    private final Clock clock;

    /**
     * Makes counters of a plugin.
     *
     * @param link stays the caller's, who gives it back
     */
    public RedisCounters(RedisLink link, String plugin, Clock clock) {
        this.link = link;
        this.prefix = "gatehouse:{" + plugin + ':';
        this.clock = clock;
    }

    @Override
    public Future<Count> take(String key, long amount, List<Window> windows) {
        if (amount < 0 || windows.isEmpty()) {
            throw new IllegalArgumentException("amount: " + amount + ", windows: " + windows.size()
                    + " (expected: 0 or more, and at least one window)");
        }
        return link.call(request(key, amount, windows), RedisCounters::counted);
    }

    private static Count counted(@Nullable Response given) {
        Response answer = Objects.requireNonNull(given, "an answer");
        long[] before = new long[answer.size() - 1];
        for (int i = 0; i < before.length; i++) {
            before[i] = answer.get(i + 1).toLong();
        }
        return new Counted(answer.get(0).toLong() == 1, before);
    }

    private Request request(String key, long amount, List<Window> windows) {
        long now = clock.millis();
        // the braces keep all windows of a key on one node of a cluster
        String base = prefix + key + "}:";
        Request request = Request.cmd(Command.EVAL).arg(SCRIPT).arg(windows.size());
        for (Window window : windows) {
            request.arg(base + window.kind());
        }
        request.arg(amount);
        for (Window window : windows) {
            long length = window.end() - window.start();
            long rest = Math.max(1, window.end() - now);
            request.arg(window.start())
                    .arg(window.limit())
                    .arg(rest < length - GRACE_MILLIS ? rest + GRACE_MILLIS : length);
        }
        return request;
    }
}
