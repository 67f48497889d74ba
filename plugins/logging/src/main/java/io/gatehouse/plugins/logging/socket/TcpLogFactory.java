package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.logging.CustomFields;

/** Makes {@link TcpLog} instances, each with a queue of its own. */
public final class TcpLogFactory implements PluginFactory<TcpLogConfig> {
    static final String NAME = "tcp-log";

    /** Found by the service loader. */
    public TcpLogFactory() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 7;
    }

    @Override
    public Class<TcpLogConfig> configType() {
        return TcpLogConfig.class;
    }

    @Override
    public void validate(TcpLogConfig config, Problems problems) {
        CustomFields.validate(config.customFieldsByLua(), problems);
    }

    @Override
    public Plugin create(TcpLogConfig config, PluginContext context) {
        return new TcpLog(config, context);
    }
}
