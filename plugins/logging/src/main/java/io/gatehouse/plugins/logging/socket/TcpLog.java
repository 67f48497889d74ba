package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.Completion;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.logging.LogEntry;
import io.gatehouse.plugins.logging.OutletQueue;
import java.time.Duration;
import java.util.Arrays;

/** Kong's tcp-log: lines of JSON over a connection. */
final class TcpLog implements Plugin {
    private final LogEntry entries;
    private final DroppedEntries dropped;
    private final OutletQueue queue;

    TcpLog(TcpLogConfig config, PluginContext context) {
        this.entries = new LogEntry(CustomFields.of(config.customFieldsByLua()));
        this.dropped = new DroppedEntries(TcpLogFactory.NAME, context.metrics());
        OutletOptions to = OutletOptions.tcp(config.host(), config.port())
                .timeout(millis(config.timeout()))
                .keepAlive(millis(config.keepalive()))
                .tls(config.tls())
                .serverName(config.tlsSni())
                .verifyTls(config.sslVerify())
                .build();
        this.queue = new OutletQueue(TcpLogFactory.NAME, context, context.outlet(to), dropped, Integer.MAX_VALUE, true);
    }

    static Duration millis(double millis) {
        return Duration.ofNanos(Math.round(millis * 1e6));
    }

    @Override
    public void log(Completion completion) {
        byte[] entry = dropped.guarded(entries, completion);
        byte[] line = Arrays.copyOf(entry, entry.length + 1);
        line[entry.length] = '\n';
        queue.add(line);
    }

    @Override
    public void close() {
        queue.close();
    }
}
