package io.gatehouse.testkit;

import io.gatehouse.api.Service;
import io.gatehouse.api.Target;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A service as facts, such as {@code FakeService.named("llm-service")}. */
public record FakeService(String id, @Nullable String name, Target target, Map<String, Object> fields)
        implements Service {
    /** Copies the fields. */
    public FakeService {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(target, "target");
        fields = Map.copyOf(fields);
    }

    /** A service with this name at {@code http://upstream.test}. */
    public static FakeService named(String name) {
        return at(name, Target.to("http", "upstream.test", 80).build());
    }

    /** A service with this name and target; its id is made from the name. */
    public static FakeService at(String name, Target target) {
        String id = FakeDirectory.idOf("service", name);
        return new FakeService(
                id, name, target, Map.of("id", id, "name", name, "host", target.host(), "port", target.port()));
    }

    @Override
    public String host() {
        return target.host();
    }
}
