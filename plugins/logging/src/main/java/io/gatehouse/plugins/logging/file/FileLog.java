package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Plugin;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.LogEntry;
import io.vertx.core.buffer.Buffer;

/** Queues the log entries of ended exchanges for a file. */
final class FileLog implements Plugin {
    private final LogFile file;
    private final boolean reopen;
    private final LogEntry entries;
    private final FileLogFactory factory;

    FileLog(LogFile file, boolean reopen, CustomFields custom, FileLogFactory factory) {
        this.file = file;
        this.reopen = reopen;
        this.entries = new LogEntry(custom);
        this.factory = factory;
    }

    @Override
    public void log(Completion completion) {
        byte[] entry;
        try {
            entry = entries.json(completion);
        } catch (RuntimeException e) {
            file.dropped("not_serializable");
            throw e;
        }
        file.add(Buffer.buffer(entry), reopen);
    }

    @Override
    public void close() {
        factory.release(file);
    }
}
