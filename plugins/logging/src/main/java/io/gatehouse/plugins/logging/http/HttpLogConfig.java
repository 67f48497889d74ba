package io.gatehouse.plugins.logging.http;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.api.config.Range;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.support.QueueConfig;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where log entries are sent, and how: Kong's fields and Kong's meaning. */
@Doc("Sends the log entry of each request to an HTTP server: one JSON object, or an array of them when"
        + " `queue.max_batch_size` is above 1. An answer below 300 says that it has arrived; after any other one, or none,"
        + " it is sent again.")
@NotBuilt("client_certificate")
record HttpLogConfig(
        @Doc("The URL. User and password in it are sent as basic authentication; its query is not sent, as in Kong.")
        Secret httpEndpoint,

        @Doc("The method.") @Default("POST") @OneOf({"POST", "PUT", "PATCH"})
        String method,

        @Doc("The `Content-Type` that is sent.")
        @Default("application/json")
        @OneOf({"application/json", "application/json; charset=utf-8"})
        String contentType,

        @Doc("Milliseconds within which the answer must have come, connecting included.")
        @Default("10000")
        @Range(min = 1, max = 2147483646)
        double timeout,

        @Doc("Milliseconds that an unused connection is kept, rounded up to seconds.")
        @Default("60000")
        @Range(min = 0, max = 2147483646)
        double keepalive,

        @Doc("Further headers. `Host`, `Content-Type` and `Content-Length` are not allowed, nor `Authorization` beside"
                + " a user in the URL.")
        Map<String, Secret> headers,

        QueueConfig queue,

        @Doc("Whether the server's certificate and name are checked.") @Default(value = "true", kong310 = "false")
        boolean sslVerify,

        @Doc("Deprecated, without effect: see `queue.max_retry_time`.") @Nullable
        Integer retryCount,

        @Doc("Deprecated: what `queue.max_batch_size` says. Counts instead of it unless it is 1.")
        @Nullable
        @Range(min = 1, max = 1_000_000)
        Integer queueSize,

        @Doc("Deprecated: what `queue.max_coalescing_delay` says. Counts instead of it unless it is 2.")
        @Nullable
        @Range(min = 0, max = 3600)
        Double flushTimeout,

        @Doc(
                "Fields of the entry to set or delete, each with Lua code. Only code that returns a constant is supported; return nil deletes a field.")
        Map<String, String> customFieldsByLua) {
    /** Kong's old defaults, which say that the newer field counts. */
    private static final int OLD_QUEUE_SIZE = 1;

    private static final double OLD_FLUSH_TIMEOUT = 2;

    HttpLogConfig {
        headers = Map.copyOf(headers);
        customFieldsByLua = Map.copyOf(customFieldsByLua);
    }

    /** The queue, deprecated fields included. */
    QueueConfig effectiveQueue() {
        return queue.with(
                queueSize != null && queueSize != OLD_QUEUE_SIZE ? queueSize : null,
                flushTimeout != null && flushTimeout != OLD_FLUSH_TIMEOUT ? flushTimeout : null);
    }
}
