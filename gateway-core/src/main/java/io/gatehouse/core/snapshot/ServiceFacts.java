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
record ServiceFacts(String id, @Nullable String name, String host, Target target, Map<String, Object> fields)
        implements Service {
    static ServiceFacts of(ServiceEntity service, DeclarativeConfig config) {
        Target target = Target.to(service.protocol(), service.host(), service.port())
                .connectTimeout(Duration.ofMillis(service.connectTimeout()))
                .readTimeout(Duration.ofMillis(service.readTimeout()))
                .writeTimeout(Duration.ofMillis(service.writeTimeout()))
                .tlsOptions(service.isTls() ? UpstreamTls.of(service, config) : TlsOptions.DEFAULT)
                .build();
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
        return new ServiceFacts(
                service.id(), service.name(), service.host(), target, Collections.unmodifiableMap(fields));
    }
}
