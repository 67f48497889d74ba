package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Nearest;
import io.gatehouse.core.config.Problem;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** What may stand at the root of a file beside the collections of {@link EntityKind}. */
final class RootFields {
    /** Plugins of groups, in the form of DB-less Kong. */
    static final String CONSUMER_GROUP_PLUGINS = "consumer_group_plugins";
    /** Which plugins use which partials, in the form of DB-less Kong. */
    static final String PLUGINS_PARTIALS = "plugins_partials";

    private static final Set<String> KNOWN = Set.of(
            "_format_version",
            "_transform",
            "_info",
            "_workspace",
            "_konnect",
            "_plugin_configs",
            CONSUMER_GROUP_PLUGINS,
            PLUGINS_PARTIALS);

    /** Collections that are valid in Kong and mean something that is not built here. */
    private static final Set<String> NOT_BUILT = Set.of(
            "filter_chains",
            "rbac_roles",
            "rbac_role_endpoints",
            "rbac_role_entities",
            "rbac_users",
            "rbac_user_roles",
            "licenses",
            "custom_entities",
            "cloned_plugins",
            "custom_plugins",
            "ai_models",
            "service_packages",
            "workspaces",
            "oauth2_tokens",
            "oauth2_authorization_codes",
            "consumer_group_overrides",
            "acme_storage",
            "sessions",
            "parameters",
            "clustering_data_planes",
            "degraphql_routes",
            "graphql_ratelimiting_cost_decorations");

    private RootFields() {}

    static boolean knows(String name) {
        return KNOWN.contains(name) || name.equals("_comment") || name.equals("_ignore") || EntityKind.of(name) != null;
    }

    /** Reports every field that means nothing here. */
    static void check(ConfigNode.Mapping root, Consumer<Problem> sink) {
        Common.check(root, sink);
        for (ConfigNode.Entry entry : root.entries()) {
            if (!knows(entry.name()) && !isEmpty(entry)) {
                report(entry, NOT_BUILT, collections(), sink);
            }
        }
    }

    /** Dumps have collections of which there is nothing. */
    private static boolean isEmpty(ConfigNode.Entry entry) {
        return NOT_BUILT.contains(entry.name())
                && (entry.value().isNull()
                        || entry.value() instanceof ConfigNode.Sequence sequence
                                && sequence.items().isEmpty());
    }

    private static List<String> collections() {
        List<String> names = new ArrayList<>();
        for (EntityKind kind : EntityKind.values()) {
            names.add(kind.plural());
        }
        return names;
    }

    /** Says why a field means nothing. */
    static void report(
            ConfigNode.Entry entry, Set<String> notBuilt, Collection<String> supported, Consumer<Problem> sink) {
        String all = "supported: " + String.join(", ", supported);
        String hint = notBuilt.contains(entry.name()) ? null : Nearest.hint(entry.name(), supported);
        String what = notBuilt.contains(entry.name()) ? "valid in Kong but not built here" : "unknown field";
        sink.accept(Problem.error(entry.location(), entry.value().path(), what, hint != null ? hint : all));
    }
}
