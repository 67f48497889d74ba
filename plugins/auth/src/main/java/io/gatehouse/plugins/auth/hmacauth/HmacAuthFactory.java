package io.gatehouse.plugins.auth.hmacauth;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.auth.Authentication;
import java.util.Set;

/** Makes {@code hmac-auth} plugins. */
public final class HmacAuthFactory implements PluginFactory<HmacAuthConfig> {
    /** For the service loader. */
    public HmacAuthFactory() {}

    @Override
    public String name() {
        return "hmac-auth";
    }

    @Override
    public int priority() {
        return 1030;
    }

    @Override
    public Class<HmacAuthConfig> configType() {
        return HmacAuthConfig.class;
    }

    @Override
    public void validate(HmacAuthConfig config, Problems problems) {
        Authentication.checkRealm(config.realm(), problems);
        if (!(config.clockSkew() > 0)) {
            problems.add("clock_skew", "value must be greater than 0 (got " + config.clockSkew() + ")");
        }
    }

    @Override
    public Plugin create(HmacAuthConfig config, PluginContext context) {
        context.readsCredentials(Set.of("Authorization", "Proxy-Authorization"), Set.of(), Set.of());
        return new HmacAuth(config, context);
    }
}
