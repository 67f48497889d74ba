package io.gatehouse.plugins.auth.jwt;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.support.HeaderName;
import java.util.HashSet;
import java.util.Set;

/** Makes {@code jwt} plugins. */
public final class JwtAuthFactory implements PluginFactory<JwtAuthConfig> {
    /** For the service loader. */
    public JwtAuthFactory() {}

    @Override
    public String name() {
        return "jwt";
    }

    @Override
    public int priority() {
        return 1450;
    }

    @Override
    public Class<JwtAuthConfig> configType() {
        return JwtAuthConfig.class;
    }

    @Override
    public void validate(JwtAuthConfig config, Problems problems) {
        Authentication.checkRealm(config.realm(), problems);
        if (config.maximumExpiration() > 0 && !config.claimsToVerify().contains("exp")) {
            problems.add("claims_to_verify", "expected to contain: exp, since maximum_expiration is set");
        }
    }

    @Override
    public Plugin create(JwtAuthConfig config, PluginContext context) {
        Set<String> headers = new HashSet<>();
        for (String name : config.headerNames()) {
            headers.addAll(HeaderName.of(name).names());
        }
        if (!config.cookieNames().isEmpty()) {
            headers.add("Cookie");
        }
        context.readsCredentials(headers, Set.copyOf(config.uriParamNames()), Set.of());
        return new JwtAuth(config, context);
    }
}
