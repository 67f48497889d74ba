package io.gatehouse.plugins.traffic.validator;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;

/** Makes {@code request-validator} plugins. */
public final class RequestValidatorFactory implements PluginFactory<RequestValidatorConfig> {
    /** For the service loader. */
    public RequestValidatorFactory() {}

    @Override
    public String name() {
        return "request-validator";
    }

    @Override
    public int priority() {
        return 999;
    }

    @Override
    public Class<RequestValidatorConfig> configType() {
        return RequestValidatorConfig.class;
    }

    @Override
    public void validate(RequestValidatorConfig config, Problems problems) {
        RequestValidator.Schemas.of(config, problems);
    }

    @Override
    public Plugin create(RequestValidatorConfig config, PluginContext context) {
        RequestValidator.Schemas schemas = RequestValidator.Schemas.of(config, (path, message) -> {
            throw new IllegalStateException(path + ": " + message); // validate has found nothing
        });
        return new RequestValidator(config, schemas, context);
    }
}
