package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import java.util.OptionalInt;

/** Makes {@code ai-proxy-advanced}: LLM requests to one of several models. */
public final class AiProxyAdvancedFactory implements PluginFactory<AiProxyAdvancedConfig> {
    private final Providers bundled = Providers.bundled();

    /** For the service loader. */
    public AiProxyAdvancedFactory() {}

    @Override
    public String name() {
        return "ai-proxy-advanced";
    }

    /** Just inside the plugins that Kong runs around the proxy. */
    @Override
    public int priority() {
        return 764;
    }

    /** Kong's own place for the plugin. */
    @Override
    public OptionalInt outerPriority() {
        return OptionalInt.of(770);
    }

    @Override
    public Class<AiProxyAdvancedConfig> configType() {
        return AiProxyAdvancedConfig.class;
    }

    @Override
    public void validate(AiProxyAdvancedConfig config, Problems problems) {
        ConfigCheck.advanced(config, bundled, problems);
    }

    @Override
    public Plugin create(AiProxyAdvancedConfig config, PluginContext context) {
        return new Engine(config, true, context);
    }
}
