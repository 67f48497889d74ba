package io.gatehouse.core.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration as entity records, checked as far as the core can. Deeply immutable. */
public final class DeclarativeConfig {
    private final Compat compat;
    private final Environment environment;
    private final List<ServiceEntity> services;
    private final List<RouteEntity> routes;
    private final List<PluginEntity> plugins;
    private final List<ConsumerEntity> consumers;
    private final List<KeyauthCredential> keyauthCredentials;
    private final String fingerprint;
    private final Map<String, ServiceEntity> servicesByKey = new HashMap<>();
    private final Map<String, RouteEntity> routesByKey = new HashMap<>();
    private final Map<String, ConsumerEntity> consumersByKey = new HashMap<>();

    DeclarativeConfig(
            Compat compat,
            Environment environment,
            List<ServiceEntity> services,
            List<RouteEntity> routes,
            List<PluginEntity> plugins,
            List<ConsumerEntity> consumers,
            List<KeyauthCredential> keyauthCredentials) {
        this.compat = compat;
        this.environment = environment;
        this.services = List.copyOf(services);
        this.routes = List.copyOf(routes);
        this.plugins = List.copyOf(plugins);
        this.consumers = List.copyOf(consumers);
        this.keyauthCredentials = List.copyOf(keyauthCredentials);
        for (ServiceEntity service : services) {
            index(servicesByKey, service.id(), service.name(), service);
        }
        for (RouteEntity route : routes) {
            index(routesByKey, route.id(), route.name(), route);
        }
        for (ConsumerEntity consumer : consumers) {
            index(consumersByKey, consumer.id(), consumer.username(), consumer);
        }
        this.fingerprint = Fingerprint.of(this);
    }

    /** A configuration without entities. */
    public static DeclarativeConfig empty() {
        return new DeclarativeConfig(
                Compat.UNSET, Environment.empty(), List.of(), List.of(), List.of(), List.of(), List.of());
    }

    private static <E> void index(Map<String, E> index, String id, @Nullable String name, E entity) {
        index.put(id, entity);
        if (name != null) {
            index.putIfAbsent(name, entity);
        }
    }

    /** Whose defaults hold. */
    public Compat compat() {
        return compat;
    }

    /** The environment that it was read with, which vault references are looked up in. */
    public Environment environment() {
        return environment;
    }

    /** All services in the order of the files. */
    public List<ServiceEntity> services() {
        return services;
    }

    /** All routes, nested ones too, in the order of the files. */
    public List<RouteEntity> routes() {
        return routes;
    }

    /** All plugins, nested and disabled ones too, in the order of the files. */
    public List<PluginEntity> plugins() {
        return plugins;
    }

    /** All consumers in the order of the files. */
    public List<ConsumerEntity> consumers() {
        return consumers;
    }

    /** All API keys in the order of the files. */
    public List<KeyauthCredential> keyauthCredentials() {
        return keyauthCredentials;
    }

    /** The service with this id or name; null when there is none. */
    public @Nullable ServiceEntity service(String idOrName) {
        return servicesByKey.get(idOrName);
    }

    /** The route with this id or name; null when there is none. */
    public @Nullable RouteEntity route(String idOrName) {
        return routesByKey.get(idOrName);
    }

    /** The consumer with this id or username; null when there is none. */
    public @Nullable ConsumerEntity consumer(String idOrUsername) {
        return consumersByKey.get(idOrUsername);
    }

    /**
     * 32 hexadecimal digits that are the same for the same entities, however they are spread over files,
     * ordered or formatted. What variables hold in the configs of plugins does not enter, only their names.
     */
    public String fingerprint() {
        return fingerprint;
    }
}
