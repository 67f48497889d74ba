package io.gatehouse.core.admin;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.RouteEntity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Kong asks of a plugin that is written, and of none in a file: that its protocols meet those of its route, or of
 * some route of its service. Stateless.
 */
final class PluginProtocols {
    private static final Set<String> ASKED_BY = Set.of("protocols", "route", "service");

    private PluginProtocols() {}

    /** Whether a change has to do with the rule. */
    static boolean isAskedBy(ConfigNode.Mapping change) {
        return ASKED_BY.stream().anyMatch(field -> change.get(field) != null);
    }

    /**
     * Refuses a plugin whose protocols do not meet.
     *
     * @param otherwise its protocols when it says none; empty when the default of its kind holds, which nobody is asked
     *     about
     */
    static void check(ConfigNode.Mapping plugin, List<String> otherwise, DeclarativeConfig config) throws AdminError {
        List<String> said = texts(plugin.get("protocols"));
        List<String> protocols = said.isEmpty() ? otherwise : said;
        if (protocols.isEmpty()) {
            return;
        }
        if (isSaid(plugin.get("route"))) {
            Entity route = find(plugin.get("route"), EntityKind.ROUTE, config);
            if (route != null && !meet(protocols, route)) {
                throw refused("must match the associated route's protocols");
            }
        } else if (isSaid(plugin.get("service"))) {
            Entity service = find(plugin.get("service"), EntityKind.SERVICE, config);
            List<Entity> routes =
                    service == null ? List.of() : config.referring(EntityKind.ROUTE, "service", service.id());
            if (!routes.isEmpty() && routes.stream().noneMatch(route -> meet(protocols, route))) {
                throw refused("must match the protocols of at least one route pointing to this Plugin's service");
            }
        }
    }

    private static boolean meet(List<String> protocols, Entity route) {
        return route.value() instanceof RouteEntity entity && !Collections.disjoint(protocols, entity.protocols());
    }

    private static AdminError refused(String message) {
        return Violations.schema(List.of(Problem.error(RequestBody.PLACE, "protocols", message, null)));
    }

    private static boolean isSaid(@Nullable ConfigNode value) {
        return value != null && !value.isNull();
    }

    /** What a reference names, by an id, a name, or a record with one of them; null when that is not there. */
    private static @Nullable Entity find(@Nullable ConfigNode reference, EntityKind kind, DeclarativeConfig config) {
        ConfigNode key = reference;
        if (reference instanceof ConfigNode.Mapping mapping) {
            key = isSaid(mapping.get("id")) ? mapping.get("id") : mapping.get("name");
        }
        return key instanceof ConfigNode.Scalar text ? config.find(kind, text.text()) : null;
    }

    private static List<String> texts(@Nullable ConfigNode protocols) {
        List<String> texts = new ArrayList<>();
        if (protocols instanceof ConfigNode.Sequence several) {
            for (ConfigNode one : several.items()) {
                if (one instanceof ConfigNode.Scalar text) {
                    texts.add(text.text());
                }
            }
        }
        return texts;
    }
}
