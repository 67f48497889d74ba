package io.gatehouse.core.admin;

import io.gatehouse.core.balancer.Balancer;
import io.gatehouse.core.balancer.TargetHealth;
import io.gatehouse.core.entity.TargetEntity;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The health of upstreams and their targets, to see and to set. It is this node's own and no part of the configuration. */
final class HealthPages {
    private final AdminView view;

    HealthPages(AdminView view) {
        this.view = view;
    }

    void addTo(Pages pages) {
        pages.page("/upstreams/:upstream/health", this::health);
        for (boolean healthy : new boolean[] {true, false}) {
            String word = healthy ? "/healthy" : "/unhealthy";
            for (String path :
                    List.of("/upstreams/:upstream/targets/:target", "/upstreams/:upstream/targets/:target/:address")) {
                pages.router()
                        .route(path + word)
                        .method(HttpMethod.PUT)
                        .method(HttpMethod.POST)
                        .handler(context -> set(context, healthy));
                pages.others(path + word, "OPTIONS, POST, PUT");
            }
        }
    }

    private @Nullable Balancer balancer(RoutingContext context) {
        Balancer found = view.upstream(context.pathParam("upstream"));
        if (found == null) {
            Pages.message(context, 404, "Not found");
        }
        return found;
    }

    private void set(RoutingContext context, boolean healthy) {
        Balancer balancer = balancer(context);
        if (balancer == null) {
            return;
        }
        String asked = context.pathParam("target");
        String target = TargetEntity.normal(asked);
        TargetHealth known = balancer.health().stream()
                .filter(one -> one.id().equals(asked) || one.name().equals(target))
                .findFirst()
                .orElse(null);
        String address = context.pathParam("address");
        if (known == null) {
            Pages.message(context, 404, "Not found");
        } else if (!balancer.isChecked()) {
            Pages.message(
                    context,
                    400,
                    "no healthchecker found for " + balancer.upstream().name());
        } else if (!balancer.setHealth(known.id(), address, healthy)) {
            Pages.message(context, 404, "Not found");
        } else {
            AuditLog.id(context, known.id());
            context.response().setStatusCode(204).end();
        }
    }

    private void health(RoutingContext context) {
        Balancer balancer = balancer(context);
        if (balancer == null) {
            return;
        }
        JsonObject page;
        if ("1".equals(context.request().getParam("balancer_health"))) {
            page = new JsonObject().put("data", whole(balancer)).putNull("next");
        } else {
            List<TargetHealth> targets = new ArrayList<>(balancer.health());
            targets.sort(Comparator.comparing(TargetHealth::id));
            try {
                page = EntityReads.page(
                        targets,
                        TargetHealth::id,
                        target -> true,
                        target -> target(balancer, target),
                        context.request().path(),
                        context.request().params());
            } catch (AdminError wrong) {
                Pages.json(context, wrong.status(), wrong.body());
                return;
            }
        }
        Pages.json(context, 200, page.put("node_id", view.node().nodeId()));
    }

    private static JsonObject target(Balancer balancer, TargetHealth target) {
        return new JsonObject()
                .put("id", target.id())
                .put("target", target.name())
                .put("weight", target.weight())
                .put("upstream", new JsonObject().put("id", balancer.upstream().id()))
                .put("health", target.health().name())
                .put("data", details(target, false));
    }

    private static JsonObject details(TargetHealth target, boolean plain) {
        JsonArray addresses = new JsonArray();
        for (TargetHealth.OfAddress address : target.addresses()) {
            JsonObject shown = new JsonObject()
                    .put("ip", address.ip())
                    .put("port", address.port())
                    .put("weight", address.weight());
            addresses.add(
                    plain
                            ? shown.put("healthy", address.available())
                            : shown.put("health", address.health().name()));
        }
        return new JsonObject()
                .put("host", target.host())
                .put("port", target.port())
                .put("dns", target.dns())
                .put("nodeWeight", target.weight())
                .put("weight", weight(target.totalWeight(), target.availableWeight()))
                .put("addresses", addresses);
    }

    private static JsonObject weight(long total, long available) {
        return new JsonObject().put("total", total).put("available", available).put("unavailable", total - available);
    }

    private static JsonObject whole(Balancer balancer) {
        List<TargetHealth> targets = balancer.health();
        String health = balancer.isHealthy() ? "HEALTHY" : "UNHEALTHY";
        JsonArray hosts = new JsonArray();
        targets.forEach(target -> hosts.add(details(target, true)));
        return new JsonObject()
                .put("id", balancer.upstream().id())
                .put("health", balancer.isChecked() ? health : "HEALTHCHECKS_OFF")
                .put("balancer_health", health)
                .put(
                        "details",
                        new JsonObject()
                                .put("healthy", balancer.isHealthy())
                                .put(
                                        "weight",
                                        weight(
                                                targets.stream()
                                                        .mapToLong(TargetHealth::totalWeight)
                                                        .sum(),
                                                targets.stream()
                                                        .mapToLong(TargetHealth::availableWeight)
                                                        .sum()))
                                .put("hosts", hosts));
    }
}
