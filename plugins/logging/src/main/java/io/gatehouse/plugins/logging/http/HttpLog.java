package io.gatehouse.plugins.logging.http;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Failure;
import io.gatehouse.api.FailureKind;
import io.gatehouse.api.HttpCall;
import io.gatehouse.api.HttpCallException;
import io.gatehouse.api.HttpCaller;
import io.gatehouse.api.HttpOptions;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.WireText;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.logging.LogEntry;
import io.gatehouse.plugins.support.BatchQueue;
import io.gatehouse.plugins.support.QueueConfig;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Queues the log entries of ended exchanges and sends them to an HTTP server. */
final class HttpLog implements Plugin {
    /** How long what is still queued is sent when the instance is closed. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    /** Enough to reuse the connection after a usual answer; nobody looks at it. */
    private static final int MAX_ANSWER_BYTES = 64 * 1024;

    private static final int FIRST_STATUS_THAT_FAILS = 300;

    private final HttpLogConfig config;
    private final HttpMethod method;
    private final Duration timeout;
    private final boolean array;
    private final LogEntry entries;
    private final DroppedEntries dropped;
    private final HttpCaller http;
    private final BatchQueue<byte[]> queue;

    /** The endpoint that was read last: a secret may change. */
    private volatile @Nullable Read endpoint;

    private record Read(String url, Endpoint endpoint) {}

    HttpLog(HttpLogConfig config, PluginContext context) {
        QueueConfig limits = config.effectiveQueue();
        this.config = config;
        this.method = HttpMethod.valueOf(config.method());
        this.timeout = millis(config.timeout());
        this.array = limits.maxBatchSize() > 1;
        this.entries = new LogEntry(CustomFields.of(config.customFieldsByLua()));
        this.dropped = new DroppedEntries(HttpLogFactory.NAME, context.metrics());
        this.http = context.http(HttpOptions.standard()
                .connections(limits.concurrency())
                .keepAlive(millis(config.keepalive()))
                .maxAnswerBytes(MAX_ANSWER_BYTES)
                .build());
        this.queue = limits.<byte[]>builder(HttpLogFactory.NAME + ' ' + context.pluginId(), context)
                .onLoss(dropped)
                .build(this::send);
    }

    private static Duration millis(double millis) {
        return Duration.ofNanos(Math.round(millis * 1e6));
    }

    @Override
    public void log(Completion completion) {
        byte[] entry = dropped.guarded(entries, completion);
        queue.offer(entry, entry.length);
    }

    @Override
    public void close() {
        queue.close(DRAIN);
    }

    private Future<?> send(BatchQueue.Batch<byte[]> batch) {
        Endpoint to = endpoint();
        HttpCall.Builder call = HttpCall.to(method, to.target(), to.path())
                .timeout(timeout)
                .header("Content-Type", config.contentType())
                .body(body(batch.entries()));
        for (Map.Entry<String, Secret> header : config.headers().entrySet()) {
            call.header(header.getKey(), WireText.encode(header.getValue().value()));
        }
        String authorization = to.authorization();
        if (authorization != null) {
            call.header("Authorization", authorization);
        }
        return http.send(call.build())
                .compose(answer -> answer.status() < FIRST_STATUS_THAT_FAILS
                        ? Future.succeededFuture()
                        : Future.failedFuture(new HttpCallException(Failure.of(
                                FailureKind.INVALID_RESPONSE,
                                to.target() + " answered " + answer.status() + " (expected: below 300)"))));
    }

    private Endpoint endpoint() {
        String url = config.httpEndpoint().value();
        Read known = endpoint;
        if (known == null || !known.url().equals(url)) {
            known = new Read(url, Endpoint.of(url, config.sslVerify(), timeout));
            endpoint = known;
        }
        return known.endpoint();
    }

    /** One object, or an array: which of them the configuration says, not the number of entries. */
    private Buffer body(List<byte[]> batch) {
        int size = 1;
        for (byte[] entry : batch) {
            size += entry.length + 1;
        }
        Buffer body = Buffer.buffer(size);
        for (int i = 0; i < batch.size(); i++) {
            if (array) {
                body.appendByte((byte) (i == 0 ? '[' : ','));
            }
            body.appendBytes(batch.get(i));
        }
        return array ? body.appendByte((byte) ']') : body;
    }
}
