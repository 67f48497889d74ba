package io.gatehouse.core.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A configured plugin; without service, route and consumer it is global.
 *
 * @param location where it stands in the file
 * @param path its path in the file, such as {@code services[0].plugins[1]}
 * @param config what the plugin's record is bound from; an empty mapping when the file has none
 */
public record PluginEntity(
        String id,
        String name,
        @Nullable String instanceName,
        @Nullable String serviceId,
        @Nullable String routeId,
        @Nullable String consumerId,
        boolean enabled,
        List<String> protocols,
        List<String> tags,
        Location location,
        String path,
        ConfigNode config) {
    public PluginEntity {
        protocols = List.copyOf(protocols);
        tags = List.copyOf(tags);
    }
}
