package io.gatehouse.core.upstream;

import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Who may certify an upstream, and how far away.
 *
 * @param system those that the JVM trusts
 * @param pem certificates of others
 * @param depth how many certificates may stand in between; -1 for as many as Java allows
 */
record Authorities(boolean system, List<String> pem, int depth) implements TrustOptions {
    @Override
    public TrustOptions copy() {
        return this;
    }

    /** Vert.x calls it on a worker: the JVM's own authorities are read from a file. */
    @Override
    public TrustManagerFactory getTrustManagerFactory(Vertx vertx) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        Set<TrustAnchor> anchors = new LinkedHashSet<>();
        if (system) {
            factory.init((KeyStore) null);
            if (pem.isEmpty() && depth < 0) {
                return factory;
            }
            for (TrustManager manager : factory.getTrustManagers()) {
                for (X509Certificate certificate : ((X509TrustManager) manager).getAcceptedIssuers()) {
                    anchors.add(new TrustAnchor(certificate, null));
                }
            }
            factory = TrustManagerFactory.getInstance("PKIX");
        }
        for (String text : pem) {
            for (X509Certificate certificate : certificates(text)) {
                anchors.add(new TrustAnchor(certificate, null));
            }
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
        parameters.setRevocationEnabled(false);
        if (depth >= 0) {
            parameters.setMaxPathLength(depth);
        }
        factory.init(new CertPathTrustManagerParameters(parameters));
        return factory;
    }

    private static List<X509Certificate> certificates(String pem) throws CertificateException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                .stream()
                .map(certificate -> (X509Certificate) certificate)
                .toList();
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) {
        return serverName -> null;
    }
}
