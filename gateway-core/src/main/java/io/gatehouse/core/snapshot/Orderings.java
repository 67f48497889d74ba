package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.RouteEntity;
import io.gatehouse.core.exchange.Order;
import io.gatehouse.core.exchange.PluginSlot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What plugin entities say of their place in the chain. */
final class Orderings {
    private Orderings() {}

    static PluginSlot.Ordering of(PluginEntity entity) {
        PluginEntity.Ordering ordering = entity.ordering();
        return ordering == null
                ? PluginSlot.Ordering.NONE
                : new PluginSlot.Ordering(access(ordering.before()), access(ordering.after()));
    }

    private static List<String> access(PluginEntity.Ordering.@Nullable Phases phases) {
        return phases == null ? List.of() : phases.access();
    }

    /** Reports each circle that the plugins of some route make. */
    static void check(DeclarativeConfig config, Consumer<Problem> sink) {
        List<PluginEntity> plugins = config.plugins();
        if (plugins.stream().noneMatch(plugin -> plugin.enabled() && plugin.ordering() != null)) {
            return;
        }
        Map<String, Map<Place, Entity>> byName = new LinkedHashMap<>();
        for (Entity entity : config.all(EntityKind.PLUGIN)) {
            PluginEntity plugin = (PluginEntity) entity.value();
            if (plugin.enabled() && plugin.consumerId() == null && plugin.consumerGroupId() == null) {
                byName.computeIfAbsent(plugin.name(), name -> new HashMap<>())
                        .put(new Place(plugin.routeId(), plugin.serviceId()), entity);
            }
        }
        Set<List<String>> reported = new HashSet<>();
        for (RouteEntity route : config.routes()) {
            Map<String, Entity> chain = new HashMap<>();
            byName.forEach((name, places) -> {
                Entity applies = mostSpecific(places, route);
                if (applies != null) {
                    chain.put(name, applies);
                }
            });
            Map<String, PluginSlot.Ordering> orderings = new HashMap<>();
            chain.forEach((name, entity) -> orderings.put(name, of((PluginEntity) entity.value())));
            List<String> circle = Order.circle(orderings);
            if (circle != null && reported.add(circle)) {
                sink.accept(at(chain, circle));
            }
        }
    }

    /** Where an entity applies to anyone. */
    private record Place(@Nullable String route, @Nullable String service) {}

    private static @Nullable Entity mostSpecific(Map<Place, Entity> places, RouteEntity route) {
        String service = route.serviceId();
        Entity found = service == null ? null : places.get(new Place(route.id(), service));
        if (found == null) {
            found = places.get(new Place(route.id(), null));
        }
        if (found == null && service != null) {
            found = places.get(new Place(null, service));
        }
        return found == null ? places.get(new Place(null, null)) : found;
    }

    private static Problem at(Map<String, Entity> chain, List<String> circle) {
        Entity culprit = null;
        for (String name : circle) {
            Entity entity = chain.get(name);
            if (culprit == null && entity != null && ((PluginEntity) entity.value()).ordering() != null) {
                culprit = entity;
            }
        }
        Entity first = Objects.requireNonNull(culprit, "a circle without orderings");
        return Problem.error(
                first.location(),
                first.path() + ".ordering",
                "these plugins want to be before each other: " + String.join(", ", circle),
                null);
    }
}
