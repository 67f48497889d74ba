package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Makes {@link Prometheus} instances. Any thread. */
public final class PrometheusFactory implements PluginFactory<PrometheusConfig> {
    /** Found by the service loader. */
    public PrometheusFactory() {}

    @Override
    public String name() {
        return "prometheus";
    }

    @Override
    public int priority() {
        return 13;
    }

    @Override
    public Class<PrometheusConfig> configType() {
        return PrometheusConfig.class;
    }

    @Override
    public Plugin create(PrometheusConfig config, PluginContext context) {
        return new Prometheus(config, context.metrics());
    }
}
