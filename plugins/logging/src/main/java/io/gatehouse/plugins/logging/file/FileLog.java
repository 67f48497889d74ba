package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Plugin;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import io.gatehouse.plugins.logging.LogEntry;

/** Queues the log entries of ended exchanges for a file. */
final class FileLog implements Plugin {
    private final LogFile file;
    private final boolean reopen;
    private final LogEntry entries;
    private final DroppedEntries dropped;
    private final FileLogFactory factory;

    FileLog(LogFile file, FileLogConfig config, DroppedEntries dropped, FileLogFactory factory) {
        this.file = file;
        this.reopen = config.reopen();
        this.entries = new LogEntry(CustomFields.of(config.customFieldsByLua()));
        this.dropped = dropped;
        this.factory = factory;
    }

    @Override
    public void log(Completion completion) {
        file.add(dropped.guarded(entries, completion), reopen);
    }

    @Override
    public void close() {
        factory.release(file);
    }
}
