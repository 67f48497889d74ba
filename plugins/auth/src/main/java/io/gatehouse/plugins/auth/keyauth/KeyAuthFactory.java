package io.gatehouse.plugins.auth.keyauth;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.support.HeaderName;
import java.util.HashSet;
import java.util.Set;

/** Makes {@code key-auth} plugins. */
public final class KeyAuthFactory implements PluginFactory<KeyAuthConfig> {
    /** For the service loader. */
    public KeyAuthFactory() {}

    @Override
    public String name() {
        return "key-auth";
    }

    @Override
    public int priority() {
        return 1250;
    }

    @Override
    public Class<KeyAuthConfig> configType() {
        return KeyAuthConfig.class;
    }

    @Override
    public void validate(KeyAuthConfig config, Problems problems) {
        Authentication.checkRealm(config.realm(), problems);
    }

    @Override
    public Plugin create(KeyAuthConfig config, PluginContext context) {
        Set<String> headers = new HashSet<>();
        for (String name : config.keyNames()) {
            headers.addAll(HeaderName.of(name).names());
        }
        Set<String> names = Set.copyOf(config.keyNames());
        context.readsCredentials(
                config.keyInHeader() ? headers : Set.of(),
                config.keyInQuery() ? names : Set.of(),
                config.keyInBody() ? names : Set.of());
        return new KeyAuth(config);
    }
}
