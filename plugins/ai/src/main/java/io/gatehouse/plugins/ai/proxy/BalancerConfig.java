package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import java.util.Set;

/** How targets are chosen and what happens when one fails. */
@Doc("How targets are chosen and what happens when one fails.")
public record BalancerConfig(
        @Doc("How the first target is chosen.")
        @Default("round-robin")
        @OneOf("round-robin")
        @NotBuilt({"consistent-hashing", "least-connections", "lowest-latency", "lowest-usage", "priority", "semantic"})
        String algorithm,

        @Doc("Read by the algorithm lowest-latency only.") @Default("tpot") @OneOf({"tpot", "e2e"})
        String latencyStrategy,

        @Doc("Read by the algorithm lowest-usage only.")
        @Default("total-tokens")
        @OneOf({"total-tokens", "prompt-tokens", "completion-tokens", "cost", "llm-accuracy"})
        String tokensCountStrategy,

        @Doc("Read by the algorithm consistent-hashing only.") @Default("X-Kong-LLM-Request-ID")
        String hashOnHeader,

        @Doc("Read by the algorithm consistent-hashing only.") @Default("10000") @Range(min = 10, max = 65536)
        int slots,

        @Doc("How many more targets are tried after the first. Each is tried once at most.")
        @Default("5")
        @Range(min = 0, max = 32767)
        int retries,

        @Doc("Milliseconds that a connection may take.") @Default("60000") @Range(min = 1, max = 2147483646)
        int connectTimeout,

        @Doc("""
                Milliseconds between two reads; also how long a streamed answer is held back for the next target's sake \
                while it has no content.""") @Default("60000") @Range(min = 1, max = 2147483646)
        int readTimeout,

        @Doc("Milliseconds between two writes.") @Default("60000") @Range(min = 1, max = 2147483646)
        int writeTimeout,

        @Doc("""
                What lets the next target be tried. A POST is repeated only when nothing of it was sent, unless \
                `non_idempotent` is listed: for LLM requests the `http_` criteria do nothing without it.""")
        @Default({"error", "timeout"})
        @OneOf({
            "error",
            "timeout",
            "invalid_header",
            "non_idempotent",
            "http_403",
            "http_404",
            "http_429",
            "http_500",
            "http_502",
            "http_503",
            "http_504"
        })
        Set<String> failoverCriteria,

        @Doc("""
                Failures after which a target rests; `0` means never. Errors, time-outs and invalid answers always count, \
                statuses when `failover_criteria` lists them, 403 and 404 never. A success later than `fail_timeout` after \
                the last failure clears the count. When all targets rest, clients get a 500.""") @Default("0") @Range(min = 0, max = 32767) int maxFails,

        @Doc("Milliseconds that a target rests; then one request tries it.")
        @Default("10000")
        @Range(min = 1, max = 2147483646)
        int failTimeout) {
    /** Kong's defaults; also those of ai-proxy, which has no balancer. */
    static final BalancerConfig DEFAULT = new BalancerConfig(
            "round-robin",
            "tpot",
            "total-tokens",
            "X-Kong-LLM-Request-ID",
            10000,
            5,
            60_000,
            60_000,
            60_000,
            Set.of("error", "timeout"),
            0,
            10_000);

    /** Copies the set. */
    public BalancerConfig {
        failoverCriteria = Set.copyOf(failoverCriteria);
    }
}
