package io.gatehouse.core;

import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.entity.CertificateFiles;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.entity.RouteEntity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What keeps listeners from starting as the settings want them, and what a configuration asks of them in vain. */
final class ListenerChecks {
    private ListenerChecks() {}

    /** Checks the certificate of TLS listeners. */
    static List<Problem> of(Settings settings) {
        List<Problem> problems = new ArrayList<>();
        Path certificate = settings.sslCert();
        Path key = settings.sslCertKey();
        if (certificate != null && key != null) {
            CertificateFiles.check(certificate, key, problems::add);
        }
        return problems;
    }

    /** Warns of each route that is for HTTPS only where no listener speaks it: clients would be told to use HTTPS. */
    static List<Problem> of(Settings settings, DeclarativeConfig config) {
        List<Problem> warnings = new ArrayList<>();
        boolean tls = settings.proxyListen().stream().anyMatch(Settings.Listen::ssl);
        if (tls || settings.proxyListen().isEmpty()) {
            return warnings;
        }
        for (Entity entity : config.all(EntityKind.ROUTE)) {
            RouteEntity route = (RouteEntity) entity.value();
            if (!route.protocols().contains("http") && !route.protocols().contains("grpc")) {
                warnings.add(new Problem(
                        entity.location().file(),
                        entity.location().line(),
                        entity.location().column(),
                        entity.path(),
                        "the route '" + entity.name()
                                + "' is for " + route.protocols().get(0)
                                + " only, and no proxy listener speaks it: requests are"
                                + " answered with " + (route.isGrpc() ? "an error" : route.httpsRedirectStatusCode()),
                        Severity.WARNING,
                        "add " + (route.isGrpc() ? "grpc" : "http") + " to its protocols, or a listener with ssl"));
            }
        }
        return warnings;
    }
}
