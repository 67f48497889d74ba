package io.gatehouse.plugins.transform.grpcweb;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;

/** Makes {@code grpc-web} plugins. */
public final class GrpcWebFactory implements PluginFactory<GrpcWebConfig> {
    /** For the service loader. */
    public GrpcWebFactory() {}

    @Override
    public String name() {
        return "grpc-web";
    }

    @Override
    public int priority() {
        return 3;
    }

    @Override
    public Class<GrpcWebConfig> configType() {
        return GrpcWebConfig.class;
    }

    @Override
    public Plugin create(GrpcWebConfig config, PluginContext context) {
        return new GrpcWeb(config);
    }
}
