package com.example.mask;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Found by the gateway through META-INF/services. */
public final class MaskFactory implements PluginFactory<MaskConfig> {
    @Override
    public String name() {
        return "mask";
    }

    @Override
    public int priority() {
        return 790; // inside limits and transformers, outside the LLM proxies
    }

    @Override
    public Class<MaskConfig> configType() {
        return MaskConfig.class;
    }

    @Override
    public Plugin create(MaskConfig config, PluginContext context) {
        return new Mask(
                config,
                context.metrics()
                        .counter("masked_total", "Words that were masked.")
                        .with());
    }
}
