package io.gatehouse.plugins.traffic.correlation;

import io.gatehouse.api.Plugin;
import io.gatehouse.api.PluginContext;
import io.gatehouse.api.PluginFactory;
import java.util.concurrent.atomic.AtomicLong;

/** Makes {@code correlation-id} plugins. They count together, on over reloads, as Kong's workers do. */
public final class CorrelationIdFactory implements PluginFactory<CorrelationIdConfig> {
    private final String prefix = RandomUuid.next() + "#";
    private final AtomicLong counter = new AtomicLong();

    /** For the service loader. */
    public CorrelationIdFactory() {}

    @Override
    public String name() {
        return "correlation-id";
    }

    @Override
    public int priority() {
        return 100_001;
    }

    @Override
    public Class<CorrelationIdConfig> configType() {
        return CorrelationIdConfig.class;
    }

    @Override
    public Plugin create(CorrelationIdConfig config, PluginContext context) {
        return switch (config.generator()) {
            case UUID -> new CorrelationId(config, RandomUuid::next);
            case UUID_COUNTER -> new CorrelationId(config, () -> prefix + counter.incrementAndGet());
        };
    }
}
