package io.gatehouse.core.balancer;

import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.TargetEntity;
import io.gatehouse.core.entity.UpstreamEntity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The upstreams of the node. A configuration is prepared, then goes live; what did not change is the same balancer as
 * before, and of what did change each address keeps what is known of it.
 *
 * <p>Preparing and going live belong to the one thread that loads configurations; reading is for any thread.
 */
public final class Balancers {
    private volatile Map<String, Balancer> live = Map.of();

    /** The upstreams of a configuration, by name. */
    public Map<String, Balancer> prepare(DeclarativeConfig config) {
        Map<String, List<TargetEntity>> targets = new HashMap<>();
        for (Entity entity : config.all(EntityKind.TARGET)) {
            TargetEntity target = (TargetEntity) entity.value();
            targets.computeIfAbsent(target.upstreamId(), id -> new ArrayList<>())
                    .add(target);
        }
        Map<String, Balancer> before = new HashMap<>();
        live.values().forEach(balancer -> before.put(balancer.upstream().id(), balancer));
        Map<String, Balancer> all = new LinkedHashMap<>();
        for (Entity entity : config.all(EntityKind.UPSTREAM)) {
            UpstreamEntity upstream = (UpstreamEntity) entity.value();
            List<TargetEntity> own = targets.getOrDefault(upstream.id(), List.of());
            Balancer known = before.get(upstream.id());
            all.put(
                    upstream.name(),
                    known != null && known.serves(upstream, own)
                            ? known
                            : new Balancer(upstream, own, known == null ? new Memory() : known.memory()));
        }
        return all;
    }

    /** What was prepared serves from now on. */
    public void live(Map<String, Balancer> prepared) {
        live = Map.copyOf(prepared);
    }
}
