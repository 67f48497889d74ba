package io.gatehouse.core.snapshot;

import io.gatehouse.api.Service;
import io.gatehouse.api.Target;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.ServiceEntity;
import io.gatehouse.core.exchange.Chain;
import io.gatehouse.core.exchange.PluginSlot;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A service as plugins see it. What is logged of it is made when it is first asked for, as of routes. */
final class ServiceFacts implements Service {
    private final ServiceEntity entity;
    private final Target target;
    private volatile @Nullable Map<String, Object> fields;
    private @Nullable Shared shared;

    /** A chain with what it is for. */
    private record Shared(List<PluginSlot> slots, @Nullable Balancer balancer, Chain chain) {}

    private ServiceFacts(ServiceEntity entity, Target target) {
        this.entity = entity;
        this.target = target;
    }

    static ServiceFacts of(ServiceEntity service, DeclarativeConfig config) {
        Target target = Target.to(service.protocol(), service.host(), service.port())
                .connectTimeout(Duration.ofMillis(service.connectTimeout()))
                .readTimeout(Duration.ofMillis(service.readTimeout()))
                .writeTimeout(Duration.ofMillis(service.writeTimeout()))
                .tlsOptions(service.isTls() ? UpstreamTls.of(service, config) : TlsOptions.DEFAULT)
                .build();
        return new ServiceFacts(service, target);
    }

    /**
     * The chain of the routes that have no plugins of their own: the one that was made before, while these are the plugins and
     * this the upstream. For the thread that builds snapshots.
     */
    @SuppressWarnings("ReferenceEquality") // the very same upstream
    Chain chain(List<PluginSlot> slots, @Nullable Balancer balancer, Supplier<Chain> made) {
        Shared known = shared;
        if (known == null || known.balancer != balancer || !known.slots.equals(slots)) {
            known = new Shared(slots, balancer, made.get());
            shared = known;
        }
        return known.chain;
    }

    @Override
    public String id() {
        return entity.id();
    }

    @Override
    public @Nullable String name() {
        return entity.name();
    }

    @Override
    public String host() {
        return entity.host();
    }

    @Override
    public Target target() {
        return target;
    }

    @Override
    public Map<String, Object> fields() {
        Map<String, Object> known = fields;
        if (known == null) {
            known = fields(entity);
            fields = known;
        }
        return known;
    }

    private static Map<String, Object> fields(ServiceEntity service) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", service.id());
        if (service.name() != null) {
            fields.put("name", service.name());
        }
        fields.put("protocol", service.protocol());
        fields.put("host", service.host());
        fields.put("port", service.port());
        if (service.path() != null) {
            fields.put("path", service.path());
        }
        fields.put("retries", service.retries());
        fields.put("connect_timeout", service.connectTimeout());
        fields.put("write_timeout", service.writeTimeout());
        fields.put("read_timeout", service.readTimeout());
        fields.put("enabled", service.enabled());
        RouteFacts.put(fields, "tags", service.tags());
        return Collections.unmodifiableMap(fields);
    }
}
