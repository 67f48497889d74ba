package io.gatehouse.plugins.auth.basicauth;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.auth.Authentication;
import java.util.Set;

/** Makes {@code basic-auth} plugins. */
public final class BasicAuthFactory implements PluginFactory<BasicAuthConfig> {
    /** For the service loader. */
    public BasicAuthFactory() {}

    @Override
    public String name() {
        return "basic-auth";
    }

    @Override
    public int priority() {
        return 1100;
    }

    @Override
    public Class<BasicAuthConfig> configType() {
        return BasicAuthConfig.class;
    }

    @Override
    public void validate(BasicAuthConfig config, Problems problems) {
        Authentication.checkRealm(config.realm(), problems);
    }

    @Override
    public Plugin create(BasicAuthConfig config, PluginContext context) {
        context.readsCredentials(Set.of("Authorization", "Proxy-Authorization"), Set.of(), Set.of());
        return new BasicAuth(config);
    }
}
