package io.gatehouse.core.entity;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Length;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.NotBuilt;
import io.gatehouse.api.config.OneOf;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Nearest;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.schema.Distinct;
import io.gatehouse.core.schema.Filled;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configured plugin; without service, route, consumer and consumer group it is global.
 *
 * @param ordering null when the priorities decide
 * @param partials which parts of the config come from elsewhere
 * @param config what the plugin's record is bound from, with the partials in it; an empty mapping when the file has none
 */
@Doc("A configured plugin; without service, route, consumer and consumer group it is global.")
@NotBuilt({"condition", "model"})
public record PluginEntity(
        @Doc("A UUID in lower case; made from what tells it from others when left out.") @Filled
        String id,

        @Doc("Which plugin.") String name,
        @Doc("What this instance is called.") @Nullable String instanceName,

        @Doc("Only for requests of this service.") @ForeignKey(EntityKind.SERVICE) @Name("service") @Nullable
        String serviceId,

        @Doc("Only for requests of this route.") @ForeignKey(EntityKind.ROUTE) @Name("route") @Nullable
        String routeId,

        @Doc("Only for requests of this consumer.") @ForeignKey(EntityKind.CONSUMER) @Name("consumer") @Nullable
        String consumerId,

        @Doc("Only for requests of consumers in this group.")
        @ForeignKey(EntityKind.CONSUMER_GROUP)
        @Name("consumer_group")
        @Nullable
        String consumerGroupId,

        @Doc("When false, it is as if it were not there.") @Default("true")
        boolean enabled,

        @Doc("Protocols of the requests it is for.")
        @Distinct
        @Default({"grpc", "grpcs", "http", "https"})
        @Length(min = 1)
        @OneOf({"grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss"})
        List<String> protocols,

        @Doc("Where it acts, other than its priority says.") @Nullable
        Ordering ordering,

        @Doc("Parts of the config that come from partials.") List<PartialLink> partials,
        @Doc("Words to select entities by.") @Distinct List<String> tags,
        @Doc("The plugin's own settings.") ConfigNode.Mapping config) {

    /**
     * Where a plugin wants to act.
     *
     * @param before plugins that act after it
     * @param after plugins that act before it
     */
    public record Ordering(
            @Doc("Plugins that act after it.") @Nullable Phases before,
            @Doc("Plugins that act before it.") @Nullable Phases after) {
        /**
         * Plugins by phase.
         *
         * @param access their names; Kong knows no other phase
         */
        public record Phases(
                @Doc("Names of plugins.") @Distinct List<String> access) {}
    }

    /**
     * A part of a plugin's config that comes from a partial.
     *
     * @param id the partial's id
     * @param name the partial's name, instead of the id
     * @param path where it stands; null when its type says that
     */
    public record PartialLink(
            @Doc("The partial's id.") @Nullable String id,
            @Doc("The partial's name.") @Nullable String name,

            @Doc("Where it stands, such as `config.redis`.") @Nullable
            String path) {}

    static ConfigNode.Mapping prepare(ConfigNode.Mapping plugin, Preparation preparation) {
        ConfigNode shared = plugin.get("_config");
        if (shared == null || shared.isNull()) {
            return plugin;
        }
        ConfigNode config = plugin.get("config");
        ConfigNode unresolved = ConfigNode.unresolved(shared.location(), shared.path());
        if (!(shared instanceof ConfigNode.Scalar name) || name.type() != ConfigNode.Type.STRING) {
            preparation.sink().accept(Problem.error(shared, "expected a string (got " + shared.shown() + ")"));
            return plugin.with("config", unresolved);
        }
        ConfigNode.Mapping preset = preparation.pluginConfigs().get(name.text());
        if (preset == null) {
            if (!preparation.incomplete()) {
                preparation
                        .sink()
                        .accept(Problem.error(
                                shared,
                                "_plugin_config \"" + shared.shown() + "\" not found",
                                Nearest.hint(
                                        shared.shown(),
                                        preparation.pluginConfigs().keySet())));
            }
            return plugin.with("config", unresolved);
        }
        if (config == null || config.isNull()) {
            return plugin.with("config", preset);
        }
        return config instanceof ConfigNode.Mapping own ? plugin.with("config", own.withDefaults(preset)) : plugin;
    }

    static void check(PluginEntity plugin, Report report) {
        report.each("instance_name", Checks::name);
        present(plugin.name, report);
        if (plugin.consumerId != null || plugin.consumerGroupId != null) {
            if (report.has("ordering")) {
                report.at(
                        "ordering",
                        "value must be null: the order is settled before the consumer is known",
                        "consumer",
                        "consumer_group");
            }
        }
        List<String> protocols = KongPlugins.protocols(plugin.name);
        if (protocols != null) {
            report.each(
                    "protocols",
                    protocol ->
                            protocols.contains(protocol) ? null : "expected one of: " + String.join(", ", protocols));
        }
        for (String scope : List.of("consumer", "consumer_group")) {
            if (!KongPlugins.takes(scope, plugin.name) && report.has(scope)) {
                report.anyway(
                        scope,
                        "value must be null: '" + plugin.name + "' cannot be limited to a " + scope.replace('_', ' '));
            }
        }
    }

    private static void present(String name, Report report) {
        Set<String> present = report.options().plugins();
        if (present == null || present.contains(name)) {
            return;
        }
        ConfigNode node = report.node("name");
        String shown = node == null ? name : node.shown();
        if (KongPlugins.NAMES.contains(name)) {
            report.advise(
                    "name",
                    "plugin '" + shown + "' is valid in Kong but not built here",
                    "supported: " + String.join(", ", present));
        } else {
            String hint = Nearest.hint(shown, present);
            report.advise(
                    "name",
                    "plugin '" + shown + "' not enabled; add it to the 'plugins' configuration property",
                    hint != null ? hint : "present: " + String.join(", ", present));
        }
    }
}
