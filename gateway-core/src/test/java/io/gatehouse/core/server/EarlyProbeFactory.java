package io.gatehouse.core.server;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** The probe once more, further out than whatever authenticates. */
public final class EarlyProbeFactory implements PluginFactory<ProbeFactory.Config> {
    @Override
    public String name() {
        return "early";
    }

    @Override
    public int priority() {
        return 700;
    }

    @Override
    public Class<ProbeFactory.Config> configType() {
        return ProbeFactory.Config.class;
    }

    @Override
    public Plugin create(ProbeFactory.Config config, PluginContext context) {
        return new ProbeFactory().create(config, context);
    }
}
