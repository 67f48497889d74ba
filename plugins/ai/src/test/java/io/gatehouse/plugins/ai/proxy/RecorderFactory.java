package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A log plugin that keeps what it sees, for tests over sockets. */
public final class RecorderFactory implements PluginFactory<RecorderFactory.Config> {
    static final List<Completion> SEEN = new CopyOnWriteArrayList<>();

    /** Nothing to set. */
    public record Config() {}

    @Override
    public String name() {
        return "recorder";
    }

    @Override
    public int priority() {
        return 1;
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public Plugin create(Config config, PluginContext context) {
        return new Plugin() {
            @Override
            public void log(Completion completion) {
                SEEN.add(completion);
            }
        };
    }
}
