package io.gatehouse.core.balancer;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.PluginEntity;
import io.gatehouse.core.service.MetricSource;
import java.util.List;
import java.util.Locale;

/** The health of all targets as {@code kong_upstream_target_health}, while a {@code prometheus} plugin asks for it. */
public final class HealthMetrics implements MetricSource {
    private static final String NAME = "kong_upstream_target_health";
    private static final String HELP = "Health of the addresses of upstream targets; 1 for the state that holds.";

    private final Balancers balancers;
    private volatile boolean wanted;

    /** Shows nothing yet. */
    public HealthMetrics(Balancers balancers) {
        this.balancers = balancers;
    }

    /** Whether it is shown from now on is said by this configuration: one plugin that wants it is enough, as in Kong. */
    public void live(DeclarativeConfig config) {
        wanted = config.plugins().stream().anyMatch(HealthMetrics::asks);
    }

    private static boolean asks(PluginEntity plugin) {
        return plugin.name().equals("prometheus")
                && plugin.enabled()
                && plugin.config().get("upstream_health_metrics") instanceof ConfigNode.Scalar flag
                && flag.text().equals("true");
    }

    @Override
    public void collect(Samples samples) {
        if (!wanted) {
            return;
        }
        balancers.live().forEach((upstream, balancer) -> show(samples, upstream, balancer.health()));
    }

    static void show(Samples samples, String upstream, List<TargetHealth> targets) {
        for (TargetHealth target : targets) {
            if (target.addresses().isEmpty()) {
                show(samples, upstream, target.name(), "", target.health());
            }
            for (TargetHealth.OfAddress address : target.addresses()) {
                show(samples, upstream, target.name(), address.ip() + ':' + address.port(), address.health());
            }
        }
    }

    private static void show(
            Samples samples, String upstream, String target, String address, TargetHealth.State current) {
        for (TargetHealth.State state : TargetHealth.State.values()) {
            samples.gauge(
                    NAME,
                    HELP,
                    state == current ? 1 : 0,
                    "upstream",
                    upstream,
                    "target",
                    target,
                    "address",
                    address,
                    "state",
                    state.name().toLowerCase(Locale.ROOT),
                    "subsystem",
                    "http");
        }
    }
}
