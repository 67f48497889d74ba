package io.gatehouse.plugins.logging.syslog;

import io.gatehouse.api.Completion;
import io.gatehouse.api.OutletOptions;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.logging.LogEntry;
import io.gatehouse.plugins.logging.OutletQueue;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;

/** Kong's syslog: what the C library's function of that name would send, without its process id. */
final class Syslog implements Plugin {
    static final String SOCKET = "/dev/log";

    /** Safely below what such a socket takes by default. */
    static final int MAX_MESSAGE = 128 * 1024;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.US);

    private final SyslogConfig config;
    private final Clock clock;
    private final LogEntry entries;
    private final DroppedEntries dropped;
    private final OutletQueue queue;

    Syslog(SyslogConfig config, PluginContext context) {
        this.config = config;
        this.clock = context.clock();
        this.entries = new LogEntry(CustomFields.of(config.customFieldsByLua()));
        this.dropped = new DroppedEntries(SyslogFactory.NAME, context.metrics());
        this.queue = new OutletQueue(
                SyslogFactory.NAME,
                context,
                context.outlet(OutletOptions.local(SOCKET).build()),
                dropped,
                MAX_MESSAGE,
                false);
    }

    @Override
    public void log(Completion completion) {
        SyslogConfig.Severity severity = config.severity(completion.status());
        if (severity.code > config.logLevel().code) {
            return;
        }
        byte[] entry = dropped.guarded(entries, completion);
        String time = TIME.format(clock.instant().atZone(ZoneId.systemDefault()));
        byte[] head = ("<" + (config.facility().code * 8 + severity.code) + ">" + time + " kong: ")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] message = Arrays.copyOf(head, head.length + entry.length);
        System.arraycopy(entry, 0, message, head.length, entry.length);
        queue.add(message);
    }

    @Override
    public void close() {
        queue.close();
    }
}
