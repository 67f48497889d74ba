package io.gatehouse.plugins.logging.socket;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.logging.CustomFields;

/** Makes {@link UdpLog} instances, each with a queue of its own. */
public final class UdpLogFactory implements PluginFactory<UdpLogConfig> {
    static final String NAME = "udp-log";

    /** Found by the service loader. */
    public UdpLogFactory() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 8;
    }

    @Override
    public Class<UdpLogConfig> configType() {
        return UdpLogConfig.class;
    }

    @Override
    public void validate(UdpLogConfig config, Problems problems) {
        CustomFields.validate(config.customFieldsByLua(), problems);
    }

    @Override
    public Plugin create(UdpLogConfig config, PluginContext context) {
        return new UdpLog(config, context);
    }
}
