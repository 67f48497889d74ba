package io.gatehouse.testkit;

import io.gatehouse.api.Route;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A route as facts, such as {@code FakeRoute.named("openai-chat")}. */
public record FakeRoute(String id, @Nullable String name, List<String> paths, Map<String, Object> fields)
        implements Route {
    /** Copies the collections. */
    public FakeRoute {
        Objects.requireNonNull(id, "id");
        paths = List.copyOf(paths);
        fields = Map.copyOf(fields);
    }

    /** A route with this name; its id is made from the name. */
    public static FakeRoute named(String name, String... paths) {
        String id = FakeDirectory.idOf("route", name);
        return new FakeRoute(id, name, List.of(paths), Map.of("id", id, "name", name, "paths", List.of(paths)));
    }
}
