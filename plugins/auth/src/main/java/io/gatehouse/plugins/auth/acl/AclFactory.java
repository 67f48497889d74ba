package io.gatehouse.plugins.auth.acl;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Makes {@code acl} plugins. */
public final class AclFactory implements PluginFactory<AclConfig> {
    /** For the service loader. */
    public AclFactory() {}

    @Override
    public String name() {
        return "acl";
    }

    @Override
    public int priority() {
        return 950;
    }

    @Override
    public Class<AclConfig> configType() {
        return AclConfig.class;
    }

    @Override
    public Plugin create(AclConfig config, PluginContext context) {
        return new Acl(config);
    }
}
