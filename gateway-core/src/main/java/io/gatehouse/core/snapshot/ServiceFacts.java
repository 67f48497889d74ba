package io.gatehouse.core.snapshot;

import io.gatehouse.api.Service;
import io.gatehouse.api.Target;
import io.gatehouse.api.TlsOptions;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.ServiceEntity;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A service as plugins see it. */
final class ServiceFacts extends LoggedFields implements Service {
    private final ServiceEntity entity;
    private final Target target;

    private ServiceFacts(ServiceEntity entity, Target target) {
        this.entity = entity;
        this.target = target;
    }

    static ServiceFacts of(ServiceEntity service, DeclarativeConfig config) {
        Target target = Target.to(service.protocol(), service.address(), service.port())
                .connectTimeout(Duration.ofMillis(service.connectTimeout()))
                .readTimeout(Duration.ofMillis(service.readTimeout()))
                .writeTimeout(Duration.ofMillis(service.writeTimeout()))
                .tlsOptions(service.isTls() ? UpstreamTls.of(service, config) : TlsOptions.DEFAULT)
                .build();
        return new ServiceFacts(service, target);
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
    Map<String, Object> make() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", entity.id());
        if (entity.name() != null) {
            fields.put("name", entity.name());
        }
        fields.put("protocol", entity.protocol());
        fields.put("host", entity.host());
        fields.put("port", entity.port());
        if (entity.path() != null) {
            fields.put("path", entity.path());
        }
        fields.put("retries", entity.retries());
        fields.put("connect_timeout", entity.connectTimeout());
        fields.put("write_timeout", entity.writeTimeout());
        fields.put("read_timeout", entity.readTimeout());
        fields.put("enabled", entity.enabled());
        RouteFacts.put(fields, "tags", entity.tags());
        return Collections.unmodifiableMap(fields);
    }
}
