package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;

/** What of a call is recorded. */
@Doc("What of a call is recorded.")
public record LoggingConfig(
        @Doc("Record usage, latency and cost, in the log entry and as metrics.") @Default("false")
        boolean logStatistics,

        @Doc("Record request and response bodies in the log entry, each cut at 1 MiB.") @Default("false")
        boolean logPayloads) {
    static final LoggingConfig OFF = new LoggingConfig(false, false);
}
