package io.gatehouse.plugins.traffic.termination;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import io.gatehouse.api.config.Problems;

/** Makes {@code request-termination} plugins. */
public final class RequestTerminationFactory implements PluginFactory<RequestTerminationConfig> {
    /** For the service loader. */
    public RequestTerminationFactory() {}

    @Override
    public String name() {
        return "request-termination";
    }

    @Override
    public int priority() {
        return 2;
    }

    @Override
    public Class<RequestTerminationConfig> configType() {
        return RequestTerminationConfig.class;
    }

    @Override
    public void validate(RequestTerminationConfig config, Problems problems) {
        boolean raw = config.contentType() != null || config.body() != null;
        if (config.message() != null && raw) {
            problems.add("message", "message cannot be used with content_type or body");
        }
        if (config.contentType() != null && config.body() == null) {
            problems.add("content_type", "content_type requires a body");
        }
        if (config.echo() && raw) {
            problems.add("echo", "echo cannot be used with content_type and body");
        }
        String type = config.contentType();
        if (type != null && type.chars().anyMatch(c -> c < 0x20 || c > 0x7E)) {
            problems.add(
                    "content_type", "contains a character that cannot stand in a header (expected: printable ASCII)");
        }
    }

    @Override
    public Plugin create(RequestTerminationConfig config, PluginContext context) {
        return new RequestTermination(config);
    }
}
