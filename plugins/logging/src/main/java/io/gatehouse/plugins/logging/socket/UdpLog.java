package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.Completion;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.logging.LogEntry;
import io.gatehouse.plugins.logging.OutletQueue;

/** Kong's udp-log: a datagram of JSON for each request. */
final class UdpLog implements Plugin {
    /** The most that a datagram over IPv4 can carry. */
    static final int MAX_DATAGRAM = 65_507;

    private final LogEntry entries;
    private final DroppedEntries dropped;
    private final OutletQueue queue;

    UdpLog(UdpLogConfig config, PluginContext context) {
        this.entries = new LogEntry(CustomFields.of(config.customFieldsByLua()));
        this.dropped = new DroppedEntries(UdpLogFactory.NAME, context.metrics());
        OutletOptions to = OutletOptions.udp(config.host(), config.port())
                .timeout(TcpLog.millis(config.timeout()))
                .build();
        this.queue = new OutletQueue(UdpLogFactory.NAME, context, context.outlet(to), dropped, MAX_DATAGRAM, false);
    }

    @Override
    public void log(Completion completion) {
        queue.add(dropped.guarded(entries, completion));
    }

    @Override
    public void close() {
        queue.close();
    }
}
