package io.gatehouse.plugins.traffic.cache;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Rule;
import io.gatehouse.plugins.traffic.redis.RedisConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code proxy-cache}: Kong's fields and Kong's meaning. */
@Doc(
        "Keeps answers and gives them to all who ask the same: the same route, consumer, method, path and query. Of many that ask a"
                + " node at once one goes to the upstream, the others wait for its answer (GET and HEAD, up to 10 seconds). Only whole"
                + " answers are kept, of up to 4 MiB. An answer's `Vary` is respected, and one that is compressed goes only to clients"
                + " with the same `Accept-Encoding`. In memory 64 MiB are kept, then what was not asked for longest goes; in Redis what"
                + " Redis is set to keep. While Redis cannot be reached requests go to the upstream, with `X-Cache-Status: Bypass`: each"
                + " within `redis.timeout`, and at once after one that waited so long, or five failures in a row.")
@Rule(when = "strategy", is = "redis", needs = "redis.host")
public record ProxyCacheConfig(
        @Doc("Where answers are kept: in the memory of this node, or in a Redis that nodes share.")
        Strategy strategy,

        @Doc("Statuses of answers that are kept.")
        @Default({"200", "301", "404"})
        @Length(min = 1)
        @Range(min = 100, max = 900)
        List<Integer> responseCode,

        @Doc("Methods of requests that are answered with what is kept. A request's body is not looked at.")
        @Default({"GET", "HEAD"})
        @OneOf({"HEAD", "GET", "POST", "PATCH", "PUT"})
        List<String> requestMethod,

        @Doc("Types of answers that are kept, with exactly these parameters; `*` stands for any type or subtype.")
        @Default({"text/plain", "application/json"})
        List<String> contentType,

        @Doc("Seconds that an answer is good.") @Default("300") @Range(min = 1)
        int cacheTtl,

        @Doc("Seconds that an answer is kept, however long it is good; as long as it is good when absent.")
        @Nullable
        @Range(min = 1)
        Integer storageTtl,

        @Doc("Whether `Cache-Control` and `Expires` of answers, and `Cache-Control` of requests, count instead of"
                + " `cache_ttl`. Requests with `Authorization` pass by then.")
        @Default("false")
        boolean cacheControl,

        @Doc("Whether paths that differ in upper and lower case only are the same.") @Default("false")
        boolean ignoreUriCase,

        @Doc("Query arguments that make a difference; all when empty.")
        List<String> varyQueryParams,

        @Doc("Headers of a request that make a difference, beside those that an answer's `Vary` names.")
        List<String> varyHeaders,

        @Doc("Which headers tell the client. One that sends `Kong-Debug` gets all.")
        ResponseHeaders responseHeaders,

        Memory memory,

        @Doc("The Redis server, with `strategy: redis`.") RedisConfig redis) {
    /** Copies the lists. */
    public ProxyCacheConfig {
        responseCode = List.copyOf(responseCode);
        requestMethod = List.copyOf(requestMethod);
        contentType = List.copyOf(contentType);
        varyQueryParams = List.copyOf(varyQueryParams);
        varyHeaders = List.copyOf(varyHeaders);
    }

    /** Where answers are kept. */
    public enum Strategy {
        /** In the memory of this node. */
        MEMORY,
        /** In Redis. */
        REDIS
    }

    /** Headers for the client. */
    @Doc("Headers for the client.")
    public record ResponseHeaders(
            @Doc("Seconds since the answer was kept.") @Default("true")
            boolean age,

            @Doc("`Miss`, `Hit`, `Refresh` or `Bypass`.") @Default("true") @Name("X-Cache-Status")
            boolean cacheStatus,

            @Doc("What the answer is kept under.") @Default("true") @Name("X-Cache-Key")
            boolean cacheKey) {}

    /** The memory. */
    @Doc("The memory.")
    public record Memory(
            @Doc("Names the memory: plugins with the same name share it.") @Default("kong_db_cache")
            String dictionaryName) {}
}
