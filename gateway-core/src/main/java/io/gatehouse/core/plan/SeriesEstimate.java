package io.gatehouse.core.plan;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.entity.RouteEntity;
import io.gatehouse.core.snapshot.Examination;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How many series the prometheus plugin comes to show once every route was called by everybody: the figure that decides
 * what a Prometheus server has to hold. A rough one: it takes each route to answer with {@value #CODES} statuses and each
 * consumer to use every route.
 */
final class SeriesEstimate {
    private static final int CODES = 3;
    private static final int DIRECTIONS = 2;
    /** Four histograms: buckets with the last, open one, sum and count. */
    private static final int LATENCIES = 2 * (17 + 3) + 2 * (13 + 3);
    /** Per model and consumer: two counters and three histograms for each of two modes, and three kinds of tokens. */
    private static final int CALLS = 2 * (2 + 2 * (14 + 3) + (17 + 3)) + 3;

    private SeriesEstimate() {}

    static long of(Examination examination) {
        DeclarativeConfig config = examination.config();
        Set<String> live = examination.advice().liveRoutes();
        Set<String> models = new HashSet<>();
        long consumers = config.consumers().size() + 1L;
        long series = 0;
        boolean callsByConsumer = false;
        for (RouteEntity route : config.routes()) {
            PluginEntity plugin = live.contains(route.id()) ? effective("prometheus", route, config) : null;
            if (plugin == null) {
                continue;
            }
            long by = isOn(plugin, "per_consumer") ? consumers : 1;
            series += isOn(plugin, "status_code_metrics") ? CODES * by : 0;
            series += isOn(plugin, "bandwidth_metrics") ? DIRECTIONS * by : 0;
            series += isOn(plugin, "latency_metrics") ? LATENCIES : 0;
            if (isOn(plugin, "ai_metrics")) {
                callsByConsumer |= by > 1;
                for (String name : List.of("ai-proxy", "ai-proxy-advanced")) {
                    PluginEntity proxy = effective(name, route, config);
                    if (proxy != null) {
                        models(proxy.config(), models);
                    }
                }
            }
        }
        return series + (long) models.size() * CALLS * (callsByConsumer ? consumers : 1);
    }

    private static @Nullable PluginEntity effective(String name, RouteEntity route, DeclarativeConfig config) {
        PluginEntity best = null;
        int rank = -1;
        for (PluginEntity plugin : config.plugins()) {
            boolean fits = plugin.name().equals(name)
                    && plugin.enabled()
                    && plugin.consumerId() == null
                    && plugin.consumerGroupId() == null
                    && (plugin.routeId() == null || plugin.routeId().equals(route.id()))
                    && (plugin.serviceId() == null || plugin.serviceId().equals(route.serviceId()));
            int own = (plugin.routeId() == null ? 0 : 2) + (plugin.serviceId() == null ? 0 : 1);
            if (fits && own > rank) {
                best = plugin;
                rank = own;
            }
        }
        return best;
    }

    private static boolean isOn(PluginEntity plugin, String field) {
        return plugin.config().get(field) instanceof ConfigNode.Scalar scalar
                && Boolean.TRUE.equals(scalar.asBoolean());
    }

    private static void models(ConfigNode.Mapping config, Set<String> models) {
        if (config.get("targets") instanceof ConfigNode.Sequence targets) {
            for (ConfigNode target : targets.items()) {
                if (target instanceof ConfigNode.Mapping mapping) {
                    model(mapping, models);
                }
            }
        } else {
            model(config, models);
        }
    }

    private static void model(ConfigNode.Mapping target, Set<String> models) {
        if (target.get("model") instanceof ConfigNode.Mapping model) {
            models.add(text(model.get("provider")) + '/' + text(model.get("name")));
        }
    }

    private static String text(@Nullable ConfigNode node) {
        return node instanceof ConfigNode.Scalar scalar ? scalar.source() : "";
    }
}
