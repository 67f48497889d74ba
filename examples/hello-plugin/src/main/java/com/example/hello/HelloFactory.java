package com.example.hello;

import io.gatehouse.api.Metrics;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Found through META-INF/services. Makes one plugin for each place in the YAML that names {@code hello}. */
public final class HelloFactory implements PluginFactory<HelloConfig> {
    @Override
    public String name() {
        return "hello";
    }

    @Override
    public int priority() {
        return 500;
    }

    @Override
    public Class<HelloConfig> configType() {
        return HelloConfig.class;
    }

    @Override
    public Plugin create(HelloConfig config, PluginContext context) {
        // shows on /metrics as gatehouse_plugin_hello_greetings_total
        Metrics.Counter greetings = context.metrics().counter("greetings_total", "Responses greeted.", "route");
        return new Hello(config.greeting(), greetings);
    }
}
