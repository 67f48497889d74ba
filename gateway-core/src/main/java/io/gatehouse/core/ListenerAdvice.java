package io.gatehouse.core;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.RouteEntity;
import java.util.ArrayList;
import java.util.List;

/** What a configuration asks of listeners that the settings do not have. */
final class ListenerAdvice {
    private ListenerAdvice() {}

    /** Warns of each route that is for HTTPS only where no listener speaks it: clients would be told to use HTTPS. */
    static List<Problem> of(Settings settings, DeclarativeConfig config) {
        List<Problem> warnings = new ArrayList<>();
        boolean tls = settings.proxyListen().stream().anyMatch(Settings.Listen::ssl);
        if (tls || settings.proxyListen().isEmpty()) {
            return warnings;
        }
        for (Entity entity : config.all(EntityKind.ROUTE)) {
            RouteEntity route = (RouteEntity) entity.value();
            if (!route.protocols().contains("http")) {
                warnings.add(new Problem(
                        entity.location().file(),
                        entity.location().line(),
                        entity.location().column(),
                        entity.path(),
                        "the route '" + entity.name()
                                + "' is for https only, and no proxy listener speaks it: requests are"
                                + " answered with " + route.httpsRedirectStatusCode(),
                        Severity.WARNING,
                        "add http to its protocols, or a listener with ssl"));
            }
        }
        return warnings;
    }
}
