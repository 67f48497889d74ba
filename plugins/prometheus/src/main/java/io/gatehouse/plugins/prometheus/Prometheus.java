package io.gatehouse.plugins.prometheus;

import io.gatehouse.api.Completion;
import io.gatehouse.api.Consumer;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Metrics;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import io.gatehouse.api.ai.AiCall;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Observes ended exchanges. What no route matched is not recorded at all, as in Kong.
 *
 * <p>Series are bound when they are first needed and kept by route, so that an exchange costs a look-up and a few
 * additions.
 */
final class Prometheus implements Plugin {
    /** Routes come and go with reloads while this instance stays; beyond this many the memory starts anew. */
    private static final int MAX_ROUTES = 20_000;

    private final boolean perConsumer;
    private final TrafficFamilies traffic;
    private final @Nullable AiFamilies ai;
    private final ConcurrentHashMap<String, RouteSeries> routes = new ConcurrentHashMap<>();

    Prometheus(PrometheusConfig config, Metrics metrics) {
        this.perConsumer = config.perConsumer();
        this.traffic = new TrafficFamilies(config, metrics);
        this.ai = config.aiMetrics() ? new AiFamilies(metrics) : null;
    }

    @Override
    public void log(Completion completion) {
        Exchange exchange = completion.exchange();
        Route route = exchange.route();
        if (route == null) {
            return;
        }
        Service service = exchange.service();
        String serviceName = service == null ? "" : service.displayName();
        Consumer consumer = perConsumer ? exchange.consumer() : null;
        String consumerName = consumer == null ? "" : consumer.displayName();
        series(route, serviceName).record(completion, consumerName);
        if (ai != null) {
            List<AiCall> calls = completion.aiCalls();
            for (int i = 0; i < calls.size(); i++) {
                ai.record(calls.get(i), consumerName);
            }
        }
    }

    private RouteSeries series(Route route, String serviceName) {
        RouteSeries known = routes.get(route.id());
        if (known != null && known.isOf(serviceName, route.displayName())) {
            return known;
        }
        if (routes.size() >= MAX_ROUTES) {
            routes.clear();
        }
        RouteSeries made = new RouteSeries(traffic, serviceName, route.displayName());
        routes.put(route.id(), made);
        return made;
    }
}
