package io.gatehouse.plugins.traffic.ratelimit;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OldName;
import io.gatehouse.api.config.Pattern;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Rule;
import io.gatehouse.plugins.traffic.redis.RedisConfig;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code rate-limiting}: Kong's fields and Kong's meaning. */
@Doc(
        "Lets each client send so many requests in a second, minute, hour, day, month or year (UTC), and refuses more"
                + " with 429. Requests that are refused do not count."
                + " The limits are exact on one node with the policy `local`, for about 131,000 clients at a time: beyond that, who was"
                + " not seen for longest begins anew, so behind `limit_by: header` with values that clients choose, a limit by address"
                + " should stand as well. With `redis` they are exact on all nodes that name the same Redis, as far as their clocks agree."
                + " Plugins on the same route and service, or on none, count together what they count by the same rule, as in Kong.")
@OldName(
        in = "redis",
        value = {
            "redis_host",
            "redis_port",
            "redis_username",
            "redis_password",
            "redis_database",
            "redis_timeout",
            "redis_ssl",
            "redis_ssl_verify",
            "redis_server_name"
        })
@Rule(atLeastOneOf = {"second", "minute", "hour", "day", "month", "year"})
@Rule(when = "policy", is = "redis", needs = "redis.host")
@Rule(when = "limit_by", is = "header", needs = "header_name")
@Rule(when = "limit_by", is = "path", needs = "path")
public record RateLimitingConfig(
        @Doc("Requests in a second.") @Nullable @Range(min = 1)
        Long second,

        @Doc("Requests in a minute.") @Nullable @Range(min = 1)
        Long minute,

        @Doc("Requests in an hour.") @Nullable @Range(min = 1)
        Long hour,

        @Doc("Requests in a day.") @Nullable @Range(min = 1) Long day,

        @Doc("Requests in a month.") @Nullable @Range(min = 1)
        Long month,

        @Doc("Requests in a year.") @Nullable @Range(min = 1)
        Long year,

        @Doc(
                "Who is counted: a consumer (else the credential), the first by name of a consumer's groups, a credential, an"
                        + " address, a service, the value of `header_name`, or all who ask for `path`. Who has none of it is"
                        + " counted by address.")
        @Default("consumer")
        LimitBy limitBy,

        @Doc("The header that says who is counted, with `limit_by: header`.")
        @Nullable
        @Pattern(
                value = "[A-Za-z0-9_-]+",
                message = "bad header name, allowed characters are A-Z, a-z, 0-9, '_', and '-'")
        String headerName,

        @Doc("The path that is counted as one, with `limit_by: path`.")
        @Nullable
        @Pattern(value = "/(?!.*//).*", message = "expected: starts with / and has no empty segment")
        String path,

        @Doc("Where is counted: in the memory of this node, where counters outlive a reload but not a restart, or in"
                + " Redis.")
        @Default("local")
        @NotBuilt("cluster")
        Policy policy,

        RedisConfig redis,

        @Doc("Whether requests pass, uncounted, while Redis cannot be reached; else they are answered with 500.")
        @Default("true")
        boolean faultTolerant,

        @Doc("Whether clients are not told their limits.") @Default("false")
        boolean hideClientHeaders,

        @Doc("The status of a refusal.") @Default("429") @Range(min = 200, max = 599)
        int errorCode,

        @Doc("The message of a refusal.") @Default("API rate limit exceeded")
        String errorMessage,

        @Doc("-1: each request is counted at once. Kong's other values, to count later, are not built.") @Default("-1")
        double syncRate) {
    /** Who is counted. */
    public enum LimitBy {
        /** A consumer, else its credential. */
        CONSUMER,
        /** The first of a consumer's groups. */
        @Name("consumer-group")
        CONSUMER_GROUP,
        /** A credential. */
        CREDENTIAL,
        /** An address. */
        IP,
        /** A service. */
        SERVICE,
        /** The value of a header. */
        HEADER,
        /** A path. */
        PATH
    }

    /** Where counters live. */
    public enum Policy {
        /** In the memory of this node. */
        LOCAL,
        /** In Redis. */
        REDIS
    }

    /** The limit of a period, or null. */
    @Nullable
    Long limit(Period period) {
        return switch (period) {
            case SECOND -> second;
            case MINUTE -> minute;
            case HOUR -> hour;
            case DAY -> day;
            case MONTH -> month;
            case YEAR -> year;
        };
    }
}
