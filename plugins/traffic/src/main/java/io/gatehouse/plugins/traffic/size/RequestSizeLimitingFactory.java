package io.gatehouse.plugins.traffic.size;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Makes {@code request-size-limiting} plugins. */
public final class RequestSizeLimitingFactory implements PluginFactory<RequestSizeLimitingConfig> {
    /** For the service loader. */
    public RequestSizeLimitingFactory() {}

    @Override
    public String name() {
        return "request-size-limiting";
    }

    @Override
    public int priority() {
        return 951;
    }

    @Override
    public Class<RequestSizeLimitingConfig> configType() {
        return RequestSizeLimitingConfig.class;
    }

    @Override
    public Plugin create(RequestSizeLimitingConfig config, PluginContext context) {
        return new RequestSizeLimiting(config);
    }
}
