package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.FactoryContext;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.logging.CustomFields;
import io.gatehouse.plugins.logging.DroppedEntries;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes {@link FileLog} instances. Those with the same path share one {@link LogFile}. */
public final class FileLogFactory implements PluginFactory<FileLogConfig> {
    static final String NAME = "file-log";

    private final Map<String, LogFile> files = new HashMap<>();
    private @Nullable FactoryContext context;

    /** Found by the service loader. */
    public FileLogFactory() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 9;
    }

    @Override
    public Class<FileLogConfig> configType() {
        return FileLogConfig.class;
    }

    @Override
    public void validate(FileLogConfig config, Problems problems) {
        CustomFields.validate(config.customFieldsByLua(), problems);
    }

    @Override
    public void start(FactoryContext factoryContext) {
        context = factoryContext;
    }

    @Override
    public Plugin create(FileLogConfig config, PluginContext pluginContext) {
        // the file may outlive this instance, so it works with the factory's context
        FactoryContext longLived = context == null ? pluginContext : context;
        DroppedEntries dropped = new DroppedEntries(NAME, longLived.metrics());
        LogFile file;
        synchronized (files) {
            file = files.get(config.path());
            if (file == null) {
                file = new LogFile(config.path(), Sink.of(config.path()), longLived, dropped);
                files.put(config.path(), file);
            }
            file.acquire();
        }
        return new FileLog(file, config, dropped, this);
    }

    /** Gives back a file; its last user writes what it holds, and closes it. */
    void release(LogFile file) {
        synchronized (files) {
            if (!file.release()) {
                return;
            }
            files.remove(file.path());
        }
        file.close();
    }
}
