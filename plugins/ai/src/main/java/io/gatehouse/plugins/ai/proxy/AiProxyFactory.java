package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;
import java.util.OptionalInt;

/** Makes {@code ai-proxy}: LLM requests to one model. */
public final class AiProxyFactory implements PluginFactory<AiProxyConfig> {
    private final Providers bundled = Providers.bundled();

    /** For the service loader. */
    public AiProxyFactory() {}

    @Override
    public String name() {
        return "ai-proxy";
    }

    @Override
    public int priority() {
        return 764;
    }

    @Override
    public OptionalInt outerPriority() {
        return OptionalInt.of(770);
    }

    @Override
    public Class<AiProxyConfig> configType() {
        return AiProxyConfig.class;
    }

    @Override
    public void validate(AiProxyConfig config, Problems problems) {
        ConfigCheck.single(config, bundled, problems);
    }

    @Override
    public Plugin create(AiProxyConfig config, PluginContext context) {
        return new Engine(config.advanced(), false, context);
    }
}
