package io.gatehouse.plugins.logging.syslog;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.logging.CustomFields;

/** Makes {@link Syslog} instances, each with a queue of its own. */
public final class SyslogFactory implements PluginFactory<SyslogConfig> {
    static final String NAME = "syslog";

    /** Found by the service loader. */
    public SyslogFactory() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return 4;
    }

    @Override
    public Class<SyslogConfig> configType() {
        return SyslogConfig.class;
    }

    @Override
    public void validate(SyslogConfig config, Problems problems) {
        CustomFields.validate(config.customFieldsByLua(), problems);
    }

    @Override
    public Plugin create(SyslogConfig config, PluginContext context) {
        return new Syslog(config, context);
    }
}
