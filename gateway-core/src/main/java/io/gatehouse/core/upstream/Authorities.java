package io.gatehouse.core.upstream;

import io.gatehouse.core.entity.Pem;
import io.netty.handler.ssl.util.TrustManagerFactoryWrapper;
import io.vertx.core.Vertx;
import io.vertx.core.net.TrustOptions;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

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
        if (system) {
            factory.init((KeyStore) null);
        }
        if (!system || !pem.isEmpty()) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            if (system) {
                for (X509Certificate certificate : manager(factory).getAcceptedIssuers()) {
                    store.setCertificateEntry("authority-" + store.size(), certificate);
                }
            }
            for (String text : pem) {
                List<X509Certificate> read = Pem.certificates(text);
                if (read.isEmpty()) {
                    throw new CertificateException("an authority that is no certificate in PEM");
                }
                for (X509Certificate certificate : read) {
                    store.setCertificateEntry("authority-" + store.size(), certificate);
                }
            }
            factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
        }
        return depth < 0 ? factory : new TrustManagerFactoryWrapper(new NearAuthorities(manager(factory), depth));
    }

    private static X509ExtendedTrustManager manager(TrustManagerFactory factory) {
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager found) {
                return found;
            }
        }
        throw new IllegalStateException("no trust manager for X.509");
    }

    @Override
    public Function<String, TrustManager[]> trustManagerMapper(Vertx vertx) {
        return serverName -> null;
    }
}
