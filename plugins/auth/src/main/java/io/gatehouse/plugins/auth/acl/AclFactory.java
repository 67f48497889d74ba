package io.gatehouse.plugins.auth.acl;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;

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
    public void validate(AclConfig config, Problems problems) {
        boolean allows = !config.allow().isEmpty();
        boolean denies = !config.deny().isEmpty();
        if (allows && denies) {
            problems.add("", "only one of these fields must be non-empty: 'config.allow', 'config.deny'");
        } else if (!allows && !denies) {
            problems.add("", "at least one of these fields must be non-empty: 'config.allow', 'config.deny'");
        }
    }

    @Override
    public Plugin create(AclConfig config, PluginContext context) {
        return new Acl(config);
    }
}
